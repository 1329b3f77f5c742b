import Monitor
import Testing
import X86

/// The same guest bytes, expected exits and results on every backend.
@Suite struct SameEverywhereTests {
  private static let io = ExitReason.ioInstruction.rawValue
  private static let hlt = ExitReason.hlt.rawValue

  static let cases: [BackendCase] = [
    BackendCase(
      name: "real-mode arithmetic",
      // mov ax,0x1234; mov bx,0xfff0; add ax,bx; hlt
      code: [0xb8, 0x34, 0x12, 0xbb, 0xf0, 0xff, 0x01, 0xd8, 0xf4],
      // 0x1234 + 0xfff0 = 0x11224: carry out of bit 15, none out of bit 3; 0x24 has two ones.
      registers: [(.rax, 0x1224), (.rbx, 0xfff0)], rip: 0x8009,
      flags: [.alwaysOne, .cf, .pf]),
    BackendCase(
      name: "protected-mode signed overflow",
      // mov eax,0x7fffffff; add eax,1; hlt
      code: [0xb8, 0xff, 0xff, 0xff, 0x7f, 0x83, 0xc0, 0x01, 0xf4], mode: .protected,
      registers: [(.rax, 0x8000_0000)], rip: 0x8009,
      flags: [.alwaysOne, .of, .sf, .af, .pf]),
    BackendCase(
      name: "long-mode 64-bit multiply",
      // mov rax,0x100000001; mov rcx,0x100000001; mul rcx; hlt
      code: [
        0x48, 0xb8, 0x01, 0, 0, 0, 0x01, 0, 0, 0, 0x48, 0xb9, 0x01, 0, 0, 0, 0x01, 0, 0, 0,
        0x48, 0xf7, 0xe1, 0xf4,
      ], mode: .long,
      // (2^32 + 1)^2 = 2^64 + 2^33 + 1.
      registers: [(.rax, 0x2_0000_0001), (.rdx, 1)], rip: 0x8018),
    BackendCase(
      name: "OUT to the debug console",
      // mov al,'A'; out 0xe9,al; inc ax; out 0xe9,al; hlt
      code: [0xb0, 0x41, 0xe6, 0xe9, 0x40, 0xe6, 0xe9, 0xf4],
      exits: [io: 2, hlt: 1], console: "AB", registers: [(.rax, 0x42)], rip: 0x8008),
    BackendCase(
      name: "IN from the UART's line status",
      // mov dx,0x3fd; in al,dx; hlt
      code: [0xba, 0xfd, 0x03, 0xec, 0xf4],
      // Transmitter holding register empty, and transmitter empty.
      exits: [io: 1, hlt: 1], registers: [(.rax, 0x60), (.rdx, 0x3fd)], rip: 0x8005),
    BackendCase(
      name: "IN from a port that nobody answers",
      // mov dx,0x1234; in eax,dx; hlt
      code: [0xba, 0x34, 0x12, 0x66, 0xed, 0xf4],
      exits: [io: 1, hlt: 1], registers: [(.rax, 0xffff_ffff)]),
    BackendCase(
      name: "the hypercall port",
      // mov dx,0x504; mov eax,0x8010; out dx,eax; in eax,dx; hlt; pad; {0x8018, 3}; "abc"
      code: [0xba, 0x04, 0x05, 0x66, 0xb8, 0x10, 0x80, 0, 0, 0x66, 0xef, 0x66, 0xed, 0xf4, 0, 0]
        + [0x18, 0x80, 0, 0, 3, 0, 0, 0] + Array("abc".utf8),
      exits: [io: 2, hlt: 1], console: "abc", registers: [(.rax, 3)]),
    BackendCase(
      name: "the hypercall port with a wild pointer",
      // mov dx,0x504; mov eax,0xfffffff0; out dx,eax; in eax,dx; hlt
      code: [0xba, 0x04, 0x05, 0x66, 0xb8, 0xf0, 0xff, 0xff, 0xff, 0x66, 0xef, 0x66, 0xed, 0xf4],
      // -14 in 32 bits.
      exits: [io: 2, hlt: 1], registers: [(.rax, 0xffff_fff2)]),
    BackendCase(
      name: "the debug exit port ends the run",
      // mov al,5; out 0xf4,al; mov al,6; hlt
      code: [0xb0, 0x05, 0xe6, 0xf4, 0xb0, 0x06, 0xf4],
      exits: [io: 1], registers: [(.rax, 5)], rip: 0x8004),
    BackendCase(
      name: "a memory-mapped device",
      // mov edi,0xd0000000; mov eax,[edi]; mov dword [edi+8],7; mov ebx,[edi+8]; hlt
      code: [
        0xbf, 0, 0, 0, 0xd0, 0x8b, 0x07, 0xc7, 0x47, 0x08, 7, 0, 0, 0, 0x8b, 0x5f, 0x08, 0xf4,
      ], mode: .protected,
      exits: [ExitReason.eptViolation.rawValue: 3, hlt: 1],
      registers: [(.rax, 0x5249_4e47), (.rbx, 7)], rip: 0x8012),
    BackendCase(
      name: "wild MMIO",
      // mov edi,0x40000000; mov eax,[edi]
      code: [0xbf, 0, 0, 0, 0x40, 0x8b, 0x07, 0xf4], mode: .protected,
      stopped: .exit, exits: [ExitReason.eptViolation.rawValue: 1]),
    BackendCase(
      name: "a store and a loop",
      // mov cx,5; xor ax,ax; again: add ax,cx; loop again; mov [0x9000],ax; hlt
      code: [0xb9, 5, 0, 0x31, 0xc0, 0x01, 0xc8, 0xe2, 0xfc, 0xa3, 0x00, 0x90, 0xf4],
      registers: [(.rax, 15), (.rcx, 0)], memory: [(0x9000, [15, 0])]),
  ]

  @Test(arguments: cases, backends)
  func guestEndsAsExpected(_ guest: BackendCase, _ backend: Monitor.Backend) throws {
    try guest.check(backend)
  }
}

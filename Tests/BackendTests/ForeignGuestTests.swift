import Monitor
import Testing
import X86

/// Guests as people assemble them elsewhere. Each runs on both backends; what is expected was worked
/// out by hand, and all registers are compared between the backends besides.
@Suite struct ForeignGuestTests {
  private static let io = ExitReason.ioInstruction.rawValue
  private static let hlt = ExitReason.hlt.rawValue
  private static let ept = ExitReason.eptViolation.rawValue

  static let cases: [BackendCase] = [
    BackendCase(
      name: "real-mode segments, LDS and REP MOVSB with an override",
      // mov ax,0x900; mov ds,ax; mov ax,0x920; mov es,ax; mov dword [0],0x44332211;
      // mov cx,4; xor si,si; xor di,di; cld; rep movsb; mov eax,es:[0]; lds si,es:[0]; hlt
      code: [
        0xb8, 0x00, 0x09, 0x8e, 0xd8, 0xb8, 0x20, 0x09, 0x8e, 0xc0,
        0x66, 0xc7, 0x06, 0x00, 0x00, 0x11, 0x22, 0x33, 0x44,
        0xb9, 0x04, 0x00, 0x31, 0xf6, 0x31, 0xff, 0xfc, 0xf3, 0xa4,
        0x26, 0x66, 0xa1, 0x00, 0x00, 0x26, 0xc5, 0x36, 0x00, 0x00, 0xf4,
      ],
      registers: [(.rax, 0x4433_2211), (.rcx, 0), (.rsi, 0x2211), (.rdi, 4)], rip: 0x8028,
      memory: [(0x9200, [0x11, 0x22, 0x33, 0x44])]),
    BackendCase(
      name: "a software interrupt through the real-mode IVT",
      // xor ax,ax; mov ds,ax; mov ss,ax; mov sp,0x7c00; mov word [0x84],0x8017;
      // mov word [0x86],0; int 0x21; hlt; pad; handler: mov bx,sp; mov cx,[bx]; iret
      code: [
        0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xd0, 0xbc, 0x00, 0x7c,
        0xc7, 0x06, 0x84, 0x00, 0x17, 0x80, 0xc7, 0x06, 0x86, 0x00, 0x00, 0x00,
        0xcd, 0x21, 0x89, 0xe3, 0x8b, 0x0f, 0x83, 0xf9, 0x17, 0x74, 0x01, 0xcf, 0xf4,
      ],
      // The handler at 0x8017 finds its own address as the return address and halts there.
      registers: [(.rbx, 0x7bfa), (.rcx, 0x8017), (.rsp, 0x7bfa)], rip: 0x8022),
    BackendCase(
      name: "REP OUTS leaves once for each item, REP INS once",
      // mov si,0x8013; mov cx,3; mov dx,0xe9; cld; rep outsb;
      // mov cx,4; mov di,0x9000; mov dx,0x3fd
      code: [
        0xbe, 0x18, 0x80, 0xb9, 0x03, 0x00, 0xba, 0xe9, 0x00, 0xfc, 0xf3, 0x6e,
        0xb9, 0x04, 0x00, 0xbf, 0x00, 0x90, 0xba, 0xfd, 0x03, 0xf3, 0x6c, 0xf4,
      ] + Array("abc".utf8),
      exits: [io: 4, hlt: 1], console: "abc",
      registers: [(.rcx, 0), (.rsi, 0x801b), (.rdi, 0x9004), (.rdx, 0x3fd)], rip: 0x8018,
      memory: [(0x9000, [0x60, 0x60, 0x60, 0x60])]),
    BackendCase(
      name: "XCHG, ADD, PUSH and REP STOS on a memory-mapped device",
      // mov ebx,0xd0000000; mov esp,0x90000; mov dword [ebx+8],5; add dword [ebx+8],7;
      // mov eax,0x20; xchg eax,[ebx+8]; push dword [ebx+8]; pop edx; lea edi,[ebx+8];
      // mov ecx,2; rep stosd; mov ecx,[ebx+12]; hlt
      code: [
        0xbb, 0, 0, 0, 0xd0, 0xbc, 0, 0, 0x09, 0, 0xc7, 0x43, 0x08, 5, 0, 0, 0,
        0x83, 0x43, 0x08, 7, 0xb8, 0x20, 0, 0, 0, 0x87, 0x43, 0x08, 0xff, 0x73, 0x08, 0x5a,
        0x8d, 0x7b, 0x08, 0xb9, 2, 0, 0, 0, 0xf3, 0xab, 0x8b, 0x4b, 0x0c, 0xf4,
      ], mode: .protected,
      // One store, one ADD, one XCHG, one PUSH, two repetitions, one load.
      exits: [ept: 7, hlt: 1],
      registers: [(.rax, 12), (.rdx, 0x20), (.rcx, 12), (.rdi, 0xd000_0010), (.rsp, 0x90000)],
      rip: 0x802f),
    BackendCase(
      name: "a store over the edge of a page in long mode",
      // mov rax,0x1122334455667788; mov [0x9ffd],rax; mov rcx,[0x9ffd]; mov edx,[0xa000]; hlt
      code: [
        0x48, 0xb8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
        0x48, 0x89, 0x04, 0x25, 0xfd, 0x9f, 0, 0, 0x48, 0x8b, 0x0c, 0x25, 0xfd, 0x9f, 0, 0,
        0x8b, 0x14, 0x25, 0, 0xa0, 0, 0, 0xf4,
      ], mode: .long,
      registers: [(.rcx, 0x1122_3344_5566_7788), (.rdx, 0x2233_4455)], rip: 0x8022,
      memory: [(0x9ffd, [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11])]),
    BackendCase(
      name: "code that writes itself",
      // xor ax,ax; mov cx,3; again: add ax,1 (its operand grows); inc byte [0x8007]; loop again; hlt
      code: [
        0x31, 0xc0, 0xb9, 0x03, 0x00, 0x83, 0xc0, 0x01, 0xfe, 0x06, 0x07, 0x80, 0xe2, 0xf7, 0xf4,
      ],
      // 1 + 2 + 3.
      registers: [(.rax, 6), (.rcx, 0)], rip: 0x800f),
    BackendCase(
      name: "IA32_PAT has its reset value",
      // mov ecx,0x277; rdmsr; hlt
      code: [0xb9, 0x77, 0x02, 0, 0, 0x0f, 0x32, 0xf4], mode: .protected,
      exits: [hlt: 1],
      // SDM 3A, "Programming the PAT": the power-up value.
      registers: [(.rax, 0x0007_0406), (.rdx, 0x0007_0406)], rip: 0x8008),
  ]

  @Test(arguments: cases, backends)
  func guestEndsAsExpected(_ guest: BackendCase, _ backend: Monitor.Backend) throws {
    var guest = guest
    // Only the simulator's RDMSR leaves to the monitor.
    if guest.name.contains("IA32_PAT"), backend == .sim {
      guest.exits[ExitReason.rdmsr.rawValue] = 1
    }
    try guest.check(backend)
  }

  @Test(.enabled(if: kvmIsMissing == nil), arguments: cases)
  func backendsAgreeOnEveryRegister(_ guest: BackendCase) throws {
    var states: [Registers] = []
    for backend in backends {
      var configuration = Monitor.Configuration()
      configuration.backend = backend
      let monitor = try Monitor(configuration)
      try monitor.load(guest.image)
      states.append(try monitor.machine.cpu.registers())
      _ = try monitor.run(until: RunLimit())
      states.append(try monitor.machine.cpu.registers())
    }
    #expect(states[0] == states[2], "first state")
    #expect(states[1] == states[3], "last state")
  }
}

import Monitor
import X86

/// An endless loop of guest code, in a virtual machine under EPT.
struct GuestLoop: Sendable {
  let code: [UInt8]
  let mode: GuestImage.Mode
  /// Beside the code.
  var segments: [GuestImage.Segment] = []
  var address: UInt64 = 0x8000

  /// Runs `count` instructions of it and hands out the monitor.
  func run(_ count: UInt64, preparing: (Monitor) throws -> Void = { _ in }) throws -> Monitor {
    let monitor = try Monitor(Monitor.Configuration())
    try monitor.load(
      GuestImage(
        name: "benchmark", segments: [.init(address: address, bytes: code)] + segments,
        entry: address, mode: mode))
    try preparing(monitor)
    let stop = try monitor.run(until: RunLimit(instructions: count))
    guard stop.reason == .limit else { throw UnexpectedStop(text: stop.explanation) }
    return monitor
  }

  struct UnexpectedStop: Error { let text: String }
}

extension GuestLoop {
  static let sieve = GuestLoop(code: Sieve.code, mode: .protected)

  /// again: mov ecx, 4096; mov esi, 0x100000; mov edi, 0x180000; rep movsb; jmp again
  static let copyRepeated = GuestLoop(
    code: [
      0xb9, 0x00, 0x10, 0x00, 0x00, 0xbe, 0x00, 0x00, 0x10, 0x00, 0xbf, 0x00, 0x00, 0x18, 0x00,
      0xf3, 0xa4, 0xeb, 0xed,
    ], mode: .protected)

  /// again: mov esi, 0x100000; mov edi, 0x180000; mov ecx, 1024
  /// next: mov eax, [esi]; mov [edi], eax; add esi, 4; add edi, 4; dec ecx; jnz next; jmp again
  static let copyLoop = GuestLoop(
    code: [
      0xbe, 0x00, 0x00, 0x10, 0x00, 0xbf, 0x00, 0x00, 0x18, 0x00, 0xb9, 0x00, 0x04, 0x00, 0x00,
      0x8b, 0x06, 0x89, 0x07, 0x83, 0xc6, 0x04, 0x83, 0xc7, 0x04, 0x49, 0x75, 0xf3, 0xeb, 0xe2,
    ], mode: .protected)

  /// again: call f; jmp again; f: ret
  static let calls = GuestLoop(
    code: [0xe8, 0x02, 0x00, 0x00, 0x00, 0xeb, 0xf9, 0xc3], mode: .long)

  /// mov sp, 0x8000; again: int 0x80; jmp again, and an IRET for a handler
  static let interrupts = GuestLoop(
    code: [0xbc, 0x00, 0x80, 0xcd, 0x80, 0xeb, 0xfc, 0xcf], mode: .real,
    segments: [.init(address: 0x200, bytes: [0x07, 0x10, 0x00, 0x00])], address: 0x1000)

  /// mov rax, 0x200000
  /// again: invlpg [rax]; mov [rax], rcx; mov rcx, cr3; mov cr3, rcx; mov [rax], rcx; jmp again
  static let pageTables = GuestLoop(
    code: [
      0x48, 0xc7, 0xc0, 0x00, 0x00, 0x20, 0x00, 0x0f, 0x01, 0x38, 0x48, 0x89, 0x08, 0x0f, 0x20,
      0xd9, 0x0f, 0x22, 0xd9, 0x48, 0x89, 0x08, 0xeb, 0xef,
    ], mode: .long)

  /// again: inc byte [0x8007], which is the first byte of the immediate of: mov eax, 0; jmp again
  static let selfModifying = GuestLoop(
    code: [0xfe, 0x05, 0x07, 0x80, 0x00, 0x00, 0xb8, 0, 0, 0, 0, 0xeb, 0xf3], mode: .protected)

  /// again: cpuid; jmp again
  static let cpuid = GuestLoop(code: [0x0f, 0xa2, 0xeb, 0xfc], mode: .protected)

  /// again: out 0x80, al; jmp again
  static let output = GuestLoop(code: [0xe6, 0x80, 0xeb, 0xfc], mode: .protected)

  /// again: mov eax, [0xd0000000], which is a device; jmp again
  static let deviceMemory = GuestLoop(
    code: [0xa1, 0x00, 0x00, 0x00, 0xd0, 0xeb, 0xf9], mode: .protected)
}

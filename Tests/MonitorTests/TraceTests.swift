import Monitor
import Simulator
import Testing
import X86

@Suite struct TraceTests {
  /// The instruction that exits is in the trace as an exit; what the monitor does about it is not.
  @Test func recordsVMExits() throws {
    let monitor = try Monitor(Monitor.Configuration())
    // mov eax, 1; cpuid; mov ecx, eax; hlt, in real mode.
    let code: [UInt8] = [0x66, 0xb8, 1, 0, 0, 0, 0x0f, 0xa2, 0x66, 0x89, 0xc1, 0xf4]
    try monitor.load(
      GuestImage(
        name: "trace", segments: [.init(address: 0x1000, bytes: code)], entry: 0x1000,
        mode: .real))
    let processor = try #require(monitor.simulated).processor
    processor.startTrace(capacity: 10)
    #expect(try monitor.run(until: RunLimit()).reason == .halt)
    let signature = processor.generalRegister(.rcx)
    #expect(
      processor.trace() == [
        TraceEntry(rip: 0x1000, value: 1, register: .rax, end: .completed),
        TraceEntry(rip: 0x1006, value: 10, register: nil, end: .exit),
        TraceEntry(rip: 0x1008, value: signature, register: .rcx, end: .completed),
        TraceEntry(rip: 0x100b, value: 12, register: nil, end: .exit),
      ])
  }
}

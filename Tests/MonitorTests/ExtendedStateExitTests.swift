import Testing
import X86

@testable import Monitor
@testable import Simulator

/// XSETBV, RDRAND and RDSEED as exits, and what the guest's CPUID says of its CR4.
@Suite struct ExtendedStateExitTests {
  private func monitor(_ code: [UInt8]) throws -> Monitor {
    var configuration = Monitor.Configuration()
    configuration.memorySize = 1 << 20
    let monitor = try Monitor(configuration)
    try monitor.load(
      GuestImage(
        name: "test", segments: [GuestImage.Segment(address: 0x8000, bytes: code)],
        entry: 0x8000, mode: .real))
    return monitor
  }

  /// mov ebx, cr4; or ebx, 1 << 18; mov cr4, ebx
  private static let enable: [UInt8] = [
    0x0f, 0x20, 0xe3, 0x66, 0x81, 0xcb, 0, 0, 4, 0, 0x0f, 0x22, 0xe3,
  ]

  @Test func xsetbvIsEmulatedAndCPUIDTellsOSXSAVE() throws {
    // xor ecx, ecx; xor edx, edx; mov eax, 1; xsetbv; mov eax, 1; cpuid; hlt
    let code: [UInt8] = [
      0x66, 0x31, 0xc9, 0x66, 0x31, 0xd2, 0x66, 0xb8, 1, 0, 0, 0, 0x0f, 0x01, 0xd1,
      0x66, 0xb8, 1, 0, 0, 0, 0x0f, 0xa2, 0xf4,
    ]
    let monitor = try monitor(Self.enable + code)
    let stop = try monitor.run(until: RunLimit())
    #expect(stop.reason == .halt)
    #expect(monitor.statistics.rows[ExitReason.xsetbv.rawValue]?.count == 1)
    #expect(try monitor.machine.cpu.registers()[.rcx] >> 27 & 1 == 1)
  }

  @Test func unsimulatedInstructionsAreTold() throws {
    let monitor = try monitor([0x0f, 0x10, 0xc0, 0xf4])
    _ = try monitor.run(until: RunLimit(instructions: 20))
    #expect(monitor.takeUnimplemented().first?.hasPrefix("SSE instruction at 0x8000") == true)
    #expect(monitor.takeUnimplemented().isEmpty)
  }
}

import Monitor
import X86

/// CPUID in a loop: each one leaves the guest, is answered by the monitor, and enters the guest again.
enum ExitRoundTrips {
  /// `cpuid; jmp` back to it, in real mode.
  static let code: [UInt8] = [0x0f, 0xa2, 0xeb, 0xfc]

  /// Runs `count` round trips and returns how many exits there were.
  static func run(_ count: UInt64) throws -> UInt64 {
    let monitor = try Monitor(Monitor.Configuration())
    try monitor.load(
      GuestImage(
        name: "cpuid loop", segments: [.init(address: 0x1000, bytes: code)], entry: 0x1000,
        mode: .real, note: ""))
    _ = try monitor.run(until: RunLimit(instructions: count * 2))
    return UInt64(monitor.statistics.total)
  }
}

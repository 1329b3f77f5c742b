import Monitor
import Shell
import Simulator
import X86

/// What `make bench` measures.
enum Suite {
  static let all: [Benchmark] = [
    instructions("sieve", 200_000_000, .sieve),
    instructions("copy-rep", 1_000_000, .copyRepeated),
    instructions("copy-loop", 50_000_000, .copyLoop),
    instructions("call-return", 30_000_000, .calls),
    instructions("interrupts", 3_000_000, .interrupts),
    instructions("page-tables", 1_000_000, .pageTables),
    instructions("self-modifying", 500_000, .selfModifying),
    traced("traced", 20_000_000, .copyLoop),
    exits("exit-cpuid", 1_000_000, .cpuid),
    exits("exit-io", 300_000, .output),
    exits("exit-ept-violation", 200_000, .deviceMemory),
    Benchmark("step", "steps", count: 100_000, sample: 1000, steps),
    Benchmark("step-shown", "steps", count: 3000, sample: 50, shownSteps),
    Benchmark("walk", "walks", count: 100_000, sample: 1000, walks),
  ]

  private static func instructions(
    _ name: String, _ count: UInt64, _ guest: GuestLoop
  ) -> Benchmark {
    Benchmark(name, "instructions", count: count, sample: min(count / 20, 300_000)) {
      try guest.run($0).machine.cpu.instructionsRetired
    }
  }

  private static func traced(_ name: String, _ count: UInt64, _ guest: GuestLoop) -> Benchmark {
    Benchmark(name, "instructions", count: count, sample: 300_000) { count in
      let monitor = try guest.run(count) { monitor in
        monitor.simulated?.processor.startTrace(capacity: 1 << 16)
      }
      return monitor.simulated?.processor.tracedInstructions
    }
  }

  private static func exits(_ name: String, _ count: UInt64, _ guest: GuestLoop) -> Benchmark {
    Benchmark(name, "exits", count: count, sample: 5000) {
      UInt64(try guest.run($0 * 2).statistics.total)
    }
  }

  @Sendable private static func steps(_ count: UInt64) throws -> UInt64? {
    let monitor = try GuestLoop.copyLoop.run(10)
    for _ in 0..<count { _ = try monitor.step() }
    return count
  }

  /// As at the prompt: the step, the registers that changed and the next instruction as text.
  @Sendable private static func shownSteps(_ count: UInt64) throws -> UInt64? {
    let session = Session(SessionOptions())
    // Its first instruction becomes a jump to itself.
    for line in ["load hello", "write 0x1000 0xeb 0xfe"] { _ = session.execute(line) }
    for _ in 0..<count where session.execute("stepi").output.isEmpty { return nil }
    return count
  }

  @Sendable private static func walks(_ count: UInt64) throws -> UInt64? {
    let monitor = try GuestLoop.calls.run(10)
    for index in 0..<count {
      _ = try monitor.walk(0x8000 &+ (index & 0xff) << 12, PageAccess(.read))
    }
    return count
  }
}

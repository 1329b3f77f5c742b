import Monitor
import Testing
import X86

/// Guests and policies that make no sense: each run ends with a stop, and nothing traps.
@Suite struct HostileGuestTests {
  /// SplitMix64, so that every run has the same guests.
  struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  private func image(_ random: inout Random, _ mode: GuestImage.Mode) -> GuestImage {
    let code = (0..<512).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    return GuestImage(
      name: "random", segments: [GuestImage.Segment(address: 0x8000, bytes: code)],
      entry: 0x8000, mode: mode)
  }

  @Test(arguments: GuestImage.Mode.allCases)
  func randomGuestsUnderRandomPolicies(_ mode: GuestImage.Mode) throws {
    var random = Random(state: 1)
    for _ in 0..<60 {
      var configuration = Monitor.Configuration()
      configuration.memorySize = 1 << 20
      let monitor = try Monitor(configuration)
      try monitor.load(image(&random, mode))
      for row in ExitReason.rows {
        monitor.policies[row.number] = ExitPolicy.allCases.randomElement(using: &random)
      }
      var total: UInt64 = 0
      for _ in 0..<20 {
        let stop = try monitor.run(until: RunLimit(instructions: 200))
        total += stop.instructions ?? 0
        #expect(stop.instructions ?? 0 <= 200)
        _ = try monitor.step()
        _ = monitor.nextInstruction()
      }
      #expect(monitor.exitLog.count == UInt64(monitor.statistics.total))
      #expect(total <= 20 * 200)
    }
  }

  @Test func randomVMCSFieldsNeverTrap() throws {
    var random = Random(state: 2)
    for _ in 0..<100 {
      var configuration = Monitor.Configuration()
      configuration.memorySize = 1 << 20
      let monitor = try Monitor(configuration)
      try monitor.load(image(&random, .protected))
      for instruction in [PromptInstruction.vmxon(nil), .vmclear(nil), .vmptrld(nil)] {
        #expect(try monitor.execute(instruction).outcome == .success)
      }
      _ = try monitor.setup()
      for _ in 0..<4 {
        let field = try #require(VMCSField.all.randomElement(using: &random))
        let value = random.next() & (1 << (random.next() & 63) &- 1)
        _ = try monitor.execute(.vmwrite(field, value))
      }
      for _ in 0..<3 {
        let stop = try monitor.run(until: RunLimit(instructions: 100))
        #expect(stop.instructions ?? 0 <= 100)
      }
      // Whatever became of it, the next load starts afresh.
      try monitor.load(image(&random, .real))
      #expect(!monitor.vmxStatus.isOn)
    }
  }

  @Test func imageBeyondMemoryIsRefused() throws {
    let monitor = try Monitor(Monitor.Configuration())
    let image = GuestImage(
      name: "far", segments: [GuestImage.Segment(address: ~0 - 1, bytes: [1, 2, 3])], entry: 0,
      mode: .protected)
    #expect(throws: LoaderError.self) { try monitor.load(image) }
  }

  @Test(arguments: backends) func guestThatNeverExitsMeetsItsLimit(
    _ backend: Monitor.Backend
  ) throws {
    var configuration = Monitor.Configuration()
    configuration.backend = backend
    let monitor = try Monitor(configuration)
    // again: inc eax; jmp again
    let image = GuestImage(
      name: "endless", segments: [GuestImage.Segment(address: 0x8000, bytes: [0x40, 0xeb, 0xfd])],
      entry: 0x8000, mode: .protected)
    try monitor.load(image)
    let stop = try monitor.run(until: RunLimit(instructions: 100))
    #expect(stop.reason == .limit)
    #expect(stop.instructions == 100)
    #expect(try monitor.machine.cpu.registers()[.rax] == 50)
  }

  @Test(arguments: backends) func guestThatExitsForEverMeetsItsLimit(
    _ backend: Monitor.Backend
  ) throws {
    var configuration = Monitor.Configuration()
    configuration.backend = backend
    let monitor = try Monitor(configuration)
    // again: out 0xe9,al; jmp again
    let image = GuestImage(
      name: "endless",
      segments: [GuestImage.Segment(address: 0x8000, bytes: [0xe6, 0xe9, 0xeb, 0xfc])],
      entry: 0x8000, mode: .protected)
    try monitor.load(image)
    let stop = try monitor.run(until: RunLimit(instructions: 100))
    #expect(stop.reason == .limit)
    #expect(monitor.consoleOutput.count == 50)
  }
}

import Testing

@testable import Shell

/// `ringside run`.
@Suite struct GuestRunTests {
  private func monitor(_ session: Session) throws -> FakeMonitor {
    try #require(session.monitor as? FakeMonitor)
  }

  /// KVM single-steps to keep a limit of instructions.
  @Test func noLimitWhereInstructionsAreNotCounted() throws {
    let session = fakeSession { $0.backend = .kvm }
    #expect(GuestRun(guest: "hello").run(session) == 0)
    let limits = try monitor(session).limits
    #expect(!limits.isEmpty)
    #expect(limits.allSatisfy { $0.instructions == nil })
  }

  @Test func limitIsKeptWhereItIsGiven() throws {
    for backend in ["sim", "kvm"] {
      let session = fakeSession { $0.backend = backend == "kvm" ? .kvm : .sim }
      var run = GuestRun(guest: "hello")
      run.maxInstructions = 2
      #expect(run.run(session) == 1)
      #expect(try monitor(session).limits.first?.instructions == 2)
    }
  }

  @Test func memorySizesHaveBounds() throws {
    #expect(try SessionOptions.size("64M") == 64 << 20)
    for text in ["0", "1", "99999G", "18446744073709551615"] {
      #expect(throws: CommandError.self) { try SessionOptions.size(text) }
      #expect(fakeSession().execute("set memory \(text)").error?.code == "bad-number")
    }
  }
}

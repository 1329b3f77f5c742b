import Monitor
import Testing

@testable import Shell

/// The commands that go back in time, over the fake.
@Suite struct TimeCommandTests {
  private func journeys(_ session: Session) -> [String] {
    (session.monitor as? FakeMonitor)?.journeys ?? []
  }

  @Test func theyAskTheMonitor() {
    let session = fakeSession()
    session.all("load hello", "rsi", "reverse-stepi 12", "goto 0x20")
    #expect(journeys(session) == ["back 1", "back 12", "go 32"])
  }

  @Test func reverseContinueLooksForWhatStops() {
    let session = fakeSession()
    let result = session.all("load hello", "break 0x7c05", "watch 0x500 4", "rc")
    #expect(journeys(session) == ["search [31749] [2]"])
    #expect(result.output.contains("start of time"))
    #expect(result.data["stopped"] == .string("limit"))
    #expect(result.data["rip"] == .hex(0x7c00))
  }

  @Test func aJourneyHasTheShapeOfAStep() {
    let session = fakeSession()
    let result = session.all("load hello", "rsi 3")
    for member in ["stopped", "rip", "instructions", "exit", "count"] {
      #expect(result.data[member] != nil, "\(member)")
    }
    #expect(result.data["instructions"] == .int(3))
  }

  @Test func aNegativeCountIsNoMoment() {
    let session = fakeSession()
    let result = session.all("load hello", "goto -5")
    #expect(result.error?.code == "bad-number")
    #expect(result.error?.message.contains("reverse-stepi") == true)
    #expect(journeys(session).isEmpty)
  }

  @Test func infoTimeTells() {
    let session = fakeSession()
    let data = session.all("load hello", "stepi 2", "info time").data
    #expect(data["count"] == .int(2))
    #expect(data["start"] == .int(0))
    for member in ["checkpoints", "bytes", "budget"] { #expect(data[member] != nil) }
  }

  @Test(arguments: ["reverse-stepi", "reverse-continue", "goto 5"])
  func kvmSaysWhyNot(_ line: String) {
    let session = fakeSession { $0.backend = .kvm }
    let result = session.all("load hello", line)
    #expect(result.error?.code == "missing-capability")
    #expect(result.error?.message.contains("backend sim") == true)
    #expect(journeys(session).isEmpty)
  }

  @Test func checkpointMemoryIsAnOption() {
    let session = fakeSession()
    #expect(session.execute("set checkpoint-memory 16M").error == nil)
    #expect(session.options.checkpointMemory == 16 << 20)
    #expect(session.execute("set checkpoint-memory 2M").error?.code == "usage")
    let tiny = session.execute("set checkpoint-memory 1").error
    #expect(tiny?.message.contains("checkpoints") == true)
    #expect(session.execute("set checkpoint-memory off").error == nil)
    #expect(session.options.checkpointMemory == 0)
  }
}

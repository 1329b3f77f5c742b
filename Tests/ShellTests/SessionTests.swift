import Monitor
import Testing
import X86

@testable import Shell

@Suite struct SessionTests {
  @Test func noMachineBeforeItIsNeeded() {
    let session = fakeSession()
    session.all("help", "print 1 + 1", "explain 30", "guests")
    #expect(session.monitor == nil)
    session.execute("info machine")
    #expect(session.monitor != nil)
  }

  @Test func guestIsNeeded() {
    #expect(fakeSession().execute("run").error?.code == "no-guest")
    #expect(fakeSession().execute("load helo").error?.message.contains("`load hello`") == true)
  }

  @Test func emptyLinesAndComments() {
    let session = fakeSession()
    #expect(session.execute("").command == "")
    #expect(session.execute("  # nothing").command == "")
    #expect(session.history.isEmpty)
  }

  @Test func stepShowsInstructionAndChange() {
    let session = fakeSession()
    let result = session.all("load hello", "stepi 2")
    #expect(result.output.contains("mov ax, 0x1234"))
    #expect(result.output.contains("rax 0x0 → 0x1234"))
    #expect(result.output.contains("next: "))
    #expect(session.value(of: "reg.rax") == .hex(0x1234))
    #expect(session.value(of: "stopped") == .string("step"))
  }

  @Test func runHandlesExitsAndEndsAtHalt() {
    let session = fakeSession()
    let result = session.all("load hello", "run")
    #expect(result.data["stopped"] == .string("halt"))
    #expect(result.output.contains("guest| Hi"))
    #expect(session.value(of: "exits.total") == .int(3))
    #expect(session.value(of: "exits.cpuid") == .int(1))
    #expect(session.value(of: "exit.name") == .string("hlt"))
    #expect(session.value(of: "console.text") == .string("Hi\r\n"))
  }

  @Test func breakExitStopsAndContinueHandles() {
    let session = fakeSession()
    let stop = session.all("load hello", "break exit cpuid", "run")
    #expect(stop.data["stopped"] == .string("exit"))
    #expect(stop.data["exit"]?["name"] == .string("cpuid"))
    #expect(stop.output.contains("exit 10 cpuid"))
    #expect(session.execute("continue").data["stopped"] == .string("halt"))
    #expect(session.breakpoints.all.first?.hits == 1)
    session.execute("delete 1")
    #expect(session.all("run").data["stopped"] == .string("halt"))
    #expect(session.execute("delete 7").error?.code == "no-such-breakpoint")
  }

  @Test func handledExitStandsAtItsInstruction() throws {
    let output = fakeSession().all("load hello", "stepi 4").output
    let lines = output.split(separator: "\n")
    let index = try #require(lines.firstIndex { $0.hasSuffix("cpuid") })
    #expect(lines[index + 1].contains("exit 10 cpuid"))
    #expect(lines[index + 1].contains("handled by the monitor"))
  }

  @Test func breakpointsAndUntil() {
    let session = fakeSession()
    let stop = session.all("load hello", "break 0x7c01", "run")
    #expect(stop.data["stopped"] == .string("breakpoint"))
    #expect(stop.data["rip"] == .hex(0x7c01))
    #expect(session.execute("until 0x7c04").data["rip"] == .hex(0x7c04))
  }

  @Test func watchStopsAtAChange() {
    let session = fakeSession()
    session.all("load hello", "watch 0x500 2")
    #expect(session.execute("run").data["stopped"] == .string("halt"))
    #expect(session.execute("watch 0xfffff").error?.code == "machine")
  }

  @Test func handleListsAndRefuses() {
    let session = fakeSession()
    #expect(session.execute("handle cpuid stop").error == nil)
    #expect(session.execute("handle").output.contains("cpuid: stop"))
    #expect(session.execute("handle cpuid pass").error?.code == "usage")
    #expect(session.execute("handle cpuld stop").error?.message.contains("cpuid") == true)
    #expect(session.all("load hello", "run").data["stopped"] == .string("exit"))
  }

  @Test func pinnedInterrupt() throws {
    let session = fakeSession()
    session.execute("load hello")
    try session.interruptAfter(instructions: 1)
    let stop = session.execute("run")
    #expect(stop.data["stopped"] == .string("interrupt"))
    #expect(!session.wasInterrupted)
    #expect(session.execute("continue").data["stopped"] == .string("halt"))
  }

  @Test func enterRepeatsSteppingAndXOnly() {
    let session = fakeSession { $0.repeatsOnEnter = true }
    session.all("load hello", "stepi", "")
    #expect(session.value(of: "rip") == .hex(0x7c04))
    session.execute("x/2xb 0x7c00")
    #expect(session.execute("").data["address"] == .hex(0x7c02))
    session.execute("help")
    #expect(session.execute("").command == "")
    let script = fakeSession()
    script.all("load hello", "stepi")
    #expect(script.execute("").command == "")
  }

  @Test func settingRegistersAndFlags() {
    let session = fakeSession()
    session.all("load hello", "set rax 0x1122334455667788", "set al -1", "set zf 1")
    #expect(session.value(of: "reg.rax") == .hex(0x1122_3344_5566_77ff))
    #expect(session.value(of: "reg.zf") == .hex(1))
    session.execute("set eax = 5")
    #expect(session.value(of: "reg.rax") == .hex(5))
    #expect(session.all("set $rbx=7", "print $rbx + 1").data["value"] == .hex(8))
    #expect(session.execute("set cs 0x123").error == nil)
    #expect(session.value(of: "reg.cs.base") == .hex(0x1230))
    #expect(session.execute("set rxx 1").error?.code == "unknown-register")
    #expect(session.execute("set limit 1000").error == nil)
    #expect(session.options.instructionLimit == 1000)
  }

  @Test func memory() {
    let session = fakeSession()
    session.all("load hello", "write 0x500 1 -1 \"AB\"")
    #expect(session.execute("x/4xb 0x500").data["bytes"] == .string("01ff4142"))
    #expect(session.execute("xp/1xw 0x500").output.contains("0x4241ff01"))
    #expect(session.execute("x/s 0x502").output.contains("\"AB\""))
    #expect(session.execute("x/2dw 0x500").output.contains("1111621377"))
    #expect(session.execute("disas 0x7c00 2").output.contains("=> 0x7c00"))
    #expect(session.execute("x/4xb 0xfffe").error?.code == "machine")
    #expect(session.execute("write 0x500 300").error?.code == "usage")
  }

  @Test func missingCapabilityIsNamed() {
    let session = fakeSession { $0.backend = .kvm }
    let error = session.all("load hello", "vmxon").error
    #expect(error?.code == "missing-capability")
    #expect(error?.message.contains("backend sim") == true)
  }

  @Test func ioctlsAreEchoed() {
    let session = fakeSession { $0.backend = .kvm }
    #expect(session.all("load hello", "set ioctls on", "stepi").output.contains("KVM_RUN"))
    let simulator = fakeSession().all("load hello", "set ioctls on")
    #expect(simulator.error == nil && simulator.output.contains("the simulator makes none"))
  }

  @Test func unsimulatedInstructionsAreToldOnce() throws {
    let session = fakeSession()
    session.all("load hello")
    (session.monitor as? FakeMonitor)?.unimplemented = ["RSM at 0x8000: not simulated"]
    #expect(session.all("stepi").output.contains("RSM at 0x8000"))
    #expect(!session.all("stepi").output.contains("RSM"))
  }

  @Test func failuresAreCounted() {
    let session = fakeSession()
    session.all("bogus", "print 1", "bogus")
    #expect(session.value(of: "failures.count") == .int(2))
    #expect(session.value(of: "no.such.path") == nil)
    #expect(session.value(of: "exit.name") == .null)
  }

  @Test func quitting() {
    #expect(fakeSession().execute("q").quits)
    #expect(!fakeSession().execute("help").quits)
  }

  @Test func linesOfWordsAreQuoted() throws {
    let line = Session.line(["replay", "a b", "c\"d", "--x"])
    #expect(try Words.split(line).map(\.text) == ["replay", "a b", "c\"d", "--x"])
  }
}

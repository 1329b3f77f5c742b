import Testing
import X86

@testable import Monitor

/// Running, policies, stops and snapshots, in the simulator.
@Suite struct RunningTests {
  private func monitor(
    _ code: [UInt8], mode: GuestImage.Mode = .real, isBare: Bool = false
  ) throws -> Monitor {
    var configuration = Monitor.Configuration()
    configuration.memorySize = 1 << 20
    configuration.isBare = isBare
    let monitor = try Monitor(configuration)
    try monitor.load(
      GuestImage(
        name: "test", segments: [GuestImage.Segment(address: 0x8000, bytes: code)],
        entry: 0x8000, mode: mode))
    return monitor
  }

  /// mov al,'A'; out 0xe9,al; hlt
  private static let printer: [UInt8] = [0xb0, 0x41, 0xe6, 0xe9, 0xf4]

  @Test func policyStopKeepsTheExitUntilContinued() throws {
    let monitor = try monitor(Self.printer)
    monitor.policies[ExitReason.ioInstruction.rawValue] = .stop
    let stop = try monitor.run(until: RunLimit())
    #expect(stop.reason == .exit)
    #expect(stop.exit?.reason == ExitReason.ioInstruction.rawValue)
    #expect(stop.exit?.instructionLength == 2)
    #expect(stop.rip == 0x8002)
    #expect(monitor.pendingExit == stop.exit)
    #expect(monitor.consoleOutput.isEmpty)
    let end = try monitor.run(until: RunLimit())
    #expect(end.reason == .halt)
    #expect(monitor.consoleOutput == [0x41])
    #expect(monitor.pendingExit == nil)
    #expect(monitor.statistics.total == 2)
  }

  @Test func stepHandlesAPendingExit() throws {
    let monitor = try monitor(Self.printer)
    monitor.policies[ExitReason.ioInstruction.rawValue] = .stop
    _ = try monitor.run(until: RunLimit())
    let step = try monitor.step()
    #expect(step.reason == .step)
    #expect(step.rip == 0x8004)
    #expect(monitor.consoleOutput == [0x41])
  }

  @Test func passingWhatCannotBePassedStops() throws {
    let monitor = try monitor(Self.printer)
    monitor.policies[ExitReason.ioInstruction.rawValue] = .pass
    let stop = try monitor.run(until: RunLimit())
    #expect(stop.reason == .exit)
    #expect(stop.explanation.contains("only exceptions"))
  }

  @Test func stepsCountInstructions() throws {
    let monitor = try monitor([0x90, 0x90, 0xf4])
    #expect(try monitor.step().rip == 0x8001)
    #expect(try monitor.step().rip == 0x8002)
    #expect(try monitor.step().reason == .halt)
  }

  @Test func limitStopsAGuestThatNeverExits() throws {
    let monitor = try monitor([0xeb, 0xfe])
    let stop = try monitor.run(until: RunLimit(instructions: 1000))
    #expect(stop.reason == .limit)
    #expect(stop.instructions == 1000)
    #expect(stop.rip == 0x8000)
  }

  @Test func limitStopsAGuestThatExitsForEver() throws {
    // again: out 0xe9,al; jmp again
    let monitor = try monitor([0xe6, 0xe9, 0xeb, 0xfc])
    let stop = try monitor.run(until: RunLimit(instructions: 1000))
    #expect(stop.reason == .limit)
    #expect(stop.instructions == 1000)
    #expect(monitor.consoleOutput.count == 500)
  }

  @Test func raisedInterruptStops() throws {
    let monitor = try monitor([0xeb, 0xfe])
    let interrupt = Interrupt()
    interrupt.raise()
    #expect(try monitor.run(until: RunLimit(interrupt: interrupt)).reason == .interrupt)
  }

  @Test func breakpointBehindAnExitStops() throws {
    let monitor = try monitor(Self.printer)
    let stop = try monitor.run(until: RunLimit(breakpoints: [0x8004]))
    #expect(stop.reason == .breakpoint)
    #expect(stop.rip == 0x8004)
    #expect(monitor.consoleOutput == [0x41])
    #expect(try monitor.run(until: RunLimit(breakpoints: [0x8004])).reason == .halt)
  }

  @Test func watchStopsAtTheStore() throws {
    // nop; mov word [0x9000],0x1234; nop; hlt
    let monitor = try monitor([0x90, 0xc7, 0x06, 0x00, 0x90, 0x34, 0x12, 0x90, 0xf4])
    let stop = try monitor.watch(0x9000, length: 2, until: RunLimit())
    #expect(stop.reason == .breakpoint)
    #expect(stop.rip == 0x8007)
    #expect(stop.instructions == 2)
  }

  @Test func unknownHypercallAnswersAsKVM() throws {
    // mov eax,77; vmcall; hlt
    let monitor = try monitor([0xb8, 77, 0, 0, 0, 0x0f, 0x01, 0xc1, 0xf4], mode: .long)
    #expect(try monitor.run(until: RunLimit()).reason == .halt)
    let registers = try monitor.machine.cpu.registers()
    #expect(registers[.rax] == UInt64(bitPattern: -1000))
  }

  @Test func hypercallWithWildBufferFails() throws {
    // mov eax,1; mov rbx,-1; mov ecx,16; vmcall; hlt
    let code: [UInt8] = [
      0xb8, 1, 0, 0, 0, 0x48, 0xc7, 0xc3, 0xff, 0xff, 0xff, 0xff, 0xb9, 16, 0, 0, 0, 0x0f, 0x01,
      0xc1, 0xf4,
    ]
    let monitor = try monitor(code, mode: .long)
    #expect(try monitor.run(until: RunLimit()).reason == .halt)
    #expect(try monitor.machine.cpu.registers()[.rax] == UInt64(bitPattern: -14))
    #expect(monitor.consoleOutput.isEmpty)
  }

  @Test func unknownMSRRaisesGeneralProtection() throws {
    // In real mode vector 13 leads through the IVT at 0x34 to 0x8100: hlt.
    // mov ecx,0x12345678; rdmsr
    let monitor = try monitor([0x66, 0xb9, 0x78, 0x56, 0x34, 0x12, 0x0f, 0x32, 0xf4])
    try monitor.machine.writePhysical(0x34, [0x00, 0x81, 0, 0])
    try monitor.machine.writePhysical(0x8100, [0xf4])
    // The stack has to be memory of its own.
    var registers = try monitor.machine.cpu.registers()
    registers[.rsp] = 0x7000
    try monitor.machine.cpu.setRegisters(registers)
    let stop = try monitor.run(until: RunLimit())
    #expect(stop.reason == .halt)
    #expect(stop.rip == 0x8101)
    // The frame: IP of the RDMSR, CS, FLAGS.
    #expect(try monitor.machine.readPhysical(0x6ffa, count: 2) == [0x06, 0x80])
  }

  @Test func waitingInterruptIsDeliveredWhenTheGuestAcceptsIt() throws {
    // sti; hlt; mov bl,1; hlt   vector 0x20 leads to 0x8100: mov al,7; iret
    let monitor = try monitor([0xfb, 0xf4, 0xb3, 1, 0xfa, 0xf4])
    try monitor.machine.writePhysical(0x80, [0x00, 0x81, 0, 0])
    try monitor.machine.writePhysical(0x8100, [0xb0, 7, 0xcf])
    var registers = try monitor.machine.cpu.registers()
    registers[.rsp] = 0x7000
    try monitor.machine.cpu.setRegisters(registers)
    try monitor.raiseInterrupt(0x20)
    let stop = try monitor.run(until: RunLimit())
    #expect(stop.reason == .halt)
    registers = try monitor.machine.cpu.registers()
    #expect(registers[.rax] & 0xff == 7)
    #expect(registers[.rsp] == 0x7000)
  }

  @Test func snapshotsBringEverythingBack() throws {
    let monitor = try monitor(Self.printer)
    _ = try monitor.step()
    let snapshot = try monitor.save()
    let before = try monitor.machine.cpu.registers()
    #expect(try monitor.run(until: RunLimit()).reason == .halt)
    #expect(monitor.consoleOutput == [0x41])
    try monitor.restore(snapshot)
    #expect(monitor.consoleOutput.isEmpty)
    #expect(monitor.statistics.total == 0)
    #expect(try monitor.machine.cpu.registers() == before)
    #expect(try monitor.run(until: RunLimit()).reason == .halt)
    #expect(monitor.consoleOutput == [0x41])
    #expect(throws: MonitorError.self) { try monitor.restore(MonitorSnapshot()) }
  }

  @Test func typedEntriesStopAtTheFirstExit() throws {
    let monitor = try monitor(Self.printer)
    for instruction in [PromptInstruction.vmxon(nil), .vmclear(nil), .vmptrld(nil)] {
      #expect(try monitor.execute(instruction).outcome == .success)
    }
    _ = try monitor.setup()
    let answer = try monitor.execute(.vmlaunch)
    #expect(answer.outcome == .exit)
    #expect(answer.exit?.reason == ExitReason.ioInstruction.rawValue)
    #expect(monitor.vmxStatus.isLaunched)
    // SDM 3C, "VMLAUNCH/VMRESUME": error 4, VMLAUNCH with non-clear VMCS.
    #expect(try monitor.execute(.vmlaunch).error == 4)
    // The learner moves RIP past the instruction, so the byte is never printed.
    #expect(try monitor.execute(.vmwrite(.guestRIP, 0x8004)).outcome == .success)
    let next = try monitor.execute(.vmresume)
    #expect(next.exit?.reason == ExitReason.hlt.rawValue)
    #expect(monitor.consoleOutput.isEmpty)
  }

  @Test func runGoesOnFromTypedInstructions() throws {
    let monitor = try monitor(Self.printer)
    _ = try monitor.execute(.vmxon(0x20000))
    _ = try monitor.execute(.vmclear(0x21000))
    _ = try monitor.execute(.vmptrld(0x21000))
    #expect(try monitor.run(until: RunLimit()).reason == .halt)
    #expect(monitor.vmxStatus.current == 0x21000)
    #expect(monitor.consoleOutput == [0x41])
  }

  @Test func runAfterAWrongVMCSReportsTheProcessorsAnswer() throws {
    let monitor = try monitor(Self.printer)
    for instruction in [PromptInstruction.vmxon(nil), .vmclear(nil), .vmptrld(nil)] {
      _ = try monitor.execute(instruction)
    }
    _ = try monitor.execute(.vmwrite(.guestRIP, 0x8000))
    let stop = try monitor.run(until: RunLimit())
    #expect(stop.reason == .exit)
    #expect(stop.exit == nil)
    #expect(stop.explanation.contains("error 7"))
    _ = try monitor.setup()
    // Guest state that is wrong: RFLAGS bit 1 must be 1.
    _ = try monitor.execute(.vmwrite(.guestRFLAGS, 0))
    let failed = try monitor.run(until: RunLimit())
    #expect(failed.reason == .exit)
    #expect(failed.exit?.isEntryFailure == true)
    #expect(failed.exit?.reason == ExitReason.entryFailureGuestState.rawValue)
    // Mended, it goes on.
    _ = try monitor.execute(.vmwrite(.guestRFLAGS, 2))
    #expect(try monitor.run(until: RunLimit()).reason == .halt)
  }

  @Test func bareMachineHasNoExits() throws {
    let monitor = try monitor(Self.printer, isBare: true)
    #expect(try monitor.run(until: RunLimit()).reason == .halt)
    #expect(monitor.consoleOutput == [0x41])
    #expect(monitor.statistics.total == 0)
    #expect(throws: MonitorError.self) { try monitor.execute(.vmxon(nil)) }
  }

  @Test func bareExitPortGivesTheStatus() throws {
    var configuration = Monitor.Configuration()
    configuration.isBare = true
    let monitor = try Monitor(configuration)
    // mov al,21; out 0xf4,al
    let image = GuestImage(
      name: "exit", segments: [GuestImage.Segment(address: 0x7c00, bytes: [0xb0, 21, 0xe6, 0xf4])],
      entry: 0x7c00, mode: .real)
    let completion = try monitor.runToCompletion(image, until: RunLimit(instructions: 100))
    // (21 << 1) | 1.
    #expect(completion.exitStatus == 43)
    #expect(completion.stopped == .halt)
  }

  @Test func loadStartsAfresh() throws {
    let monitor = try monitor(Self.printer)
    _ = try monitor.run(until: RunLimit())
    try monitor.reset()
    #expect(monitor.consoleOutput.isEmpty)
    #expect(monitor.statistics.total == 0)
    #expect(!monitor.vmxStatus.isOn)
    #expect(try monitor.machine.cpu.registers().rip == 0x8000)
    #expect(try monitor.run(until: RunLimit()).reason == .halt)
  }

  @Test func comparisonCountsWhatHappened() throws {
    let comparison = try Monitor.compare(workload: "console", techniques: [], backend: .sim)
    let rows = Dictionary(uniqueKeysWithValues: comparison.rows.map { ($0.technique, $0) })
    let trapped = try #require(rows["trap-and-emulate"])
    let called = try #require(rows["hypercall"])
    #expect(trapped.operations == called.operations)
    #expect(trapped.exits == 2 * trapped.operations)
    #expect(called.exits == 1)
    // One IN and one OUT a byte, against one VMCALL.
    #expect(trapped.cycles == UInt64(trapped.operations) * (2435 + 1402))
    #expect(called.cycles == 1195)
    #expect(throws: MonitorError.self) {
      try Monitor.compare(workload: "nothing", techniques: [], backend: .sim)
    }
  }
}

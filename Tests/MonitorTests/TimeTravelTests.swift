import Testing
import X86

@testable import Monitor
@testable import Simulator

/// Going back in time, against guests that were run there for the first time.
@Suite struct TimeTravelTests {
  static let guests = ["hello", "paging", "ports", "mmio", "hypercall", "triple"]

  private func runToEnd(_ monitor: Monitor) throws -> UInt64 {
    _ = try monitor.run(until: RunLimit(instructions: 20000))
    return try #require(monitor.machine.cpu.instructionsRetired)
  }

  private func expectSame(
    _ here: WholeState, _ there: WholeState, _ location: SourceLocation = #_sourceLocation
  ) {
    let differences = here.differences(from: there)
    #expect(differences.isEmpty, "\(differences.joined(separator: "; "))", sourceLocation: location)
  }

  // MARK: Stops

  /// A guest must not notice that it was stopped and looked at.
  @Test(arguments: guests) func stopsChangeNothing(_ guest: String) throws {
    let free = try TimeTravelLab.monitor(guest, checkpoints: 0)
    _ = try free.run(until: RunLimit(instructions: 20000))
    let end = free.position
    for seed: UInt64 in 1...3 {
      var dice = Dice(state: seed)
      let stopped = try TimeTravelLab.monitor(guest, interval: 100)
      while stopped.position < end {
        let left = end.units - stopped.position.units
        if Bool.random(using: &dice) || left == 0 {
          _ = try stopped.step()
        } else {
          let most = min(left, UInt64.random(in: 1...40, using: &dice))
          _ = try stopped.run(until: RunLimit(instructions: most))
        }
      }
      try expectSame(WholeState(stopped), WholeState(free))
    }
  }

  // MARK: goto

  @Test(arguments: guests) func gotoIsExact(_ guest: String) throws {
    let monitor = try TimeTravelLab.monitor(guest)
    let end = try runToEnd(monitor)
    var dice = Dice(state: 7)
    for _ in 0..<8 {
      let count = UInt64.random(in: 0...end, using: &dice)
      // Back there, and on to the end again, which is new history.
      _ = try monitor.go(to: count, interrupt: Interrupt())
      #expect(monitor.machine.cpu.instructionsRetired == count)
      if count > 0 {
        let fresh = try TimeTravelLab.stepped(guest, to: monitor.position)
        try expectSame(WholeState(monitor), WholeState(fresh))
      }
      _ = try monitor.run(until: RunLimit(instructions: end - count))
    }
  }

  // MARK: reverse-stepi

  @Test(arguments: guests) func reverseStepIsExact(_ guest: String) throws {
    let reference = try TimeTravelLab.monitor(guest, checkpoints: 0)
    var past: [TimePosition] = [reference.position]
    for _ in 0..<600 {
      _ = try reference.step()
      if reference.position == past.last { break }
      past.append(reference.position)
    }
    let monitor = try TimeTravelLab.monitor(guest)
    for _ in 1..<past.count { _ = try monitor.step() }
    #expect(monitor.position == past.last)
    var index = past.count - 1
    var dice = Dice(state: 11)
    while index > 0 {
      let steps = Int.random(in: 1...40, using: &dice)
      let stop = try monitor.reverseStep(UInt64(steps), interrupt: Interrupt())
      #expect(stop.reason == (steps > index ? .limit : .step))
      index = max(0, index - steps)
      #expect(monitor.position == past[index])
      if index > 0 {
        let fresh = try TimeTravelLab.stepped(guest, to: past[index])
        try expectSame(WholeState(monitor), WholeState(fresh))
      }
    }
    let stop = try monitor.reverseStep(1, interrupt: Interrupt())
    #expect(stop.reason == .limit)
    #expect(stop.explanation.contains("start of time"))
  }

  /// An exit that stops is a moment of its own, before and after.
  @Test func exitsThatStopAreSteps() throws {
    let monitor = try TimeTravelLab.monitor("cpuid")
    monitor.policies[ExitReason.cpuid.rawValue] = .stop
    _ = try monitor.step()
    _ = try monitor.step()
    #expect(monitor.pendingExit?.reason == ExitReason.cpuid.rawValue)
    let waiting = try WholeState(monitor)
    _ = try monitor.step()
    #expect(monitor.pendingExit == nil)
    _ = try monitor.reverseStep(1, interrupt: Interrupt())
    try expectSame(WholeState(monitor), waiting)
    _ = try monitor.reverseStep(1, interrupt: Interrupt())
    #expect(monitor.pendingExit == nil)
    #expect(monitor.statistics.total == 0)
    #expect(monitor.machine.cpu.instructionsRetired == 1)
  }

  // MARK: reverse-continue

  @Test func reverseContinueFindsTheLastBreakpoint() throws {
    let monitor = try TimeTravelLab.monitor("hello")
    let end = try runToEnd(monitor)
    // lodsb, executed once a character.
    let reference = try TimeTravelLab.monitor("hello", checkpoints: 0)
    var hits: [TimePosition] = []
    while try #require(reference.machine.cpu.instructionsRetired) < end {
      if try reference.linearRIP() == 0x1008 { hits.append(reference.position) }
      _ = try reference.step()
    }
    #expect(hits.count > 10)
    for hit in hits.reversed() {
      let stop = try monitor.reverseContinue(to: ReverseTargets(breakpoints: [0x1008]))
      #expect(stop.reason == .breakpoint)
      #expect(monitor.position == hit)
    }
    let stop = try monitor.reverseContinue(to: ReverseTargets(breakpoints: [0x1008]))
    #expect(stop.reason == .limit)
    #expect(monitor.position == TimePosition())
  }

  @Test func reverseContinueFindsTheLastExit() throws {
    let monitor = try TimeTravelLab.monitor("cpuid")
    _ = try runToEnd(monitor)
    let total = monitor.statistics.total
    monitor.policies[ExitReason.cpuid.rawValue] = .stop
    var stop = try monitor.reverseContinue(to: ReverseTargets())
    #expect(stop.reason == .exit)
    #expect(stop.rip == 0x102d)
    #expect(monitor.pendingExit?.reason == ExitReason.cpuid.rawValue)
    #expect(monitor.statistics.total < total)
    stop = try monitor.reverseContinue(to: ReverseTargets())
    #expect(stop.rip == 0x1006)
    // It is handled, and the same happens again.
    monitor.policies = [:]
    _ = try runToEnd(monitor)
    #expect(monitor.statistics.rows[ExitReason.cpuid.rawValue]?.count == 2)
  }

  /// mov cx,1000; l: inc byte [0x500] every 100th time; loop l; hlt
  private static let writer: [UInt8] = [
    0xb9, 0xe8, 0x03,  // mov cx, 1000
    0x89, 0xc8,  // mov ax, cx
    0xb3, 0x64,  // mov bl, 100
    0xf6, 0xf3,  // div bl
    0x84, 0xe4,  // test ah, ah
    0x75, 0x04,  // jnz +4
    0xfe, 0x06, 0x00, 0x05,  // inc byte [0x500]
    0xa2, 0x08, 0x05,  // mov [0x508], al: the same page
    0xe2, 0xed,  // loop 0x8003
    0xf4,  // hlt
  ]

  @Test func reverseContinueFindsTheLastChangeOfMemory() throws {
    let monitor = try TimeTravelLab.monitor(code: Self.writer, mode: .real, interval: 1000)
    _ = try monitor.run(until: RunLimit())
    #expect(try monitor.readLinear(0x500, count: 1) == [10])
    let watch = ReverseTargets.Watch(number: 3, address: 0x500, length: 1)
    for value in (1...10).reversed() {
      let stop = try monitor.reverseContinue(to: ReverseTargets(watched: [watch]))
      #expect(stop.reason == .breakpoint)
      #expect(stop.explanation.contains("watchpoint 3"))
      // Behind the write, as a watchpoint stops.
      #expect(stop.rip == 0x8011)
      #expect(try monitor.readLinear(0x500, count: 1) == [UInt8(value)])
    }
    let stop = try monitor.reverseContinue(to: ReverseTargets(watched: [watch]))
    #expect(stop.reason == .limit)
    // Forgetting to watch no longer would cost the guest its speed.
    #expect(monitor.simulated?.memory.watchedRanges.isEmpty == true)
  }

  /// More finds than are gone through one by one.
  @Test func aBreakpointInALoopIsFoundFromItsEnd() throws {
    // mov ecx, 20000; loop: dec ecx; jnz; nop; hlt
    let code: [UInt8] = [
      0x66, 0xb9, 0x20, 0x4e, 0, 0, 0x66, 0x49, 0x75, 0xfc, 0x90, 0xf4,
    ]
    let monitor = try TimeTravelLab.monitor(code: code, mode: .real, interval: 4_000_000)
    _ = try monitor.run(until: RunLimit())
    _ = try monitor.reverseContinue(to: ReverseTargets(breakpoints: [0x8006]))
    #expect(monitor.machine.cpu.instructionsRetired == 1 + 2 * 19999)
    _ = try monitor.reverseContinue(to: ReverseTargets(breakpoints: [0x8006]))
    #expect(monitor.machine.cpu.instructionsRetired == 1 + 2 * 19998)
  }

  @Test func interruptedItIsWhereItWas() throws {
    let monitor = try TimeTravelLab.monitor("hello")
    _ = try monitor.run(until: RunLimit(instructions: 200))
    let before = try WholeState(monitor)
    let interrupt = Interrupt()
    interrupt.raise()
    let stop = try monitor.reverseContinue(to: ReverseTargets(interrupt: interrupt))
    #expect(stop.reason == .interrupt)
    try expectSame(WholeState(monitor), before)
    _ = try monitor.reverseStep(150, interrupt: Interrupt())
    #expect(monitor.machine.cpu.instructionsRetired == 50)
  }

  // MARK: Interventions

  @Test func whatWasTypedStaysWhereItWasTyped() throws {
    // mov ax,bx; inc bx; jmp back
    let monitor = try TimeTravelLab.monitor(
      code: [0x89, 0xd8, 0x43, 0xeb, 0xfb], mode: .real)
    _ = try monitor.run(until: RunLimit(instructions: 30))
    try monitor.changeRegisters { $0[.rbx] = 0x1000 }
    try monitor.writeLinear(0x600, [0xaa])
    _ = try monitor.run(until: RunLimit(instructions: 30))
    #expect(try monitor.machine.cpu.registers()[.rbx] == 0x100a)
    // Between the change and now it has been made.
    _ = try monitor.reverseStep(3, interrupt: Interrupt())
    #expect(try monitor.machine.cpu.registers()[.rbx] == 0x1009)
    _ = try monitor.go(to: 30, interrupt: Interrupt())
    #expect(try monitor.machine.cpu.registers()[.rbx] == 0x1000)
    #expect(try monitor.readLinear(0x600, count: 1) == [0xaa])
    // Before it, it has not.
    _ = try monitor.reverseStep(3, interrupt: Interrupt())
    #expect(try monitor.machine.cpu.registers()[.rbx] == 9)
    #expect(try monitor.readLinear(0x600, count: 1) == [0])
    // From there another history begins.
    _ = try monitor.go(to: 60, interrupt: Interrupt())
    #expect(try monitor.machine.cpu.registers()[.rbx] == 20)
  }

  /// Entered by hand, exit by exit.
  @Test func entriesByHandAreHistoryToo() throws {
    let monitor = try TimeTravelLab.monitor("cpuid")
    for typed: PromptInstruction in [.vmxon(nil), .vmclear(nil), .vmptrld(nil)] {
      _ = try monitor.execute(typed)
    }
    _ = try monitor.setup()
    _ = try monitor.execute(.vmlaunch)
    let exit = try #require(monitor.pendingExit)
    let atExit = try WholeState(monitor)
    _ = try monitor.run(until: RunLimit(instructions: 20))
    _ = try monitor.go(to: 1, interrupt: Interrupt())
    #expect(monitor.pendingExit == nil)
    monitor.policies[exit.reason] = .stop
    _ = try monitor.step()
    try expectSame(WholeState(monitor), atExit)
  }

  // MARK: What hardware keeps

  /// mov rax,[0x800000]; mov qword [0x2000+0x2000+32],0xa00083; mov rcx,[0x800000]; nop; hlt
  private static let stale: [UInt8] = [
    0x48, 0x8b, 0x04, 0x25, 0x00, 0x00, 0x80, 0x00,
    0x48, 0xc7, 0x04, 0x25, 0x20, 0x40, 0x00, 0x00, 0x83, 0x00, 0xa0, 0x00,
    0x48, 0x8b, 0x0c, 0x25, 0x00, 0x00, 0x80, 0x00,
    0x90, 0xf4,
  ]

  /// A translation that is stale stays stale, whether the guest is stopped or goes back over it.
  @Test func staleTranslationsStay() throws {
    let monitor = try TimeTravelLab.monitor(code: Self.stale, mode: .long)
    try monitor.machine.writePhysical(0x80_0000, [0x11])
    try monitor.machine.writePhysical(0xa0_0000, [0x22])
    for _ in 0..<2 { _ = try monitor.step() }
    // A checkpoint that has to know the TLB.
    try monitor.changeRegisters { $0[.rdx] = 5 }
    _ = try monitor.run(until: RunLimit(instructions: 2))
    #expect(try monitor.machine.cpu.registers()[.rcx] == 0x11)
    for _ in 0..<3 {
      _ = try monitor.reverseStep(2, interrupt: Interrupt())
      #expect(try monitor.machine.cpu.registers()[.rcx] == 0)
      _ = try monitor.step()
      #expect(try monitor.machine.cpu.registers()[.rcx] == 0x11)
      _ = try monitor.step()
    }
  }

  // MARK: Memory

  /// Writes to each page from 1 MiB up, again and again.
  private static func dirty(upTo mebibytes: UInt8) -> [UInt8] {
    [
      0xbb, 0x00, 0x00, 0x10, 0x00,  // mov ebx, 1 MiB
      0xff, 0x03,  // inc dword [ebx]
      0x81, 0xc3, 0x00, 0x10, 0x00, 0x00,  // add ebx, 4096
      0x81, 0xfb, 0x00, 0x00, mebibytes << 4, 0x00,  // cmp ebx, mebibytes
      0x75, 0xf0,  // jne -16
      0xeb, 0xe9,  // jmp -23
    ]
  }

  @Test func checkpointsThinOut() throws {
    let monitor = try TimeTravelLab.monitor(
      code: Self.dirty(upTo: 2), mode: .protected, checkpoints: 128 << 20, interval: 1000)
    _ = try monitor.run(until: RunLimit(instructions: 400_000))
    let status = monitor.timeStatus
    #expect(status.start == 0)
    #expect(status.checkpoints < 80)
    #expect(status.checkpoints > 10)
    _ = try monitor.go(to: 123_457, interrupt: Interrupt())
    let fresh = try TimeTravelLab.monitor(
      code: Self.dirty(upTo: 2), mode: .protected, checkpoints: 0)
    _ = try fresh.run(until: RunLimit(instructions: 123_457))
    try expectSame(WholeState(monitor), WholeState(fresh))
    // Running there again has left checkpoints close behind.
    let near = try #require(monitor.timeline?.checkpoints.last)
    #expect(123_457 - near.count <= 1000)
  }

  @Test func theBudgetHolds() throws {
    let budget: UInt64 = 8 << 20
    let monitor = try TimeTravelLab.monitor(
      code: Self.dirty(upTo: 15), mode: .protected, checkpoints: budget, interval: 4000)
    for _ in 0..<40 {
      _ = try monitor.run(until: RunLimit(instructions: 10_000))
      #expect(monitor.timeStatus.bytes <= budget)
    }
    let status = monitor.timeStatus
    #expect(status.hasForgotten)
    #expect(try #require(status.start) > 0)
    let stop = try monitor.go(to: 1, interrupt: Interrupt())
    #expect(stop.reason == .limit)
    #expect(stop.explanation.contains("did not fit"))
    #expect(monitor.machine.cpu.instructionsRetired == monitor.timeStatus.start)
  }

  @Test func withoutCheckpointsThereIsNoWayBack() throws {
    let monitor = try TimeTravelLab.monitor("hello", checkpoints: 0)
    _ = try monitor.step()
    #expect(throws: MonitorError.self) { try monitor.reverseStep(1, interrupt: Interrupt()) }
    #expect(monitor.simulated?.memory.openLog == nil)
  }

  // MARK: Bare machines

  @Test func bareMachinesGoBackToo() throws {
    var configuration = Monitor.Configuration()
    configuration.isBare = true
    configuration.memorySize = 1 << 20
    configuration.checkpointMemory = 16 << 20
    let monitor = try Monitor(configuration)
    monitor.checkpointInterval = 50
    // l: inc word [0x500]; mov al,'x'; out 0xe9,al; jmp l
    let code: [UInt8] = [0xff, 0x06, 0x00, 0x05, 0xb0, 0x78, 0xe6, 0xe9, 0xeb, 0xf6]
    try monitor.load(
      GuestImage(
        name: "test", segments: [GuestImage.Segment(address: 0x8000, bytes: code)],
        entry: 0x8000, mode: .real))
    _ = try monitor.run(until: RunLimit(instructions: 403))
    #expect(try monitor.readLinear(0x500, count: 2) == [101, 0])
    #expect(monitor.consoleOutput.count == 101)
    _ = try monitor.reverseStep(2, interrupt: Interrupt())
    #expect(try monitor.readLinear(0x500, count: 2) == [101, 0])
    #expect(monitor.consoleOutput.count == 100)
    _ = try monitor.go(to: 40, interrupt: Interrupt())
    #expect(try monitor.readLinear(0x500, count: 2) == [10, 0])
    #expect(monitor.consoleOutput.count == 10)
  }
}

import Simulator
import X86

extension Monitor {
  /// Enters the guest (doing VMXON, VMCLEAR, VMPTRLD, set-up and VMLAUNCH where the learner has not),
  /// handles exits by policy and returns at the first thing that stops. An exit that stopped before
  /// is handled first.
  ///
  /// Throws `MonitorError` or `MachineError` for what is no answer of the processor.
  public func run(until limit: RunLimit) throws -> Stop {
    interrupt = limit.interrupt
    try beginHistory()
    defer { noteTouches() }
    var run = GuestRun(self, limit: limit)
    if let stop = try handlePending(&run) { return stop }
    if let stop = try refusal(&run, of: { try prepare() }) { return stop }
    if let processor = books.contents.processor, !configuration.isBare {
      return try runSimulated(processor, limit, &run)
    }
    while true {
      if let stop = try runOnce(&run) { return stop }
    }
  }

  /// One guest instruction. An exit that it causes is handled by policy; one that stops is not. With
  /// an exit pending, handling it is the step.
  public func step() throws -> Stop {
    try beginHistory()
    defer { noteTouches() }
    var run = GuestRun(self, limit: RunLimit(interrupt: interrupt))
    run.isStepping = true
    if pendingExit != nil {
      if let stop = try handlePending(&run) { return stop }
      return try run.stop(.step)
    }
    if let stop = try refusal(&run, of: { try prepare() }) { return stop }
    kvm?.kvmCPU.interrupt = interrupt
    try injectWaiting()
    let result = try refused(&run) { try machine.cpu.step() }
    run.steps &+= 1
    switch result {
    case .stop(let stop): return stop
    case .exit(let exit):
      if let stop = try take(exit, &run) { return stop }
      return try run.stop(.step)
    }
  }

  /// Runs by single steps until the `length` bytes at a linear address change, at most 10 million.
  /// The simulator only: on KVM each step takes some microseconds.
  public func watch(_ address: UInt64, length: Int, until limit: RunLimit) throws -> Stop {
    guard simulated != nil else { throw MonitorError.needsSimulator(what: "a watchpoint") }
    interrupt = limit.interrupt
    let most = min(limit.instructions ?? .max, 10_000_000)
    let before = try? readLinear(address, count: length)
    var handled = 0
    var last: VMExit?
    for count in 1...max(1, most) {
      var stop = try step()
      handled += stop.handledExits
      last = stop.exit ?? last
      let isChanged = (try? readLinear(address, count: length)) != before
      if stop.reason == .step {
        if isChanged {
          stop.reason = .breakpoint
          stop.explanation = "the memory at \(hex(address)) has changed"
        } else if limit.interrupt.isRaised {
          stop.reason = .interrupt
        } else if limit.breakpoints.contains(try linearRIP()) {
          stop.reason = .breakpoint
        } else if count == most {
          stop.reason = .limit
        }
      }
      guard stop.reason == .step else {
        (stop.instructions, stop.handledExits, stop.exit) = (count, handled, last)
        return stop
      }
    }
    return Stop(reason: .limit, rip: try machine.cpu.registers().rip)
  }

  /// Asks for an external interrupt with this vector: the guest gets it at the first VM entry at
  /// which it accepts interrupts.
  public func raiseInterrupt(_ vector: UInt8) throws {
    guard !configuration.isBare else {
      throw MonitorError.refused(
        what: "interrupt \(vector)", why: "nothing on a bare machine is the monitor's to inject",
        remedy: "`load` without --bare")
    }
    if let kvm {
      try kvm.cpu.inject(InjectedEvent(type: 0, vector: vector))
    } else {
      waitingVectors.append(vector)
      hasNewVector = true
      simulated?.noteTouch()
    }
  }

  // MARK: One exit after the other

  func prepare() throws {
    isFresh = false
    guard let simulated, !configuration.isBare else { return }
    try prepareEntry(simulated)
    rememberFields(simulated)
  }

  /// Runs to the next thing that happens; nil if the guest is to go on.
  func runOnce(_ run: inout GuestRun) throws -> Stop? {
    if run.limit.interrupt.isRaised { return try run.stop(.interrupt, "interrupted") }
    guard var next = run.nextLimit else { return try run.stop(.limit, run.limitText) }
    let isSlice = shortenToCheckpoint(&next)
    try injectWaiting()
    let result = try refused(&run) { try machine.cpu.run(until: next) }
    run.steps &+= 1
    switch result {
    case .stop(let stop): return stop
    case .exit(.limit) where run.countsSteps: return nil
    case .exit(.limit) where isSlice: return try run.sliceStop()
    case .exit(let exit):
      if let stop = try take(exit, &run) { return stop }
      return try run.breakpointStop()
    }
  }

  private enum Result {
    case exit(Exit)
    case stop(Stop)
  }

  /// What `body` returns, or the stop for a VM entry that the processor refused.
  private func refused(_ run: inout GuestRun, _ body: () throws -> Exit) throws -> Result {
    do {
      return .exit(try body())
    } catch let refusal as VMEntryRefused {
      return .stop(try run.stop(.exit, Self.text(refusal.result)))
    }
  }

  /// The stop for an automatic step into VMX operation that the processor refused.
  private func refusal(_ run: inout GuestRun, of body: () throws -> Void) throws -> Stop? {
    do {
      try body()
      return nil
    } catch MonitorError.refused(let what, let why, let remedy) {
      let error = MonitorError.refused(what: what, why: why, remedy: remedy)
      return try run.stop(.exit, error.description)
    }
  }

  static func text(_ result: VMXPromptResult) -> String {
    switch result {
    case .failInvalid: "VM entry: VMfailInvalid, there is no current VMCS; `vmptrld` loads one"
    case .failValid(let number):
      "VM entry: \(VMXFailure.validText(number)); `check` lists every broken rule"
    default: "VM entry: \(VMXFailure.text(result))"
    }
  }

  /// Deals with what running returned; nil if the guest is to go on.
  func take(_ exit: Exit, _ run: inout GuestRun) throws -> Stop? {
    switch exit {
    case .stepped: return nil
    case .limit: return try run.stop(.limit, run.limitText)
    case .breakpoint: return try run.stop(.breakpoint)
    case .interrupted: return try run.stop(.interrupt, "interrupted")
    case .halted:
      return try run.stop(
        .halt, "the guest executed HLT and nothing can wake it: it is finished\(lastCode)")
    case .shutdown:
      return try run.stop(.exit, "triple fault: the processor has shut down; a PC would reset now")
    case .stopRequested:
      guard let (reason, text) = try answerBoard() else { return nil }
      return try run.stop(reason, text)
    case .resetRequested:
      return try run.stop(.halt, "the guest asked for a reset, which ends the run without a ROM")
    case .access(let access): return try answerBare(access, &run)
    case .vmExit(let exit): return try take(exit, &run)
    }
  }

  private func take(_ exit: VMExit, _ run: inout GuestRun) throws -> Stop? {
    let start = kvm == nil ? 0 : configuration.clock?() ?? 0
    run.hasExit = true
    let place = place(of: exit)
    let policy = policy(exit.reason)
    if policy == .stop, !exit.isEntryFailure {
      pendingExit = exit
      recordMeasured(exit, place, since: start)
      return try run.stop(
        .exit, "\(exit.summary); not handled yet: `continue` handles it and goes on")
    }
    let outcome =
      policy == .pass && !exit.isEntryFailure ? try pass(exit) : try emulate(exit)
    recordMeasured(exit, place, since: start)
    return try finish(exit, outcome, &run)
  }

  @inline(__always)
  private func policy(_ reason: UInt16) -> ExitPolicy {
    books.contents.policies.isEmpty ? .emulate : books.contents.policies[reason] ?? .emulate
  }

  private func recordMeasured(_ exit: VMExit, _ place: ExitLog.Entry, since start: UInt64) {
    guard kvm != nil else { return record(exit, place, cost: ExitCosts.cycles(of: exit)) }
    record(exit, place, cost: (configuration.clock?() ?? 0) &- start)
  }

  private func finish(
    _ exit: VMExit, _ outcome: ExitHandler.Outcome, _ run: inout GuestRun
  ) throws -> Stop? {
    switch outcome {
    case .resume:
      run.handled += 1
      return nil
    case .stop(let reason, let text):
      // KVM completes an access by itself when the guest goes on, so it must not.
      if kvm != nil, reason == .exit { pendingExit = exit }
      return try run.stop(reason, text)
    }
  }

  /// Handles the exit that stopped before, whatever the policy; nil if the guest is to go on.
  func handlePending(_ run: inout GuestRun) throws -> Stop? {
    guard let exit = pendingExit else { return nil }
    pendingExit = nil
    run.hasExit = true
    let outcome = try emulate(exit)
    if let stop = try finish(exit, outcome, &run) { return stop }
    return try run.breakpointStop()
  }

  private func emulate(_ exit: VMExit) throws -> ExitHandler.Outcome {
    guard exit.reason != VMExit.backendError else { return backendStop(exit) }
    guard let handle = ExitHandler.function(for: exit.reason) else {
      return .stop(
        .exit,
        "\(exit.summary): this monitor has no handler for \(ExitReason(rawValue: exit.reason).name)"
      )
    }
    let outcome = try handle(self, exit)
    // The event whose delivery exited; there is none as a rule.
    if exit.idtVectoringInformation >> 31 != 0, outcome == .resume { try reinject(exit) }
    return outcome
  }

  private func backendStop(_ exit: VMExit) -> ExitHandler.Outcome {
    let name = exit.backend ?? "the backend"
    let detail = exit.backendDetail.map { ": \($0)" } ?? ""
    return .stop(.exit, "\(name)\(detail); the guest cannot go on: `reset`")
  }

  /// SDM 3C, "Information for VM Exits During Event Delivery": an event whose delivery exited is
  /// delivered again.
  private func reinject(_ exit: VMExit) throws {
    let event = EventInformation(raw: exit.idtVectoringInformation)
    guard event.isValid, ExitReason(rawValue: exit.reason) != .exceptionOrNMI else { return }
    try machine.cpu.inject(
      InjectedEvent(
        type: event.kind.rawValue, vector: event.vector,
        errorCode: event.hasErrorCode ? exit.idtVectoringErrorCode : nil,
        instructionLength: exit.instructionLength))
  }

  /// Policy `pass`.
  private func pass(_ exit: VMExit) throws -> ExitHandler.Outcome {
    switch ExitReason(rawValue: exit.reason) {
    case .exceptionOrNMI, .externalInterrupt: return try emulate(exit)
    default:
      let name = ExitReason(rawValue: exit.reason).identifier
      return .stop(
        .exit,
        "\(exit.summary): only exceptions and interrupts can be passed to the guest; `handle "
          + "\(name) emulate` or `handle \(name) stop`")
    }
  }

  /// A bare machine's access, which the platform answers without any exit.
  private func answerBare(_ access: DeviceAccess, _ run: inout GuestRun) throws -> Stop? {
    simulated?.complete(access, on: platform.bus)
    guard case .stop(let reason, let text) = try afterDeviceAccess() else { return nil }
    return try run.stop(reason, text)
  }

  // MARK: Books

  /// Where the guest is at an exit that has not been handled yet.
  @inline(__always)
  func place(of exit: VMExit) -> ExitLog.Entry {
    let processor = books.contents.processor
    return ExitLog.Entry(
      sequence: 0,
      instructions: processor?.instructionsRetired ?? machine.cpu.instructionsRetired,
      reason: exit.reason, isEntryFailure: exit.isEntryFailure, qualification: exit.qualification,
      rip: processor?.guestRIPField)
  }

  @inline(__always)
  func record(_ exit: VMExit, _ place: ExitLog.Entry, cost: UInt64) {
    books.contents.lastExit = exit
    note(place, cost)
  }

  /// One more in the statistics and the log.
  @inline(__always)
  func note(_ place: ExitLog.Entry, _ cost: UInt64) {
    books.contents.statistics.add(
      place.reason, name: ExitReason(rawValue: place.reason).identifier, cost: cost)
    books.contents.exitLog.append(place)
  }

  /// Moves the guest past the instruction that exited.
  func skip(_ exit: VMExit) throws {
    if let processor = books.contents.processor, !configuration.isBare {
      processor.skipGuestInstruction(exit.instructionLength)
    } else {
      try machine.cpu.skip(exit)
    }
  }
}

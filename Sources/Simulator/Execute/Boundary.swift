import X86

/// What is done between two instructions, in the manual's order of priority (SDM 3A, "Priority Among
/// Concurrent Events"; SDM 3C, "Event Priorities").
extension Processor {
  /// Takes the events that are due. Returns whether the next instruction is to run alone, so that
  /// this is asked again behind it.
  func takeBoundaryEvents() throws(Fault) -> Bool {
    attention = false
    if isQuiet {
      (debugMatches, deliveredEvent, isAlone) = (0, false, false)
      return false
    }
    if memory.hasWatchHit {
      attention = true
      throw .watched
    }
    if isYielding {
      isYielding = false
      throw .yield
    }
    debugMatches = 0
    if deferredException != nil { throw raiseDeferredException() }
    try takeINITAndStartUp()
    // An event that was delivered is followed by a boundary of its own. Handlers that nest for ever run
    // out of stack, but not here.
    var rounds = 0
    repeat {
      deliveredEvent = false
      if vmx.isNonRoot { try vmxBoundaryEventBeforeTraps() }
      try takeDebugTrap()
      if vmx.isNonRoot { try vmxBoundaryEvent() }
      try takeInterrupts()
      if deliveredEvent { noteMonitorTrap() }
      rounds += 1
    } while deliveredEvent && rounds < 8
    if activity == .hlt || activity == .waitForSIPI {
      attention = true
      throw .halted
    }
    if activity == .shutdown {
      attention = true
      throw .shutdown
    }
    if armed.hasCode { try takeCodeBreakpoint() }
    let runsAlone =
      interruptShadow != .none || systemFlags & (RFLAGS.tf.rawValue | RFLAGS.rf.rawValue) != 0
      || vmx.primaryControls & PrimaryControls.monitorTrapFlag != 0 || wantsAlone
      || (armed.hasCode && hasCodeBreakpoint(onPageOf: currentLinear))
    (isAlone, wantsAlone) = (runsAlone, false)
    // Whatever opens the door to a request that has to wait sets `attention` itself.
    if armed.hasCode || runsAlone || hasVMXBoundaryWork { attention = true }
    return runsAlone
  }

  /// Nothing is due at this boundary: what most VM entries find.
  @inline(__always)
  private var isQuiet: Bool {
    let requests = nmiRequest || initRequest || startupVector != nil || hasAPIC
    let own = isYielding || wantsAlone || armed.hasCode || memory.hasWatchHit
    if requests || own || hasVMXBoundaryWork || interruptRequest != nil { return false }
    return pendingDebug == 0 && deferredException == nil && activity == .active
      && interruptShadow == .none && systemFlags & (RFLAGS.tf.rawValue | RFLAGS.rf.rawValue) == 0
  }

  /// The traps that the last instruction left: single step, data and I/O breakpoints, the T flag.
  private func takeDebugTrap() throws(Fault) {
    guard pendingDebug != 0 else { return }
    // MOV SS holds debug traps back for one instruction, too.
    if interruptShadow == .movSS { return }
    let pending = pendingDebug
    pendingDebug = 0
    // B3 to B0 alone say which conditions were met, not that a breakpoint was enabled.
    let causes =
      DebugStatus.enabledBreakpoint | DebugStatus.singleStep | DebugStatus.taskSwitch
    guard pending & causes != 0 else { return }
    throw exception(1, payload: pending & DebugStatus.writable)
  }

  /// SDM 3B, "Single-Stepping on Branches": with IA32_DEBUGCTL.BTF, TF traps only behind an instruction
  /// that has branched; here, op `first` at `start`. A repeated one that was put back has set RF.
  func trapsStep(from start: UInt64, _ first: Int) -> Bool {
    guard msrs.debugControl & 2 != 0 else { return true }
    if rip == start { return systemFlags & RFLAGS.rf.rawValue == 0 }
    // SAFETY: the caller's block has its ops from `first`.
    return unsafe rip != (start &+ UInt64(blocks.ops[first].length)) & linearMask
  }

  /// SDM 3B, "Instruction-Breakpoint Exception Condition": a fault in front of the instruction, unless
  /// RF is set or MOV SS came just before.
  private func takeCodeBreakpoint() throws(Fault) {
    attention = true
    guard systemFlags & RFLAGS.rf.rawValue == 0, interruptShadow != .movSS else { return }
    let bits = codeBreakpoints(at: currentLinear)
    if bits != 0 { throw exception(1, payload: bits) }
  }

  private func raiseDeferredException() -> Fault {
    guard let deferred = deferredException else { return .exception }
    deferredException = nil
    pendingException = deferred.exception
    delivering = deferred.event
    return .exception
  }

  /// SDM 3A, "MP Initialization Protocol". In VMX operation INIT is blocked, or it exits (SDM 3C,
  /// "Other Causes of VM Exits").
  private func takeINITAndStartUp() throws(Fault) {
    if initRequest {
      if vmx.isNonRoot {
        initRequest = false
        throw vmExit(ExitReason.initSignal.rawValue)
      }
      if !vmx.isOn {
        initRequest = false
        let vector = startupVector
        initialise()
        startupVector = vector
      }
    }
    guard let vector = startupVector, activity == .waitForSIPI else { return }
    startupVector = nil
    startUp(vector)
  }

  private func takeInterrupts() throws(Fault) {
    guard activity != .waitForSIPI else { return }
    if nmiRequest, !nmiBlocked, interruptShadow == .none {
      nmiRequest = false
      nmiBlocked = true
      activity = .active
      try deliver(EventInDelivery(type: 2, vector: 2))
      return
    }
    guard activity != .shutdown, systemFlags & RFLAGS.if.rawValue != 0, interruptShadow == .none,
      hasInterruptRequest, let vector = acknowledgeInterrupt()
    else { return }
    activity = .active
    try deliver(EventInDelivery(type: 0, vector: vector))
  }

  /// After an instruction that ran alone: the shadow ends, a trap becomes pending.
  func afterLoneInstruction(_ shadow: InterruptShadow, traps: Bool) {
    if shadow != .none, interruptShadow == shadow { interruptShadow = .none }
    // DR6.BS. INT n, INT3 and INTO clear TF before the trap could be taken (SDM 3B, "Single-Step
    // Exception Condition").
    if traps, !deliveredEvent { pendingDebug |= DebugStatus.singleStep }
    noteMonitorTrap()
    attention = true
  }
}

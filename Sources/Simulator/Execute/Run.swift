import X86

/// Why the processor's loop came back.
public enum ProcessorStop: Sendable, Equatable {
  case limit
  case breakpoint(UInt64)
  case interrupted
  /// A VM exit to a monitor outside the machine: `lastVMExit`. The processor is in root operation.
  case vmExit
  /// HLT, and nothing that could wake the processor.
  case halted
  /// A triple fault outside non-root operation.
  case shutdown
  /// A port or memory access for the platform; the instruction has not executed.
  case access(DeviceAccess)
  /// Something outside has to be looked at; nothing was lost.
  case yielded
}

extension Processor {
  /// Runs until something of `ProcessorStop`, at most to `limit.instructions` more retired.
  ///
  /// The first instruction is not stopped by a breakpoint, unless `skipsFirstBreakpoint` is false.
  public func run(until limit: RunLimit, skipsFirstBreakpoint: Bool = true) -> ProcessorStop {
    run(
      until: limit, most: limit.instructions ?? ~0, skipsFirstBreakpoint: skipsFirstBreakpoint)
  }

  /// The same with `most` for the limit's instructions.
  func run(
    until limit: RunLimit, most: UInt64, skipsFirstBreakpoint: Bool = true
  ) -> ProcessorStop {
    // A delivered exception counts like an instruction: a handler that faults at once would run for ever.
    var target = retired.addingReportingOverflow(most).overflow ? ~0 : retired &+ most
    var skipsBreakpoint = skipsFirstBreakpoint
    var poll = 0
    attention = true
    tracer?.begin(r)
    while true {
      do throws(Fault) {
        while true {
          if retired >= target { return .limit }
          poll &+= 1
          if poll & 0x3f == 0, limit.interrupt.isRaised { return .interrupted }
          var count = Int.max
          if attention, try takeBoundaryEvents() { count = 1 }
          let block = try unsafe currentBlock()
          // SAFETY: currentBlock returns a slot of the block table.
          let first = unsafe Int(block.pointee.firstOp)
          count = unsafe min(count, Int(block.pointee.count))
          if retired &+ UInt64(count) > target { count = Int(target &- retired) }
          if !limit.breakpoints.isEmpty {
            let linear = currentLinear
            if !skipsBreakpoint, limit.breakpoints.contains(linear) { return .breakpoint(linear) }
            count = opsBefore(limit.breakpoints, linear, first, count)
            skipsBreakpoint = false
          }
          if unsafe rip &+ UInt64(block.pointee.byteCount) > codeEnd {
            count = try opsWithinCode(first, count)
          }
          if attention || tracer != nil || !limit.breakpoints.isEmpty {
            try execute(first, count)
          } else {
            let key = unsafe block.pointee.key
            // A block across two pages has a key of all ones.
            try executeOps(
              first, count,
              Chain(
                target: key == ~0 ? 0 : target, linearPage: currentLinear & ~0xfff,
                keyPage: key & ~0xfff, rounds: 64))
          }
        }
      } catch {
        if error == .again {
          // The breakpoint of the instruction has been passed.
          (wantsAlone, attention, skipsBreakpoint) = (true, true, true)
          takeBackDebugMatches()
          continue
        }
        if let stop = handle(error) { return stop }
        eventsDelivered &+= 1
        if most != ~0 { target &-= 1 }
        skipsBreakpoint = false
      }
    }
  }

  @inline(__always)
  private func execute(_ first: Int, _ count: Int) throws(Fault) {
    guard attention else { return try executeOneByOne(first, count) }
    let shadow = interruptShadow
    let hadTrapFlag = systemFlags & RFLAGS.tf.rawValue != 0
    let start = rip
    deliveredEvent = false
    // SDM 3B, "Instruction-Breakpoint Exception Condition": RF holds for one instruction.
    systemFlags &= ~RFLAGS.rf.rawValue
    try executeOneByOne(first, count)
    afterLoneInstruction(shadow, traps: hadTrapFlag && trapsStep(from: start, first))
  }

  /// The tracer, if there is one, is the only thing that wants to see each instruction.
  private func executeOneByOne(_ first: Int, _ count: Int) throws(Fault) {
    if let tracer { try executeTraced(first, count, tracer) } else { try executeOps(first, count) }
  }

  /// Linear address of the next instruction.
  public var currentLinear: UInt64 { (segments[1].base &+ rip) & linearMask }

  /// How many of the ops come before the first breakpoint behind the first op.
  private func opsBefore(
    _ breakpoints: Set<UInt64>, _ linear: UInt64, _ first: Int, _ count: Int
  ) -> Int {
    var address = linear
    for index in 0..<count {
      if index > 0, breakpoints.contains(address) { return index }
      // SAFETY: the caller's block has `count` ops from `first`.
      address = unsafe address &+ UInt64(blocks.ops[first + index].length)
    }
    return count
  }

  /// How many of the ops lie within the code segment. #GP(0) if not even the first.
  @inline(never)
  private func opsWithinCode(_ first: Int, _ count: Int) throws(Fault) -> Int {
    if mode == .long { return count }
    // A flat segment has no end: EIP wraps to 0.
    rip &= 0xffff_ffff
    var end = rip
    for index in 0..<count {
      // SAFETY: the caller's block has `count` ops from `first`.
      end = unsafe end &+ UInt64(blocks.ops[first + index].length)
      if end > codeEnd {
        if index == 0 { throw generalProtection() }
        return index
      }
    }
    return count
  }

  /// Delivers or performs what an instruction ran into; a stop if the caller has to know.
  func handle(_ fault: Fault) -> ProcessorStop? {
    attention = true
    takeBackDebugMatches()
    var fault = fault
    if fault == .exception {
      do throws(Fault) {
        defer { endedNMIBlocking = false }
        try handlePendingException()
        delivering = nil
        instructionLength = 0
        return nil
      } catch {
        fault = error
      }
    }
    switch fault {
    case .exit:
      performVMExit()
      delivering = nil
      return monitorIsExternal ? .vmExit : nil
    case .halted: return .halted
    case .access: return .access(pendingAccess)
    case .watched: return .breakpoint(currentLinear)
    case .yield, .again: return .yielded
    case .shutdown, .exception:
      activity = .shutdown
      delivering = nil
      return .shutdown
    }
  }
}

import X86

/// The guest as a monitor outside the machine runs it: a VM entry, and on to the next VM exit or stop.
extension Processor {
  /// Enters the guest of the current VMCS, unless it is entered already, and runs it for at most
  /// `most` instructions, and to a breakpoint or the interrupt of `limit`. The processor is in root
  /// operation afterwards; a failed entry is a VM exit.
  @inline(never)
  public func runGuest(until limit: RunLimit, most: UInt64) throws(VMEntryRefused) -> ProcessorStop
  {
    if !vmx.isNonRoot, !resumeSuspendedGuest(), try enterGuest() == false { return .vmExit }
    let stop = run(until: limit, most: most)
    if vmx.isNonRoot { suspendForPrompt() }
    return stop
  }

  /// False if the entry failed as a VM exit does.
  @inline(__always)
  private func enterGuest() throws(VMEntryRefused) -> Bool {
    if vmx.isAborted { throw VMEntryRefused(result: .aborted) }
    let result: VMEntryOutcome
    do throws(Fault) {
      let isLaunched = currentVMCS?.launchState == .launched
      switch try enter(launch: !isLaunched) {
      case .entered: return true
      case .entryFailure: return false
      case .failInvalid: result = .failInvalid
      case .failValid(let error): result = .failValid(error)
      }
    } catch {
      let end = promptResult(of: error)
      if end == .entered { return true }
      throw VMEntryRefused(result: end)
    }
    throw VMEntryRefused(result: finish(result))
  }

  /// Moves the guest's RIP past the instruction of `length` bytes that exited.
  public func skipGuestInstruction(_ length: UInt32) {
    guard let vmcs = currentVMCS else { return }
    let guest = vmcs[.guestRIP] &+ UInt64(length)
    let next = guestIsLong(vmcs) ? guest : guest & 0xffff_ffff
    vmcs[.guestRIP] = next
    // The instruction counts as executed, so that blocking by STI and MOV SS ends.
    vmcs[.guestInterruptibilityState] = vmcs[.guestInterruptibilityState] & ~3
    if vmcs[.guestRFLAGS] & RFLAGS.tf.rawValue != 0 {
      // It would have left a single-step trap.
      vmcs[.guestPendingDebugExceptions] = DebugStatus.singleStep
      noteWrite(.guestPendingDebugExceptions)
    }
    // Elsewhere no rule of VM entry can break by this, and the checks would cost more than the exit.
    if !isCanonical(next) { noteWrite(.guestRIP) }
    retired &+= 1
  }

  /// The guest-state RIP of the current VMCS; nil if there is none.
  public var guestRIPField: UInt64? {
    VMCS(reading: memory, address: vmx.currentVMCS)?[.guestRIP]
  }

  /// What a limit counts: instructions retired and exceptions delivered.
  public var unitsOfTime: UInt64 { retired &+ eventsDelivered }
}

extension ProcessorStop {
  /// The same in the terms of every backend.
  public func exit(_ processor: Processor) -> Exit {
    switch self {
    case .limit: .limit
    case .breakpoint(let address): .breakpoint(address: address)
    case .interrupted: .interrupted
    case .vmExit: .vmExit(processor.lastVMExit)
    case .halted: .halted
    case .shutdown: .shutdown
    case .access(let access): .access(access)
    // Only a scheduler asks for it.
    case .yielded: .limit
    }
  }
}

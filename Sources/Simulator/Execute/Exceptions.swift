import X86

/// What happens after an instruction has raised an exception: interception, delivery, double and
/// triple faults (SDM 3A, "Interrupt 8: Double Fault Exception").
extension Processor {
  /// Delivers `pendingException`, and whatever its delivery raises, until one arrives.
  /// Throws `.exit` if a VM exit takes its place.
  func handlePendingException() throws(Fault) {
    var first = delivering
    while true {
      var pending = pendingException
      if let earlier = first, earlier.type == 3, isContributory(after: earlier, pending) {
        // The address of a page fault stands in CR2 even if a double fault comes of it.
        if pending.vector == 14 { cr2 = pending.payload }
        if earlier.vector == 8 { throw tripleFault() }
        pending = PendingException(vector: 8, errorCode: 0, hasErrorCode: true)
        pendingException = pending
      }
      try interceptException(realModeForm(pending))
      prepare(pending)
      let event = EventInDelivery(
        type: 3, vector: pending.vector,
        errorCode: pending.hasErrorCode && mode != .real ? pending.errorCode : nil,
        isGeneralDetect: pending.vector == 1 && pending.payload & DebugStatus.generalDetect != 0)
      do throws(Fault) {
        try deliver(event)
        return
      } catch {
        guard error == .exception else { throw error }
        takeBackDebugMatches()
        first = event
      }
    }
  }

  /// State that an exception changes before its delivery: CR2 of #PF, DR6 and DR7.GD of #DB.
  private func prepare(_ pending: PendingException) {
    if pending.vector == 14 { cr2 = pending.payload }
    if pending.vector == 1 {
      // DR6 bits 3:0 are replaced, the others accumulate; RTM (bit 16) reads 1 outside transactions.
      dr6 = (dr6 & ~0xf) | pending.payload | DebugStatus.fixed
    }
  }

  /// Real mode has no error codes, in exits as on stacks.
  private func realModeForm(_ pending: PendingException) -> PendingException {
    var result = pending
    if mode == .real { result.hasErrorCode = false }
    return result
  }

  /// The table of double faults: benign, contributory, page fault.
  private func isContributory(after earlier: EventInDelivery, _ now: PendingException) -> Bool {
    if earlier.vector == 8 { return isContributory(now.vector) || now.vector == 14 }
    if earlier.vector == 14 { return isContributory(now.vector) || now.vector == 14 }
    return isContributory(earlier.vector) && isContributory(now.vector)
  }

  /// #DE, #TS, #NP, #SS, #GP (and #CP).
  private func isContributory(_ vector: UInt8) -> Bool {
    vector == 0 || (10...13).contains(vector) || vector == 21
  }

  private func tripleFault() -> Fault {
    vmx.isNonRoot ? tripleFaultExit() : .shutdown
  }
}

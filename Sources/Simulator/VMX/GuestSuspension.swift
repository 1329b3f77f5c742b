import X86

/// What a monitor does from outside without a VM exit of its own: stopping a guest for the prompt,
/// and emulating one of its instructions.
extension Processor {
  /// Leaves non-root operation between two instructions: the guest state is saved and the host
  /// state loaded as by a VM exit, but the exit-information fields keep their values. A host does
  /// this with an interrupt that it sends to the processor; here nothing is sent.
  ///
  /// An event that was injected by an entry is not injected again by the next, but one that waits
  /// while an instruction is emulated stays.
  func suspendGuest(wasEntered: Bool = true) {
    guard vmx.isNonRoot, let vmcs = currentVMCS else { return }
    if wasEntered {
      vmcs[.entryInterruptionInformation] = vmcs[.entryInterruptionInformation] & 0x7fff_ffff
      vmx.resumesWithMTF = vmx.pendingMTF
    }
    saveGuestState(vmcs, .monitorTrapFlag, systemFlags & RFLAGS.rf.rawValue != 0)
    leaveNonRoot(isNMI: false)
    loadHostState(vmcs)
    attention = true
  }

  /// Executes the guest instruction at RIP with `bus` answering for ports and for memory that is
  /// not RAM, without a VM entry: the instruction emulator of the monitor. Returns the exit that
  /// the instruction causes otherwise, e.g. by an intercepted exception.
  func emulateGuestInstruction(on bus: any DeviceBus) -> ProcessorStop? {
    guard monitorIsExternal else { return emulate(on: bus) }
    guard !vmx.isNonRoot, let vmcs = currentVMCS else { return nil }
    loadControls(vmcs)
    loadGuestState(vmcs)
    vmx.isNonRoot = true
    updateMode()
    let stop = emulate(on: bus)
    suspendGuest(wasEntered: false)
    return stop
  }

  private func emulate(on bus: any DeviceBus) -> ProcessorStop? {
    emulationBus = bus
    defer { emulationBus = nil }
    // A repeated string instruction is put back, and exits again, until it is done.
    isPutBack = false
    let hadTrapFlag = systemFlags & RFLAGS.tf.rawValue != 0
    deliveredEvent = false
    systemFlags &= ~RFLAGS.rf.rawValue
    do throws(Fault) {
      let block = try unsafe currentBlock()
      // SAFETY: currentBlock returns a slot of the block table.
      try executeOps(unsafe Int(block.pointee.firstOp), 1)
    } catch {
      return handle(error)
    }
    interruptShadow = .none
    // A repetition that a monitor emulates is a VM exit of its own.
    if monitorIsExternal { systemFlags &= ~RFLAGS.rf.rawValue }
    if hadTrapFlag, !deliveredEvent { pendingDebug |= DebugStatus.singleStep }
    attention = true
    return nil
  }
}

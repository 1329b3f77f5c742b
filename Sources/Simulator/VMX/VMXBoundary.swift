import X86

// SDM 3C, "Other Causes of VM Exits", "Monitor Trap Flag" and "Event Priorities".
extension Processor {
  /// Whether `vmxBoundaryEvent` could do anything at this instruction boundary: cheap enough to ask
  /// at each of them. Always false outside non-root operation.
  @inline(__always)
  var hasVMXBoundaryWork: Bool {
    vmx.isNonRoot
      && (vmx.primaryControls & Processor.boundaryControls != 0 || vmx.pendingMTF
        || vmx.deferredFault != nil || hasInterruptRequest || nmiRequest)
  }

  private static var boundaryControls: UInt64 {
    PrimaryControls.interruptWindowExiting | PrimaryControls.nmiWindowExiting
      | PrimaryControls.monitorTrapFlag
  }

  /// To be called after each completed instruction, or delivered event, of a guest with the monitor
  /// trap flag: an MTF VM exit is then pending.
  func noteMonitorTrap() {
    if vmx.primaryControls & PrimaryControls.monitorTrapFlag != 0 { vmx.pendingMTF = true }
  }

  /// What comes before debug traps at a boundary of non-root operation: the fault of an injected
  /// event's delivery, and the MTF VM exit.
  func vmxBoundaryEventBeforeTraps() throws(Fault) {
    if let fault = vmx.deferredFault {
      vmx.deferredFault = nil
      throw fault
    }
    if vmx.pendingMTF {
      vmx.pendingMTF = false
      throw boundaryExit(.monitorTrapFlag)
    }
  }

  /// Throws the VM exit that is due at this boundary of non-root operation, highest priority first.
  /// When it returns, pending NMIs and interrupts that may be taken go through the guest's IDT.
  func vmxBoundaryEvent() throws(Fault) {
    guard vmx.isNonRoot else { return }
    try vmxBoundaryEventBeforeTraps()
    // Neither a processor in shutdown nor one waiting for a SIPI sees interrupts.
    guard activity != .waitForSIPI else { return }
    try nmiEvents()
    guard activity != .shutdown else { return }
    try interruptEvents()
  }

  private func nmiEvents() throws(Fault) {
    let hasVirtualNMIs = vmx.pinBasedControls & PinBasedControls.virtualNMIs != 0
    // With virtual NMIs `nmiBlocked` is the virtual blocking, and the window is about that.
    if vmx.primaryControls & PrimaryControls.nmiWindowExiting != 0, hasVirtualNMIs, !nmiBlocked,
      interruptShadow != .movSS, interruptShadow != .sti
    {
      throw boundaryExit(.nmiWindow)
    }
    guard nmiRequest, vmx.pinBasedControls & PinBasedControls.nmiExiting != 0,
      hasVirtualNMIs || !nmiBlocked, interruptShadow != .movSS
    else { return }
    nmiRequest = false
    let fault = boundaryExit(.exceptionOrNMI)
    pendingExit.interruptionInformation = 1 << 31 | 2 << 8 | 2
    throw fault
  }

  private func interruptEvents() throws(Fault) {
    let isOpen = systemFlags & RFLAGS.if.rawValue != 0 && interruptShadow == .none
    if isOpen, vmx.primaryControls & PrimaryControls.interruptWindowExiting != 0 {
      throw boundaryExit(.interruptWindow)
    }
    guard hasInterruptRequest,
      vmx.pinBasedControls & PinBasedControls.externalInterruptExiting != 0
    else { return }
    // SDM 3C, "Other Causes of VM Exits": RFLAGS.IF doesn't matter, but the shadow of STI or MOV SS
    // does.
    guard interruptShadow == .none else { return }
    let fault = boundaryExit(.externalInterrupt)
    if let vmcs = currentVMCS,
      vmcs[.primaryExitControls] & ExitControls.acknowledgeInterruptOnExit != 0,
      let vector = acknowledgeInterrupt()
    {
      pendingExit.interruptionInformation = 1 << 31 | UInt32(vector)
    }
    throw fault
  }

  private func boundaryExit(_ reason: ExitReason) -> Fault {
    let fault = vmExit(reason.rawValue)
    pendingExit.instructionLength = 0
    return fault
  }

  /// SDM 3C, "Changes to Instruction Behavior in VMX Non-Root Operation": IRET ends blocking by NMI
  /// (or by virtual NMI), but not with NMI exiting alone.
  func endNMIBlockingByIRET() {
    let nmiControls = PinBasedControls.nmiExiting | PinBasedControls.virtualNMIs
    if vmx.pinBasedControls & nmiControls == PinBasedControls.nmiExiting { return }
    nmiBlocked = false
  }
}

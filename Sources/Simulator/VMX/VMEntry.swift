import X86

// SDM 3C, "VM Entries".
extension Processor {
  /// VMLAUNCH or VMRESUME. The fault of an instruction that may not execute here is thrown; so is,
  /// once the guest is entered, what the delivery of an injected event runs into: it belongs to the
  /// guest.
  func vmEntry(launch: Bool) throws(Fault) -> VMEntryOutcome {
    switch try enter(launch: launch) {
    case .entered: .entered
    case .failInvalid: .failInvalid
    case .failValid(let error): .failValid(error)
    case .entryFailure: .entryFailure(lastVMExit)
    }
  }

  /// The same; the exit of a failed entry is `pendingExit`.
  func enter(launch: Bool) throws(Fault) -> EntryResult {
    try vmxPreconditions(launch ? .vmlaunch : .vmresume)
    guard let vmcs = currentVMCS, !vmcs.isShadow else { return .failInvalid }
    if interruptShadow == .movSS { return .failValid(26) }
    let isLaunched = vmcs.launchState == .launched
    if launch && isLaunched { return .failValid(4) }
    if !launch && !isLaunched { return .failValid(5) }
    let keepsSegments = vmx.loadedGuest == vmcs.address
    if vmcs[.vmcsLinkPointer] != ~0 || vmx.unchecked != 0, let refusal = checkEntry(vmcs) {
      return refusal
    }

    let savedNMIBlocking = nmiBlocked
    loadControls(vmcs)
    loadGuestState(vmcs, keepsSegments: keepsSegments)
    if let failing = loadMSRs(
      vmcs[.entryMSRLoadAddress], count: vmcs[.entryMSRLoadCount], into: .guest)
    {
      nmiBlocked = savedNMIBlocking
      return entryFailure(vmcs, .entryFailureMSRLoading, qualification: failing)
    }
    if launch { vmcs.launchState = .launched }
    vmx.isNonRoot = true
    flushWithoutVPID()
    updateModeAlone()
    if !keepsSegments || mode != vmx.loadedMode { refreshAllBounds() }
    selectTranslationContext()
    vmx.pendingMTF = vmx.resumesWithMTF
    vmx.resumesWithMTF = false
    attention = true
    try injectEvent(vmcs)
    return .entered
  }

  /// The checks on controls, host state and guest state that are due; nil if all pass.
  private func checkEntry(_ vmcs: VMCS) -> EntryResult? {
    // The link pointer leads to memory that can change without a VMWRITE.
    if vmcs[.vmcsLinkPointer] != ~0 { vmx.unchecked |= VMEntryCheckGroup.guestNonRegister.mask }
    guard vmx.unchecked != 0 else { return nil }
    return slowCheckEntry(vmcs)
  }

  @inline(never)
  private func slowCheckEntry(_ vmcs: VMCS) -> EntryResult? {
    guard let finding = checkContext(vmcs).firstFinding(vmx.unchecked) else {
      vmx.unchecked = 0
      return nil
    }
    switch finding.failure {
    case .failInvalid: return .failInvalid
    case .failValid(let error): return .failValid(error)
    case .exit:
      return entryFailure(vmcs, .entryFailureGuestState, qualification: finding.qualification)
    }
  }

  /// A failure after the checks of controls and host state: reason and qualification are stored and
  /// the host state is loaded, nothing of the guest is saved.
  @inline(never)
  private func entryFailure(
    _ vmcs: VMCS, _ reason: ExitReason, qualification: UInt64
  ) -> EntryResult {
    var exit = ExitInformation(reason: reason.rawValue)
    exit.isEntryFailure = true
    exit.qualification = qualification
    vmcs[.exitReason] = UInt64(reason.rawValue) | 1 << 31
    vmcs[.exitQualification] = qualification
    pendingExit = exit
    vmx.unchecked = VMEntryCheckGroups.all
    loadHostState(vmcs)
    return .entryFailure
  }

  // MARK: Loading

  func loadControls(_ vmcs: VMCS) {
    vmx.pinBasedControls = vmcs[.pinBasedControls]
    vmx.primaryControls = vmcs[.primaryProcessorBasedControls]
    vmx.secondaryControls =
      vmx.primaryControls & PrimaryControls.activateSecondaryControls != 0
      ? vmcs[.secondaryProcessorBasedControls] : 0
    vmx.exceptionBitmap = vmcs.low(.exceptionBitmap)
    vmx.pageFaultMask = vmcs.low(.pageFaultErrorCodeMask)
    vmx.pageFaultMatch = vmcs.low(.pageFaultErrorCodeMatch)
    vmx.cr0Mask = vmcs[.cr0GuestHostMask]
    vmx.cr0Shadow = vmcs[.cr0ReadShadow]
    vmx.cr4Mask = vmcs[.cr4GuestHostMask]
    vmx.cr4Shadow = vmcs[.cr4ReadShadow]
    vmx.ioBitmapA = vmcs[.ioBitmapA]
    vmx.ioBitmapB = vmcs[.ioBitmapB]
    vmx.msrBitmaps = vmcs[.msrBitmaps]
    vmx.eptPointer =
      vmx.secondaryControls & SecondaryControls.enableEPT != 0 ? vmcs[.eptPointer] : 0
    vmx.vpid =
      vmx.secondaryControls & SecondaryControls.enableVPID != 0
      ? UInt16(truncatingIfNeeded: vmcs[.virtualProcessorIdentifier]) : 0
    vmx.tscOffset =
      vmx.primaryControls & PrimaryControls.useTSCOffsetting != 0 ? vmcs[.tscOffset] : 0
  }

  /// SDM 3C, "Loading Guest State".
  func loadGuestState(_ vmcs: VMCS, keepsSegments: Bool = false) {
    let entry = vmcs[.entryControls]
    loadGuestControlRegisters(vmcs, entry)
    if !keepsSegments { loadGuestSegments(vmcs) }
    self[.rsp] = vmcs[.guestRSP]
    rip = vmcs[.guestRIP]
    rflags = vmcs[.guestRFLAGS]
    loadGuestNonRegisterState(vmcs)
    loadGuestPDPTEs(vmcs, entry)
  }

  private func loadGuestControlRegisters(_ vmcs: VMCS, _ entry: UInt64) {
    loadCR0(vmcs[.guestCR0])
    cr3 = vmcs[.guestCR3]
    cr4 = vmcs[.guestCR4]
    if entry & EntryControls.loadDebugControls != 0 {
      // SDM 3C, "Loading Guest Control Registers, Debug Registers, and MSRs": bits 12, 15 and 14
      // of DR7 become 0, bit 10 becomes 1.
      dr7 = (vmcs[.guestDR7] & ~0xd000) | 0x400
      msrs.debugControl = vmcs[.guestDebugctl]
    }
    msrs.sysenterCS = vmcs[.guestSysenterCS]
    msrs.sysenterESP = vmcs[.guestSysenterESP]
    msrs.sysenterEIP = vmcs[.guestSysenterEIP]
    if entry & EntryControls.loadPAT != 0 { msrs.pat = vmcs[.guestPAT] }
    if entry & EntryControls.loadEFER != 0 {
      efer = vmcs[.guestEFER]
    } else {
      let isIA32e = entry & EntryControls.ia32eModeGuest != 0
      efer = isIA32e ? efer | EFER.lma : efer & ~EFER.lma
      if cr0 & CR0.pg != 0 { efer = isIA32e ? efer | EFER.lme : efer & ~EFER.lme }
    }
  }

  /// VM entries and VM exits leave ET, CD, NW and the reserved bits of CR0 as they are.
  func loadCR0(_ value: UInt64) {
    let kept: UInt64 = CR0.et | CR0.cd | CR0.nw | 0x1ffa_ffc0
    cr0 = (value & ~kept & 0xffff_ffff) | (cr0 & kept)
  }

  private func loadGuestSegments(_ vmcs: VMCS) {
    for number: UInt8 in 0..<6 { segments[number].segment = vmcs.guestSegment(UInt64(number)) }
    ldtr = vmcs.guestSegment(6)
    tr = vmcs.guestSegment(7)
    vmx.loadedGuest = VMXState.noVMCS
    gdtr.base = vmcs[.guestGDTRBase]
    gdtr.limit = UInt16(truncatingIfNeeded: vmcs[.guestGDTRLimit])
    idtr.base = vmcs[.guestIDTRBase]
    idtr.limit = UInt16(truncatingIfNeeded: vmcs[.guestIDTRLimit])
  }

  private func loadGuestNonRegisterState(_ vmcs: VMCS) {
    activity = ActivityState(rawValue: vmcs.low(.guestActivityState)) ?? .active
    let interruptibility = vmcs[.guestInterruptibilityState]
    interruptShadow =
      interruptibility & 1 != 0 ? .sti : interruptibility & 2 != 0 ? .movSS : .none
    // With virtual NMIs this is virtual-NMI blocking; NMIs themselves are not blocked.
    nmiBlocked = interruptibility & 8 != 0
    pendingDebug = vmcs[.guestPendingDebugExceptions]
    delivering = nil
  }

  private func loadGuestPDPTEs(_ vmcs: VMCS, _ entry: UInt64) {
    guard cr0 & CR0.pg != 0, cr4 & CR4.pae != 0, efer & EFER.lma == 0 else { return }
    if vmx.eptPointer != 0 {
      pdptes = (
        vmcs[.guestPDPTE0], vmcs[.guestPDPTE1], vmcs[.guestPDPTE2], vmcs[.guestPDPTE3]
      )
    } else {
      let table = cr3 & 0xffff_ffe0
      pdptes = (
        memory.load(table, as: UInt64.self), memory.load(table &+ 8, as: UInt64.self),
        memory.load(table &+ 16, as: UInt64.self), memory.load(table &+ 24, as: UInt64.self)
      )
    }
  }

  /// SDM 3C, "VMX Transitions and the TLBs": without VPID every transition drops the linear and
  /// combined mappings of VPID 0.
  func flushWithoutVPID() {
    if vmx.secondaryControls & SecondaryControls.enableVPID == 0 {
      tlb.flush(vpid: 0, keepsGlobals: false)
    }
  }

  // MARK: Event injection

  /// SDM 3C, "Event Injection": the event goes through the guest's IDT whatever the controls say.
  private func injectEvent(_ vmcs: VMCS) throws(Fault) {
    let information = vmcs.low(.entryInterruptionInformation)
    guard information >> 31 != 0 else { return }
    let type = UInt8((information >> 8) & 7)
    guard type != 7 else {
      vmx.pendingMTF = true
      return
    }
    // A vectored event makes the processor active and ends blocking by STI and MOV SS.
    activity = .active
    interruptShadow = .none
    // Injecting an NMI blocks NMIs, or virtual NMIs.
    if type == 2 { nmiBlocked = true }
    // With the monitor trap flag an exit is pending after the delivery.
    if vmx.primaryControls & PrimaryControls.monitorTrapFlag != 0 { vmx.pendingMTF = true }
    let hasErrorCode = information & 1 << 11 != 0
    let event = EventInDelivery(
      type: type, vector: UInt8(information & 0xff),
      errorCode: hasErrorCode ? vmcs.low(.entryExceptionErrorCode) : nil,
      instructionLength: type >= 4 ? vmcs.low(.entryInstructionLength) : 0)
    try deliverAtEntry(event)
  }

  /// What a software event returns to is behind the instruction that would have caused it; what it
  /// runs into is reported at the instruction.
  private func deliverAtEntry(_ event: EventInDelivery) throws(Fault) {
    let start = rip
    rip = (start &+ UInt64(event.instructionLength)) & linearMask
    do throws(Fault) {
      try deliver(event)
    } catch {
      rip = start
      throw error
    }
  }
}

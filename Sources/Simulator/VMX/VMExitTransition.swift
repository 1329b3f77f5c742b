import X86

// SDM 3C, "VM Exits".
extension Processor {
  /// Carries out `pendingExit`: records why, completing it to what the exit-information fields have,
  /// saves the guest state, loads the host state.
  func performVMExit() {
    guard vmx.isNonRoot, let vmcs = currentVMCS else { return }
    let reason = ExitReason(rawValue: pendingExit.reason)
    // SDM 3C, "Saving RIP, RSP, RFLAGS, and SSP" needs to know it before it is recorded and gone.
    let savedRF = savedResumeFlag(reason)
    recordExit(vmcs, reason)
    saveGuestState(vmcs, reason, savedRF)
    if storeMSRs(vmcs[.exitMSRStoreAddress], count: vmcs[.exitMSRStoreCount]) != nil {
      return abortVMX(1)
    }
    // SDM 3C, "VMX Aborts": a 32-bit host can't be returned to from IA-32e mode.
    if efer & EFER.lma != 0, vmcs[.primaryExitControls] & ExitControls.hostAddressSpaceSize == 0 {
      return abortVMX(6)
    }
    let isNMI =
      reason == .exceptionOrNMI && (pendingExit.interruptionInformation >> 8) & 7 == 2
    leaveNonRoot(isNMI: isNMI)
    loadHostState(vmcs)
  }

  func leaveNonRoot(isNMI: Bool) {
    // Virtual-NMI blocking ends with the guest; blocking by NMI itself stays as it is.
    if vmx.pinBasedControls & PinBasedControls.virtualNMIs != 0 { nmiBlocked = false }
    if isNMI { nmiBlocked = true }
  }

  // MARK: Recording

  /// SDM 3C, "Recording VM-Exit Information and Updating VM-Entry Control Fields".
  private func recordExit(_ vmcs: VMCS, _ reason: ExitReason) {
    complete(reason)
    let exit = pendingExit
    vmcs[.exitReason] = UInt64(exit.reason)
    vmcs[.exitQualification] = exit.qualification
    vmcs[.exitInstructionLength] = UInt64(exit.instructionLength)
    vmcs[.exitInstructionInformation] = UInt64(exit.instructionInformation)
    vmcs[.exitInterruptionInformation] = UInt64(exit.interruptionInformation)
    vmcs[.exitInterruptionErrorCode] = UInt64(exit.interruptionErrorCode)
    vmcs[.idtVectoringInformation] = UInt64(exit.idtVectoringInformation)
    vmcs[.idtVectoringErrorCode] = UInt64(exit.idtVectoringErrorCode)
    vmcs[.guestLinearAddress] = exit.guestLinear ?? 0
    vmcs[.guestPhysicalAddress] = exit.guestPhysical ?? 0
    vmcs[.entryInterruptionInformation] = vmcs[.entryInterruptionInformation] & 0x7fff_ffff
  }

  /// Brings `pendingExit` into the form of the exit-information fields.
  @inline(__always)
  private func complete(_ reason: ExitReason) {
    // SDM 3C, "Information for VM Exits During Event Delivery": not for a triple fault.
    let event = reason == .tripleFault ? nil : delivering
    if let event {
      pendingExit.idtVectoringInformation = event.information
      pendingExit.idtVectoringErrorCode = event.errorCode ?? 0
    }
    if !hasInstructionLength(reason) {
      let isSoftwareEvent = event?.isSoftware ?? false
      pendingExit.instructionLength = isSoftwareEvent ? event?.instructionLength ?? 0 : 0
    }
    if !reason.isIn(reasonsWithInformation) {
      pendingExit.instructionInformation = 0
    }
    delivering = nil
  }

  /// SDM 3C, "Information for VM Exits Due to Instruction Execution": an exception has a length
  /// only if an instruction asked for it (INT1, INT3, INTO).
  private func hasInstructionLength(_ reason: ExitReason) -> Bool {
    if reason == .exceptionOrNMI {
      let information = pendingExit.interruptionInformation
      return information >> 31 != 0 && (information >> 8) & 7 >= 5
    }
    return reason.isIn(reasonsWithLength)
  }

  // MARK: Saving

  /// SDM 3C, "Saving Guest State".
  func saveGuestState(_ vmcs: VMCS, _ reason: ExitReason, _ savedRF: Bool) {
    let exit = vmcs[.primaryExitControls]
    saveGuestControlRegisters(vmcs, exit)
    saveGuestSegments(vmcs)
    vmcs[.guestRSP] = self[.rsp]
    vmcs[.guestRIP] = rip
    let flags = rflags
    vmcs[.guestRFLAGS] = savedRF ? flags | RFLAGS.rf.rawValue : flags & ~RFLAGS.rf.rawValue
    saveGuestNonRegisterState(vmcs, reason)
    if vmx.eptPointer != 0, pagingMode == .pae {
      vmcs[.guestPDPTE0] = pdptes.0
      vmcs[.guestPDPTE1] = pdptes.1
      vmcs[.guestPDPTE2] = pdptes.2
      vmcs[.guestPDPTE3] = pdptes.3
    }
  }

  private func saveGuestControlRegisters(_ vmcs: VMCS, _ exit: UInt64) {
    let entry = vmcs[.entryControls]
    let isIA32e = efer & EFER.lma != 0
    // What a VM exit saves passes the checks of the next VM entry, unless paging or the mode
    // changed and IA32_EFER is loaded but not saved.
    let wasIA32e = entry & EntryControls.ia32eModeGuest != 0
    if isIA32e != wasIA32e || (vmcs[.guestCR0] ^ cr0) & CR0.pg != 0 {
      vmx.unchecked |= VMEntryCheckGroups.all
    }
    vmcs[.entryControls] =
      isIA32e ? entry | EntryControls.ia32eModeGuest : entry & ~EntryControls.ia32eModeGuest
    vmcs[.guestCR0] = cr0
    vmcs[.guestCR3] = cr3
    vmcs[.guestCR4] = cr4
    if exit & ExitControls.saveDebugControls != 0 {
      vmcs[.guestDR7] = dr7
      vmcs[.guestDebugctl] = msrs.debugControl
    }
    vmcs[.guestSysenterCS] = msrs.sysenterCS
    vmcs[.guestSysenterESP] = msrs.sysenterESP
    vmcs[.guestSysenterEIP] = msrs.sysenterEIP
    if exit & ExitControls.savePAT != 0 { vmcs[.guestPAT] = msrs.pat }
    if exit & ExitControls.saveEFER != 0 { vmcs[.guestEFER] = efer }
  }

  private func saveGuestSegments(_ vmcs: VMCS) {
    for number: UInt8 in 0..<6 {
      vmcs.setGuestSegment(UInt64(number), segments[number].segment)
    }
    vmcs.setGuestSegment(6, ldtr)
    vmcs.setGuestSegment(7, tr)
    vmcs[.guestGDTRBase] = gdtr.base
    vmcs[.guestGDTRLimit] = UInt64(gdtr.limit)
    vmcs[.guestIDTRBase] = idtr.base
    vmcs[.guestIDTRLimit] = UInt64(idtr.limit)
  }

  /// SDM 3C, "Saving Non-Register State".
  private func saveGuestNonRegisterState(_ vmcs: VMCS, _ reason: ExitReason) {
    vmcs[.guestActivityState] = UInt64(activity.rawValue)
    let shadow: UInt64 = interruptShadow == .sti ? 1 : interruptShadow == .movSS ? 2 : 0
    vmcs[.guestInterruptibilityState] = shadow | (nmiBlocked ? 8 : 0)
    vmcs[.guestPendingDebugExceptions] = savesPendingDebug(reason) ? pendingDebug & 0x500f : 0
    // Single-stepping into such a state is what software has to mend before it resumes.
    if shadow != 0 || activity != .active {
      vmx.unchecked |= VMEntryCheckGroup.guestNonRegister.mask
    }
  }

  private func savesPendingDebug(_ reason: ExitReason) -> Bool {
    switch reason {
    case .initSignal, .otherSMI, .ioSMI, .tprBelowThreshold, .virtualizedEOI, .apicWrite,
      .monitorTrapFlag:
      return true
    case .exceptionOrNMI:
      let vector = pendingExit.interruptionInformation & 0xff
      return vector == 18 || (interruptShadow == .movSS && vector != 1)
    default:
      return interruptShadow == .movSS
    }
  }

  /// SDM 3C, "Saving RIP, RSP, RFLAGS, and SSP": the resume flag.
  private func savedResumeFlag(_ reason: ExitReason) -> Bool {
    let current = systemFlags & RFLAGS.rf.rawValue != 0
    switch reason {
    case .exceptionOrNMI:
      let type = (pendingExit.interruptionInformation >> 8) & 7
      let vector = UInt8(truncatingIfNeeded: pendingExit.interruptionInformation)
      return type == 3 && Processor.setsResumeFlag(vector) ? true : current
    case .eptViolation, .eptMisconfiguration, .apicAccess:
      guard let event = delivering else { return true }
      return event.type == 3 && Processor.setsResumeFlag(event.vector) ? true : current
    default:
      // An instruction that exits leaves 0; for events between instructions the flag is kept.
      return reason.isIn(reasonsWithLength) ? false : current
    }
  }

  /// SDM 3A, "Masking Instruction Breakpoints": faults push RF = 1; traps, aborts and #DB don't.
  private static func setsResumeFlag(_ vector: UInt8) -> Bool {
    // #DE, #BR, #UD, #NM, #TS, #NP, #SS, #GP, #PF, #MF, #AC, #XM, #VE, #CP
    vector < 32 && (0x003b_7ce1 >> UInt32(vector)) & 1 != 0
  }

  // MARK: Loading

  /// SDM 3C, "Loading Host State", also for a failed VM entry; leaves non-root operation.
  func loadHostState(_ vmcs: VMCS) {
    let exit = vmcs[.primaryExitControls]
    let is64Bit = exit & ExitControls.hostAddressSpaceSize != 0
    loadHostControlRegisters(vmcs, exit, is64Bit)
    // A monitor that is no machine code executes nothing with host segments: the guest's stay where
    // they are for the next VM entry.
    if monitorIsExternal {
      vmx.loadedGuest = vmx.isNonRoot ? vmx.currentVMCS : VMXState.noVMCS
      vmx.loadedMode = mode
      vmx.hostIs64Bit = is64Bit
    } else {
      loadHostSegments(vmcs, is64Bit)
    }
    self[.rsp] = vmcs[.hostRSP]
    rip = vmcs[.hostRIP]
    // RFLAGS is 2: nothing is set but bit 1.
    systemFlags = RFLAGS.alwaysOne.rawValue
    (flagResult, flagCarries) = (1, 0)
    activity = .active
    interruptShadow = .none
    pendingDebug = 0
    delivering = nil

    flushWithoutVPID()
    vmx.isNonRoot = false
    vmx.clearControls()
    if monitorIsExternal { becomeHostMode(is64Bit) } else { updateMode() }
    guard loadHostPDPTEs() else { return abortVMX(2) }
    if loadMSRs(vmcs[.exitMSRLoadAddress], count: vmcs[.exitMSRLoadCount], into: .host) != nil {
      abortVMX(4)
    }
  }

  @inline(__always)
  private func loadHostControlRegisters(_ vmcs: VMCS, _ exit: UInt64, _ is64Bit: Bool) {
    loadCR0(vmcs[.hostCR0])
    cr3 = vmcs[.hostCR3]
    let value = vmcs[.hostCR4]
    cr4 = is64Bit ? value | CR4.pae : value & ~CR4.pcide
    dr7 = 0x400
    msrs.debugControl = 0
    msrs.sysenterCS = vmcs[.hostSysenterCS]
    msrs.sysenterESP = vmcs[.hostSysenterESP]
    msrs.sysenterEIP = vmcs[.hostSysenterEIP]
    if exit & ExitControls.loadPAT != 0 { msrs.pat = vmcs[.hostPAT] }
    if exit & ExitControls.loadEFER != 0 { efer = vmcs[.hostEFER] }
    let both = EFER.lma | EFER.lme
    efer = is64Bit ? efer | both : efer & ~both
  }

  /// SDM 3C, "Loading Host Segment and Descriptor-Table Registers".
  private func loadHostSegments(_ vmcs: VMCS, _ is64Bit: Bool) {
    segments[SegmentRegister.cs.rawValue].segment = Segment(
      selector: UInt16(truncatingIfNeeded: vmcs[.hostCSSelector]), base: 0, limit: ~0,
      access: is64Bit ? 0xa09b : 0xc09b)
    loadHost(.ss, vmcs[.hostSSSelector], base: 0)
    loadHost(.ds, vmcs[.hostDSSelector], base: 0)
    loadHost(.es, vmcs[.hostESSelector], base: 0)
    loadHost(.fs, vmcs[.hostFSSelector], base: vmcs[.hostFSBase])
    loadHost(.gs, vmcs[.hostGSSelector], base: vmcs[.hostGSBase])
    tr = Segment(
      selector: UInt16(truncatingIfNeeded: vmcs[.hostTRSelector]), base: vmcs[.hostTRBase],
      limit: 0x67, access: 0x8b)
    ldtr = .unusable()
    gdtr = DescriptorTableRegister(base: vmcs[.hostGDTRBase], limit: 0xffff)
    idtr = DescriptorTableRegister(base: vmcs[.hostIDTRBase], limit: 0xffff)
  }

  /// A data segment; unusable with selector 0, its base loaded even then.
  @inline(__always)
  private func loadHost(_ register: SegmentRegister, _ selector: UInt64, base: UInt64) {
    segments[register.rawValue].segment = Segment(
      selector: UInt16(truncatingIfNeeded: selector), base: base, limit: ~0,
      access: selector == 0 ? 0x1_c093 : 0xc093)
  }

  /// SDM 3C, "Checking and Loading Host Page-Directory-Pointer-Table Entries"; false if one has
  /// reserved bits.
  private func loadHostPDPTEs() -> Bool {
    guard pagingMode == .pae else { return true }
    do throws(Fault) {
      try loadPDPTEs(cr3)
      return true
    } catch {
      return false
    }
  }

  /// SDM 3C, "VMX Aborts": the indicator goes into the VMCS region, and only RESET helps.
  @inline(never)
  func abortVMX(_ indicator: UInt32) {
    currentVMCS?.abortIndicator = indicator
    vmx.isNonRoot = false
    vmx.clearControls()
    vmx.isAborted = true
    activity = .shutdown
    updateMode()
  }
}

extension EventInDelivery {
  /// The format of the IDT-vectoring information field.
  var information: UInt32 {
    1 << 31 | (errorCode != nil ? 1 << 11 : 0) | UInt32(type) << 8 | UInt32(vector)
  }
}

extension ExitReason {
  /// One bit a reason, 0 to 127.
  typealias Set = (low: UInt64, high: UInt64)

  /// The reasons whose exits set the VM-exit instruction length, by the table of exit reasons. An
  /// exception or NMI sets it for some events only.
  static let withInstructionLength = set { $0.length != .never && $0.reason.isInstruction }
  static let withInstructionInformation = set { $0.information != .never }

  /// Not an event whose delivery alone can set a length.
  private var isInstruction: Bool {
    self != .exceptionOrNMI && self != .apicAccess && self != .eptViolation
      && self != .eptMisconfiguration
  }

  private static func set(where isIn: (ExitReasonRow) -> Bool) -> Set {
    var result: Set = (0, 0)
    for row in rows where isIn(row) {
      if row.number < 64 {
        result.low |= 1 << row.number
      } else {
        result.high |= 1 << (row.number - 64)
      }
    }
    return result
  }

  @inline(__always)
  func isIn(_ set: Set) -> Bool {
    rawValue < 64
      ? (set.low >> UInt64(rawValue)) & 1 != 0 : (set.high >> (UInt64(rawValue) &- 64)) & 1 != 0
  }
}

import Simulator
import X86

/// Fills the current VMCS for a guest by VMWRITE, group by group as the manual lists the fields
/// (SDM 3C, "Virtual Machine Control Structures").
struct VMCSSetup {
  let processor: Processor
  let guest: Registers
  let eptPointer: UInt64
  let capabilities = VMXCapabilities.ringside
  private(set) var explanation: [String] = []

  static let vpid: UInt64 = 1

  init(processor: Processor, guest: Registers, eptPointer: UInt64) {
    self.processor = processor
    self.guest = guest
    self.eptPointer = eptPointer
  }

  /// Throws `MonitorError.refused` with the first VMWRITE that the processor fails.
  mutating func run() throws {
    try writeControls()
    try writeAddresses()
    try writeHostState()
    try writeGuestControlState()
    try writeGuestSegments()
    try writeGuestRest()
  }

  func write(_ field: VMCSField, _ value: UInt64) throws {
    let result = processor.prompt(
      .vmwrite(encoding: UInt64(field.rawValue), value: value))
    guard result != .success else { return }
    throw MonitorError.refused(
      what: "VMWRITE \(field.symbol), \(hex(value))", why: VMXFailure.text(result),
      remedy: VMXFailure.remedy(result))
  }

  // MARK: Controls

  private var wantedControls: [(group: VMXControlGroup, bits: UInt64)] {
    let isLong = guest.efer & EFER.lma != 0
    return [
      (.pinBased, PinBasedControls.externalInterruptExiting | PinBasedControls.nmiExiting),
      (
        .primary,
        PrimaryControls.hltExiting | PrimaryControls.unconditionalIOExiting
          | PrimaryControls.useMSRBitmaps | PrimaryControls.activateSecondaryControls
      ),
      (
        .secondary,
        SecondaryControls.enableEPT | SecondaryControls.enableVPID
          | SecondaryControls.unrestrictedGuest | SecondaryControls.enableRDTSCP
          | SecondaryControls.enableINVPCID
      ),
      (
        .exit,
        ExitControls.hostAddressSpaceSize | ExitControls.acknowledgeInterruptOnExit
          | ExitControls.saveEFER | ExitControls.loadEFER
      ),
      (.entry, EntryControls.loadEFER | (isLong ? EntryControls.ia32eModeGuest : 0)),
    ]
  }

  private mutating func writeControls() throws {
    for (group, bits) in wantedControls {
      let adjusted = ControlAdjustment(group, wanting: bits, capabilities)
      try write(group.field, adjusted.value)
      explanation.append(adjusted.explanation)
    }
    let zeroes: [VMCSField] = [
      .exceptionBitmap, .pageFaultErrorCodeMask, .pageFaultErrorCodeMatch, .cr3TargetCount,
      .exitMSRStoreCount, .exitMSRLoadCount, .entryMSRLoadCount, .entryInterruptionInformation,
      .entryExceptionErrorCode, .entryInstructionLength,
    ]
    for field in zeroes { try write(field, 0) }
    explanation.append("EXCEPTION_BITMAP = 0: the guest handles its own exceptions")
  }

  private mutating func writeAddresses() throws {
    try write(.ioBitmapA, MonitorLayout.ioBitmapA)
    try write(.ioBitmapB, MonitorLayout.ioBitmapB)
    try write(.msrBitmaps, MonitorLayout.msrBitmaps)
    try write(.eptPointer, eptPointer)
    try write(.virtualProcessorIdentifier, Self.vpid)
    // SDM 3C, "VMCS Link Pointer": all ones while VMCS shadowing is not used.
    try write(.vmcsLinkPointer, ~0)
    explanation.append(
      "EPT_POINTER = \(hex(eptPointer)): root \(hex(eptPointer & ~0xfff)), write-back, a walk of 4 "
        + "tables; MSR_BITMAP = \(hex(MonitorLayout.msrBitmaps)); VPID 1; link pointer all ones")
  }

  // MARK: Host state

  /// What a VM exit loads: the processor as the monitor has it now.
  private mutating func writeHostState() throws {
    let host = processor.currentRegisters()
    try write(.hostCR0, host.cr0)
    try write(.hostCR3, host.cr3)
    try write(.hostCR4, host.cr4)
    try write(.hostEFER, host.efer)
    // SDM 3C, "Checks on Host Segment and Descriptor-Table Registers": RPL and TI are 0.
    let selectors: [(VMCSField, UInt16)] = [
      (.hostESSelector, host[.es].selector), (.hostCSSelector, host[.cs].selector),
      (.hostSSSelector, host[.ss].selector), (.hostDSSelector, host[.ds].selector),
      (.hostFSSelector, host[.fs].selector), (.hostGSSelector, host[.gs].selector),
      (.hostTRSelector, host.tr.selector),
    ]
    for (field, selector) in selectors { try write(field, UInt64(selector & ~7)) }
    try write(.hostFSBase, host[.fs].base)
    try write(.hostGSBase, host[.gs].base)
    try write(.hostTRBase, MonitorLayout.hostTSS)
    try write(.hostGDTRBase, MonitorLayout.hostGDT)
    try write(.hostIDTRBase, MonitorLayout.hostIDT)
    for field in [VMCSField.hostSysenterCS, .hostSysenterESP, .hostSysenterEIP] {
      try write(field, 0)
    }
    try write(.hostRSP, MonitorLayout.hostStackTop)
    try write(.hostRIP, MonitorLayout.hostEntry)
    explanation.append(
      "host state = this processor: CR0 \(hex(host.cr0)), CR3 \(hex(host.cr3)), CR4 "
        + "\(hex(host.cr4)); HOST_RIP \(hex(MonitorLayout.hostEntry)), where a VM exit goes on: "
        + "the prompt")
  }

  // MARK: Guest state

  private mutating func writeGuestControlState() throws {
    // SDM 3D, "VMX-Fixed Bits in CR0": an unrestricted guest may clear PE and PG, nothing else.
    let fixed0 = capabilities[MSR.vmxCR0Fixed0] & ~(CR0.pe | CR0.pg)
    let fixed4 = capabilities[MSR.vmxCR4Fixed0]
    try write(.guestCR0, guest.cr0 | fixed0)
    try write(.guestCR3, guest.cr3)
    try write(.guestCR4, guest.cr4 | fixed4)
    // The guest reads the shadows in the bits of the masks, and its writes to them exit.
    try write(.cr0GuestHostMask, fixed0)
    try write(.cr0ReadShadow, guest.cr0)
    try write(.cr4GuestHostMask, fixed4)
    try write(.cr4ReadShadow, guest.cr4)
    try write(.guestEFER, guest.efer)
    try write(.guestDR7, guest[debug: 7])
    explanation.append(
      "GUEST_CR0 = \(hex(guest.cr0 | fixed0)), GUEST_CR4 = \(hex(guest.cr4 | fixed4)): with the "
        + "bits that VMX operation fixes, which masks and shadows hide from the guest")
  }

  private mutating func writeGuestSegments() throws {
    let rows = GuestSegmentField.rows
    for row in rows {
      let segment = row.segment(guest)
      try write(row.selector, UInt64(segment.selector))
      try write(row.base, segment.base)
      try write(row.limit, UInt64(segment.limit))
      try write(row.accessRights, UInt64(segment.access))
    }
    try write(.guestGDTRBase, guest.gdtr.base)
    try write(.guestGDTRLimit, UInt64(guest.gdtr.limit))
    try write(.guestIDTRBase, guest.idtr.base)
    try write(.guestIDTRLimit, UInt64(guest.idtr.limit))
    explanation.append(
      "guest segments: CS selector \(hex(guest[.cs].selector)), base \(hex(guest[.cs].base)); the "
        + "hidden parts too, because VM entry reads no GDT")
  }

  private mutating func writeGuestRest() throws {
    try write(.guestRSP, guest[.rsp])
    try write(.guestRIP, guest.rip)
    try write(.guestRFLAGS, guest.rflags.rawValue)
    let zeroes: [VMCSField] = [
      .guestInterruptibilityState, .guestActivityState, .guestPendingDebugExceptions,
      .guestDebugctl, .guestSysenterCS, .guestSysenterESP, .guestSysenterEIP,
    ]
    for field in zeroes { try write(field, 0) }
    // No control switches IA32_PAT: the monitor keeps the guest's value here.
    try write(.guestPAT, processor.readMSR(MSR.pat) ?? 0)
    explanation.append(
      "GUEST_RIP = \(hex(guest.rip)), GUEST_RFLAGS = \(hex(guest.rflags.rawValue)): where the "
        + "\(guest.mode.rawValue)-mode guest starts")
  }
}

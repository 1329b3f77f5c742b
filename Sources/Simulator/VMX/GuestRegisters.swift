import X86

/// The guest's registers while the processor is in root operation: what a VM exit saved stands in
/// the current VMCS, the general registers and a few others still in the processor.
extension Processor {
  /// nil without a current VMCS.
  func guestRegisters() -> Registers? {
    guard let vmcs = currentVMCS else { return nil }
    var result = currentRegisters()
    for register in SegmentRegister.allCases {
      result[register] = vmcs.guestSegment(UInt64(register.rawValue))
    }
    result.ldtr = vmcs.guestSegment(6)
    result.tr = vmcs.guestSegment(7)
    result.gdtr = DescriptorTableRegister(
      base: vmcs[.guestGDTRBase], limit: UInt16(truncatingIfNeeded: vmcs[.guestGDTRLimit]))
    result.idtr = DescriptorTableRegister(
      base: vmcs[.guestIDTRBase], limit: UInt16(truncatingIfNeeded: vmcs[.guestIDTRLimit]))
    result[.rsp] = vmcs[.guestRSP]
    result.rip = vmcs[.guestRIP]
    result.rflags = RFLAGS(rawValue: vmcs[.guestRFLAGS])
    // As the guest reads them: the shadow in the bits that the host owns.
    let (mask0, mask4) = (vmcs[.cr0GuestHostMask], vmcs[.cr4GuestHostMask])
    result.cr0 = vmcs[.guestCR0] & ~mask0 | vmcs[.cr0ReadShadow] & mask0
    result.cr3 = vmcs[.guestCR3]
    result.cr4 = vmcs[.guestCR4] & ~mask4 | vmcs[.cr4ReadShadow] & mask4
    result[debug: 7] = vmcs[.guestDR7]
    result.efer = guestEFER(vmcs)
    return result
  }

  /// IA32_EFER as VM entry would load it.
  private func guestEFER(_ vmcs: VMCS) -> UInt64 {
    let entry = vmcs[.entryControls]
    if entry & EntryControls.loadEFER != 0 { return vmcs[.guestEFER] }
    let long = EFER.lma | EFER.lme
    return entry & EntryControls.ia32eModeGuest != 0 ? efer | long : efer & ~long
  }

  /// Writes the guest's registers to where the next VM entry takes them from; false without a
  /// current VMCS.
  func setGuestRegisters(_ value: Registers) -> Bool {
    guard let vmcs = currentVMCS else { return false }
    for register in GeneralRegister.allCases where register != .rsp {
      self[register] = value[register]
    }
    for register in SegmentRegister.allCases {
      vmcs.setGuestSegment(UInt64(register.rawValue), value[register])
    }
    vmcs.setGuestSegment(6, value.ldtr)
    vmcs.setGuestSegment(7, value.tr)
    vmcs[.guestGDTRBase] = value.gdtr.base
    vmcs[.guestGDTRLimit] = UInt64(value.gdtr.limit)
    vmcs[.guestIDTRBase] = value.idtr.base
    vmcs[.guestIDTRLimit] = UInt64(value.idtr.limit)
    vmcs[.guestRSP] = value[.rsp]
    vmcs[.guestRIP] = value.rip
    vmcs[.guestRFLAGS] = value.rflags.rawValue
    let (mask0, mask4) = (vmcs[.cr0GuestHostMask], vmcs[.cr4GuestHostMask])
    vmcs[.guestCR0] = value.cr0 & ~mask0 | vmcs[.guestCR0] & mask0
    vmcs[.cr0ReadShadow] = value.cr0
    vmcs[.guestCR3] = value.cr3
    vmcs[.guestCR4] = value.cr4 & ~mask4 | vmcs[.guestCR4] & mask4
    vmcs[.cr4ReadShadow] = value.cr4
    vmcs[.guestDR7] = value[debug: 7]
    vmcs[.guestEFER] = value.efer
    cr2 = value.cr2
    cr8 = value.cr8
    dr = (value[debug: 0], value[debug: 1], value[debug: 2], value[debug: 3])
    dr6 = value[debug: 6]
    vmx.unchecked = VMEntryCheckGroups.all
    vmx.loadedGuest = VMXState.noVMCS
    return true
  }

  /// The paging registers of the guest, for a walk from the prompt.
  func guestPagingRegisters() -> PagingRegisters? {
    guard let vmcs = currentVMCS, let value = guestRegisters() else { return nil }
    let secondary =
      vmcs[.primaryProcessorBasedControls] & PrimaryControls.activateSecondaryControls != 0
      ? vmcs[.secondaryProcessorBasedControls] : 0
    let usesEPT = secondary & SecondaryControls.enableEPT != 0
    return PagingRegisters(
      mode: PagingMode(
        cr0: vmcs[.guestCR0], cr4: vmcs[.guestCR4], efer: value.efer),
      cr0: vmcs[.guestCR0], cr3: value.cr3, cr4: vmcs[.guestCR4], efer: value.efer,
      rflags: value.rflags.rawValue,
      pdptes: usesEPT
        ? (vmcs[.guestPDPTE0], vmcs[.guestPDPTE1], vmcs[.guestPDPTE2], vmcs[.guestPDPTE3])
        : pdptes,
      eptPointer: usesEPT ? vmcs[.eptPointer] : 0, pkru: pkru)
  }
}

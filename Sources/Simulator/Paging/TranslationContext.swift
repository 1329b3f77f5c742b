import X86

extension Processor {
  /// Makes the TLB answer for the address space, privilege and virtual machine of this moment.
  func selectTranslationContext() {
    let isGuest = vmx.isNonRoot
    tlb.select(
      TranslationContext(
        vpid: currentVPID,
        pcid: cr0 & CR0.pg == 0 ? TranslationContext.pagingOff : currentPCID,
        eptRoot: isGuest ? vmx.eptPointer >> 12 : 0,
        permissions: translationPermissions))
  }

  /// 0 in root operation and in guests without VPID.
  var currentVPID: UInt16 { vmx.isNonRoot ? vmx.vpid : 0 }

  /// SDM 3A, "Process-Context Identifiers (PCIDs)".
  var currentPCID: UInt16 { cr4 & CR4.pcide != 0 ? UInt16(cr3 & 0xfff) : 0 }

  /// Everything that `PagingRegisters.allows` depends on, but for RFLAGS.AC.
  private var translationPermissions: UInt64 {
    var result: UInt64 = cpl == 3 ? 1 : 0
    result |= (cr0 & CR0.wp) >> 15
    result |= UInt64(pagingMode.topLevel) << 4
    result |= efer & EFER.nxe
    result |= cr4 & (CR4.smep | CR4.smap | CR4.pke)
    if cr4 & CR4.pke != 0 { result |= UInt64(pkru) << 32 }
    return result
  }
}

import X86

extension Processor {
  /// Makes the TLB answer for the address space, privilege and virtual machine of this moment.
  func selectTranslationContext() {
    let isGuest = vmx.isNonRoot
    tlb.select(
      TranslationContext(
        vpid: isGuest ? vmx.vpid : 0,
        pcid: cr4 & CR4.pcide != 0 ? UInt16(cr3 & 0xfff) : 0,
        eptRoot: isGuest ? vmx.eptPointer >> 12 : 0,
        userMode: cpl == 3))
  }
}

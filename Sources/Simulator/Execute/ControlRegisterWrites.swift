import X86

/// What a value has to obey to get into CR0, CR3 and CR4, and what follows from it (SDM 2B, "MOV:
/// Move to/from Control Registers"; SDM 3A, "Operations that Invalidate TLBs and Paging-Structure
/// Caches"). Whatever throws has changed nothing.
extension Processor {
  /// PE, MP, EM, TS, ET, NE, WP, AM, NW, CD, PG. Others of the lower 32 bits are ignored.
  private static let cr0Writable: UInt64 = 0xe005_003f

  func writeCR0(_ value: UInt64) throws(Fault) {
    if value >> 32 != 0 { throw generalProtection() }
    let new = (value & Processor.cr0Writable) | CR0.et
    try checkCR0(new)
    let isPaging = new & CR0.pg != 0
    if isPaging, cr0 & CR0.pg == 0, efer & EFER.lme != 0 { try checkLongModeActivation() }
    if isPaging, cr4 & CR4.pae != 0, efer & EFER.lme == 0,
      (new ^ cr0) & (CR0.pg | CR0.cd | CR0.nw) != 0
    {
      try loadPDPTEs(cr3)
    }
    let stopsPaging = !isPaging && cr0 & CR0.pg != 0
    if isPaging, efer & EFER.lme != 0 { efer |= EFER.lma }
    if !isPaging { efer &= ~EFER.lma }
    cr0 = new
    if stopsPaging { tlb.flush(vpid: currentVPID, keepsGlobals: false) }
    updateMode()
  }

  private func checkCR0(_ new: UInt64) throws(Fault) {
    let isPaging = new & CR0.pg != 0
    if isPaging, new & CR0.pe == 0 { throw generalProtection() }
    if new & CR0.nw != 0, new & CR0.cd == 0 { throw generalProtection() }
    if !isPaging, cr4 & CR4.pcide != 0 || mode == .long { throw generalProtection() }
    if !vmxAllowsCR0(new) { throw generalProtection() }
  }

  /// SDM 3A, "IA-32e Mode Initialization, Consistency Checks": PAE is on, CS.L off, and TR holds no
  /// 16-bit TSS.
  private func checkLongModeActivation() throws(Fault) {
    let hasSmallTSS = !tr.isUnusable && tr.type & 0xd == 1
    if cr4 & CR4.pae == 0 || segment(.cs).isLong || hasSmallTSS { throw generalProtection() }
  }

  /// With CR4.PCIDE, bit 63 asks to keep what is cached for the PCID, and is not stored.
  func writeCR3(_ value: UInt64) throws(Fault) {
    let hasPCIDs = cr4 & CR4.pcide != 0
    let keeps = hasPCIDs && value >> 63 != 0
    var new = hasPCIDs ? value & ~(1 << 63) : value
    if efer & EFER.lma != 0 {
      if new >> Processor.physicalAddressWidth != 0 { throw generalProtection() }
    } else {
      new &= 0xffff_ffff
    }
    if pagingMode == .pae { try loadPDPTEs(new) }
    cr3 = new
    if !keeps { tlb.flush(vpid: currentVPID, pcid: currentPCID) }
    selectTranslationContext()
  }

  /// CR4 bits that this processor has.
  static let cr4Supported: UInt64 =
    CR4.vme | CR4.pvi | CR4.tsd | CR4.de | CR4.pse | CR4.pae | CR4.mce | CR4.pge | CR4.pce
    | CR4.umip | CR4.la57 | CR4.vmxe | CR4.fsgsbase | CR4.pcide | CR4.osxsave | CR4.smep | CR4.smap
    | CR4.pke

  func writeCR4(_ value: UInt64) throws(Fault) {
    let changed = value ^ cr4
    try checkCR4(value, changed)
    let listed = CR4.pae | CR4.pse | CR4.pge | CR4.smep
    if cr0 & CR0.pg != 0, value & CR4.pae != 0, efer & EFER.lma == 0, changed & listed != 0 {
      try loadPDPTEs(cr3)
    }
    cr4 = value
    // PSE is not on the manual's list; a processor may drop more than asked.
    let dropsAll = changed & (CR4.pge | CR4.pae | CR4.pse) != 0
    if dropsAll || changed & ~value & CR4.pcide != 0 {
      tlb.flush(vpid: currentVPID, keepsGlobals: false)
    } else if changed & value & CR4.smep != 0 {
      tlb.flush(vpid: currentVPID, pcid: currentPCID)
    }
    updateMode()
  }

  private func checkCR4(_ value: UInt64, _ changed: UInt64) throws(Fault) {
    if value & ~Processor.cr4Supported != 0 { throw generalProtection() }
    let isIA32e = efer & EFER.lma != 0
    if isIA32e, value & CR4.pae == 0 || changed & CR4.la57 != 0 { throw generalProtection() }
    if changed & value & CR4.pcide != 0, !isIA32e || cr3 & 0xfff != 0 {
      throw generalProtection()
    }
    if !vmxAllowsCR4(value) { throw generalProtection() }
  }
}

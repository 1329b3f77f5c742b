import X86

/// INVLPG and INVPCID.
extension Processor {
  /// An address that is not canonical names no page: nothing happens.
  func invlpg(_ i: Instruction) throws(Fault) {
    if cpl != 0 { throw generalProtection() }
    let linear = (segments[i.segment.rawValue].base &+ effectiveAddress(i)) & linearMask
    try interceptINVLPG(linear)
    tlb.flushPage(linear)
  }

  /// SDM 2A, "INVPCID: Invalidate Process-Context Identifier": a type in a register, and in memory
  /// a PCID and a linear address.
  func invpcid(_ i: Instruction) throws(Fault) {
    if cpl != 0 { throw invpcidIsDisabled ? undefinedOpcode : generalProtection() }
    try interceptINVPCID(
      displacement: displacementQualification(i),
      information: memoryOperandInformation(i) | UInt32(i.operand0.number & 15) << 28)
    let type = mode == .long ? r[i.operand0.number] : r[i.operand0.number] & 0xffff_ffff
    let place = effectiveAddress(i)
    let low = try load(i.segment.rawValue, place, as: UInt64.self)
    let linear = try load(i.segment.rawValue, place &+ 8, as: UInt64.self)
    if type > 3 || low >> 12 != 0 { throw generalProtection() }
    let pcid = UInt16(truncatingIfNeeded: low)
    if type < 2, pcid != 0, cr4 & CR4.pcide == 0 { throw generalProtection() }
    if type == 0, !Processor.isCanonicalForRegisters(linear) { throw generalProtection() }
    switch type {
    case 0: tlb.flushPage(linear, vpid: currentVPID, pcid: pcid)
    case 1: tlb.flush(vpid: currentVPID, pcid: pcid)
    case 2: tlb.flush(vpid: currentVPID, keepsGlobals: false)
    default: tlb.flush(vpid: currentVPID, keepsGlobals: true)
    }
  }

  /// In a guest the secondary control "enable INVPCID" decides whether the instruction exists.
  private var invpcidIsDisabled: Bool {
    vmx.isNonRoot && vmx.secondaryControls & SecondaryControls.enableINVPCID == 0
  }
}

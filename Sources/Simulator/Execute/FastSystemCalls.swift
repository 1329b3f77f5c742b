import X86

/// SYSCALL, SYSRET, SYSENTER and SYSEXIT (SDM 2B).
extension Processor {
  /// SYSCALL: 64-bit mode only on Intel processors.
  func syscall(_ i: Instruction) throws(Fault) {
    if mode != .long || efer & EFER.sce == 0 { throw undefinedOpcode }
    r[1] = rip
    r[11] = rflags & ~RFLAGS.rf.rawValue
    rflags = rflags & ~msrs.fmask & ~RFLAGS.rf.rawValue
    let selector = UInt16(truncatingIfNeeded: msrs.star >> 32)
    loadFlat(code: selector & 0xfffc, stack: selector &+ 8, level: 0, isLong: true)
    rip = msrs.lstar
    stepByNewFlags()
  }

  func sysret(_ i: Instruction) throws(Fault) {
    if mode != .long || efer & EFER.sce == 0 { throw undefinedOpcode }
    if cpl != 0 { throw generalProtection() }
    let isWide = i.operandSize == 8
    if isWide, !isCanonical(r[1]) { throw generalProtection() }
    let selector = UInt16(truncatingIfNeeded: msrs.star >> 48)
    rflags = (r[11] & 0x3c_7fd7) | RFLAGS.alwaysOne.rawValue
    loadFlat(
      code: (isWide ? selector &+ 16 : selector) | 3, stack: (selector &+ 8) | 3, level: 3,
      isLong: isWide)
    rip = isWide ? r[1] : r[1] & 0xffff_ffff
    stepByNewFlags()
  }

  /// SYSENTER, from any level and any protected or virtual-8086 mode.
  func sysenter() throws(Fault) {
    let selector = UInt16(truncatingIfNeeded: msrs.sysenterCS)
    if mode == .real || selector & 0xfffc == 0 { throw generalProtection() }
    let isLong = efer & EFER.lma != 0
    systemFlags &= ~(RFLAGS.vm.rawValue | RFLAGS.if.rawValue | RFLAGS.rf.rawValue)
    loadFlat(code: selector & 0xfffc, stack: (selector & 0xfffc) &+ 8, level: 0, isLong: isLong)
    r[4] = isLong ? msrs.sysenterESP : msrs.sysenterESP & 0xffff_ffff
    rip = isLong ? msrs.sysenterEIP : msrs.sysenterEIP & 0xffff_ffff
    attention = true
  }

  func sysexit(_ i: Instruction) throws(Fault) {
    let selector = UInt16(truncatingIfNeeded: msrs.sysenterCS)
    if mode == .real || selector & 0xfffc == 0 || cpl != 0 { throw generalProtection() }
    let isWide = mode == .long && i.operandSize == 8
    if isWide, !isCanonical(r[1]) || !isCanonical(r[2]) { throw generalProtection() }
    let base = selector &+ (isWide ? 32 : 16)
    loadFlat(code: base | 3, stack: (base &+ 8) | 3, level: 3, isLong: isWide)
    r[4] = isWide ? r[1] : r[1] & 0xffff_ffff
    rip = isWide ? r[2] : r[2] & 0xffff_ffff
    attention = true
  }

  /// Flat CS and SS with fixed rights; no descriptor is read.
  private func loadFlat(code: UInt16, stack: UInt16, level: UInt32, isLong: Bool) {
    let rights = level << 5
    segments[SegmentRegister.ss.rawValue].segment = Segment(
      selector: stack, base: 0, limit: ~0, access: 0xc093 | rights)
    setSegment(
      .cs,
      Segment(selector: code, base: 0, limit: ~0, access: (isLong ? 0xa09b : 0xc09b) | rights))
  }

  /// The single-step trap after SYSCALL and SYSRET goes by the TF that they load, so that a mask keeps
  /// the trap out of the kernel, and returning to a stepped program traps at once.
  private func stepByNewFlags() {
    deliveredEvent = true
    if systemFlags & RFLAGS.tf.rawValue != 0 { pendingDebug |= DebugStatus.singleStep }
    attention = true
  }
}

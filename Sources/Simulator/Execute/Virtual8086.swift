import X86

/// Virtual-8086 mode with its extensions, and protected-mode virtual interrupts (SDM 3A, "8086
/// Emulation").
extension Processor {
  /// IOPL-sensitive instructions of virtual-8086 mode below IOPL 3: they work on VIF if CR4.VME is set
  /// and the operands have 16 bits, and are #GP(0) otherwise. True where VIF stands for IF.
  func usesVirtualIF(operandSize: UInt8) throws(Fault) -> Bool {
    guard mode == .virtual8086, iopl < 3 else { return false }
    guard cr4 & CR4.vme != 0, operandSize == 2 else { throw generalProtection() }
    return true
  }

  /// CLI and STI below the level that IOPL asks for: they change VIF in virtual-8086 mode with VME, and
  /// at CPL 3 with PVI.
  func virtualInterruptFlag(_ i: Instruction) throws(Fault) {
    let isVirtual =
      mode == .virtual8086 ? cr4 & CR4.vme != 0 : cpl == 3 && cr4 & CR4.pvi != 0
    guard isVirtual else { throw generalProtection() }
    if i.mnemonic == .cli {
      systemFlags &= ~RFLAGS.vif.rawValue
      return
    }
    if systemFlags & RFLAGS.vip.rawValue != 0 { throw generalProtection() }
    systemFlags |= RFLAGS.vif.rawValue
  }

  /// FLAGS as PUSHF and INT n save them where VIF stands for IF: with VIF in its place, and IOPL 3.
  var flagsWithVirtualIF: UInt64 {
    let flags = (rflags | 0x3000) & ~RFLAGS.if.rawValue
    return systemFlags & RFLAGS.vif.rawValue != 0 ? flags | RFLAGS.if.rawValue : flags
  }

  /// POPF and IRET where VIF stands for IF: #GP(0) if TF would be set, or VIF with an interrupt
  /// pending.
  func loadFlagsWithVirtualIF(_ value: UInt64) throws(Fault) {
    try checkFlagsWithVirtualIF(value)
    loadFlags(value, size: 2, changesIF: false, changesIOPL: false)
    let isSet = value & RFLAGS.if.rawValue != 0
    systemFlags = (systemFlags & ~RFLAGS.vif.rawValue) | (isSet ? RFLAGS.vif.rawValue : 0)
  }

  private func checkFlagsWithVirtualIF(_ value: UInt64) throws(Fault) {
    let wantsPending =
      value & RFLAGS.if.rawValue != 0 && systemFlags & RFLAGS.vip.rawValue != 0
    if wantsPending || value & RFLAGS.tf.rawValue != 0 { throw generalProtection() }
  }

  func iretVirtual8086(_ i: Instruction) throws(Fault) {
    guard try usesVirtualIF(operandSize: i.operandSize) else { return try iretReal(i) }
    let offset = try popSized(2)
    let selector = UInt16(truncatingIfNeeded: try popSized(2))
    let flags = try popSized(2)
    if offset > UInt64(segment(.cs).limit) { throw generalProtection() }
    try loadFlagsWithVirtualIF(flags)
    setSegment(.cs, Processor.virtual8086Segment(selector))
    rip = offset
  }

  /// INT n in virtual-8086 mode (SDM 3A, "Software Interrupt Handling Methods While in Virtual-8086
  /// Mode"): true if the redirection bitmap sent it to the 8086 program's own handler, false if it goes
  /// through the IDT, #GP(0) where IOPL forbids that.
  func redirectInterrupt(_ vector: UInt8) throws(Fault) -> Bool {
    if cr4 & CR4.vme != 0, try !isRedirectedToIDT(vector) {
      try enterOwnHandler(vector)
      return true
    }
    if iopl < 3 { throw generalProtection() }
    return false
  }

  /// Bit `vector` of the 32 bytes below the I/O permission bit map.
  private func isRedirectedToIDT(_ vector: UInt8) throws(Fault) -> Bool {
    guard tr.type & 8 != 0, tr.limit >= 0x67 else { throw generalProtection() }
    let map: UInt16 = try loadLinear((tr.base &+ 0x66) & 0xffff_ffff, isUser: false)
    let place = (UInt64(map) &- 32 &+ UInt64(vector >> 3)) & 0xffff_ffff
    guard place <= UInt64(tr.limit) else { throw generalProtection() }
    let bits: UInt8 = try loadLinear((tr.base &+ place) & 0xffff_ffff, isUser: false)
    return (bits >> (vector & 7)) & 1 != 0
  }

  private func enterOwnHandler(_ vector: UInt8) throws(Fault) {
    let isVirtual = iopl < 3
    let pointer: UInt32 = try loadLinear(UInt64(vector) * 4, isUser: true)
    let old = r[4]
    do throws(Fault) {
      try push(UInt16(truncatingIfNeeded: isVirtual ? flagsWithVirtualIF : rflags))
      try push(segment(.cs).selector)
      try push(UInt16(truncatingIfNeeded: rip))
    } catch {
      r[4] = old
      throw error
    }
    systemFlags &= ~(RFLAGS.tf.rawValue | (isVirtual ? RFLAGS.vif : RFLAGS.if).rawValue)
    setSegment(.cs, Processor.virtual8086Segment(UInt16(truncatingIfNeeded: pointer >> 16)))
    rip = UInt64(pointer & 0xffff)
    deliveredEvent = true
  }
}

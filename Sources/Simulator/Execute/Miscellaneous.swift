import X86

extension Processor {
  /// SWAPGS: 64-bit mode, CPL 0.
  func swapgs() throws(Fault) {
    if mode != .long { throw undefinedOpcode }
    if cpl != 0 { throw generalProtection() }
    var gs = segment(.gs)
    (gs.base, msrs.kernelGSBase) = (msrs.kernelGSBase, gs.base)
    setSegment(.gs, gs)
  }

  /// RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE.
  func segmentBase(_ i: Instruction) throws(Fault) {
    if mode != .long || cr4 & CR4.fsgsbase == 0 { throw undefinedOpcode }
    let register: SegmentRegister =
      i.mnemonic == .rdfsbase || i.mnemonic == .wrfsbase ? .fs : .gs
    if i.mnemonic == .rdfsbase || i.mnemonic == .rdgsbase {
      return writeRegister(i.operand0.number, i.operand0.size, segment(register).base)
    }
    let value = try read(i, i.operand0)
    if !Processor.isCanonicalForRegisters(value) { throw generalProtection() }
    var segment = self.segment(register)
    segment.base = value
    setSegment(register, segment)
  }

  /// CLFLUSH and its kin touch their operand as a read does, and change nothing.
  func cacheLine(_ i: Instruction) throws(Fault) {
    _ = try load(i.segment.rawValue, effectiveAddress(i), as: UInt8.self)
  }

  /// VERR, VERW, LAR, LSL: no fault for a selector that is not accessible, ZF tells.
  func segmentQuery(_ i: Instruction) throws(Fault) {
    if mode == .real || mode == .virtual8086 { throw undefinedOpcode }
    let source = i.mnemonic == .lar || i.mnemonic == .lsl ? i.operand1 : i.operand0
    let selector = UInt16(truncatingIfNeeded: try read(i, source))
    guard selector & 0xfffc != 0, let address = descriptorAddress(selector) else {
      return setZF(false)
    }
    let raw: UInt64 = try loadLinear(address, isUser: false)
    let slot = DescriptorSlot(selector: selector, raw: raw, address: address)
    let rpl = UInt8(selector & 3)
    let isPrivileged = slot.isConforming || slot.dpl >= max(cpl, rpl)
    let segment = slot.segment
    switch i.mnemonic {
    case .verr: setZF(isPrivileged && segment.isReadable)
    case .verw: setZF(isPrivileged && segment.isWritable)
    case .lar:
      guard isPrivileged, isValidForLAR(slot, isLSL: false) else { return setZF(false) }
      writeRegister(i.operand0.number, i.operandSize, raw >> 32 & 0x00f0_ff00)
      setZF(true)
    default:
      guard isPrivileged, isValidForLAR(slot, isLSL: true) else { return setZF(false) }
      writeRegister(i.operand0.number, i.operandSize, UInt64(segment.limit))
      setZF(true)
    }
  }

  /// The descriptor types that LAR and LSL accept (SDM 2, "LAR", "LSL").
  private func isValidForLAR(_ slot: DescriptorSlot, isLSL: Bool) -> Bool {
    if slot.isCodeOrData { return true }
    let isLong = efer & EFER.lma != 0
    let tables: [UInt8] = isLong ? [2, 9, 11] : [1, 2, 3, 9, 11]
    let gates: [UInt8] = isLong ? [12] : [4, 5, 12]
    return tables.contains(slot.type) || (!isLSL && gates.contains(slot.type))
  }

  func arpl(_ i: Instruction) throws(Fault) {
    if mode == .real || mode == .virtual8086 { throw undefinedOpcode }
    let destination = try read(i, i.operand0)
    let source = try read(i, i.operand1) & 3
    let raises = destination & 3 < source
    // SDM 2A, "ARPL": the destination is written only if its RPL is raised.
    if raises { try write(i, i.operand0, (destination & ~3) | source) }
    setZF(raises)
  }
}

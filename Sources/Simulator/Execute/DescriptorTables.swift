import X86

extension Processor {
  /// LGDT, LIDT, SGDT, SIDT.
  func descriptorTable(_ i: Instruction) throws(Fault) {
    let isLoad = i.mnemonic == .lgdt || i.mnemonic == .lidt
    if isLoad, cpl != 0 { throw generalProtection() }
    if !isLoad { try checkUserModePrevention() }
    try interceptTable(i, .gdtrOrIDTRAccess)
    let place = effectiveAddress(i)
    let segment = i.segment.rawValue
    let wide = mode == .long
    if isLoad {
      let limit = try load(segment, place, as: UInt16.self)
      var base = try loadSized(segment, place &+ 2, wide ? 8 : 4)
      // With a 16-bit operand size only 24 bits of the base are loaded.
      if !wide, i.operandSize == 2 { base &= 0xff_ffff }
      if wide, !Processor.isCanonicalForRegisters(base) { throw generalProtection() }
      let table = DescriptorTableRegister(base: base, limit: limit)
      if i.mnemonic == .lgdt { gdtr = table } else { idtr = table }
    } else {
      let table = i.mnemonic == .sgdt ? gdtr : idtr
      try store(segment, place, table.limit)
      try storeSized(segment, place &+ 2, wide ? 8 : 4, table.base)
    }
  }

  /// LLDT, LTR, SLDT, STR: not in real and virtual-8086 mode.
  func systemSegment(_ i: Instruction) throws(Fault) {
    if mode == .real || mode == .virtual8086 { throw undefinedOpcode }
    let isLoad = i.mnemonic == .lldt || i.mnemonic == .ltr
    if isLoad, cpl != 0 { throw generalProtection() }
    if !isLoad { try checkUserModePrevention() }
    try interceptTable(i, .ldtrOrTRAccess)
    if !isLoad {
      var destination = i.operand0
      if destination.kind == .memory { destination.size = 2 }
      return try write(i, destination, UInt64(i.mnemonic == .sldt ? ldtr.selector : tr.selector))
    }
    let selector = UInt16(truncatingIfNeeded: try read(i, i.operand0))
    let code = UInt32(selector & 0xfffc)
    if code == 0 {
      if i.mnemonic == .ltr { throw generalProtection() }
      ldtr = .unusable(selector: selector)
      return
    }
    if selector & 4 != 0 { throw generalProtection(code) }
    let slot = try descriptor(selector)
    let isLong = efer & EFER.lma != 0
    let types: [UInt8] = i.mnemonic == .lldt ? [2] : isLong ? [9] : [1, 9]
    guard !slot.isCodeOrData, types.contains(slot.type) else { throw generalProtection(code) }
    guard slot.isPresent else { throw exception(11, code) }
    var segment = slot.segment
    if isLong {
      segment.base |= (try upperHalf(slot) & 0xffff_ffff) << 32
      if !Processor.isCanonicalForRegisters(segment.base) { throw generalProtection(code) }
    }
    if i.mnemonic == .lldt {
      ldtr = segment
      return
    }
    // LTR marks the TSS busy, in the table and in the register.
    try storeLinear(
      slot.address &+ 5, UInt8(truncatingIfNeeded: slot.raw >> 40) | 2, isUser: false)
    segment.access |= 2
    tr = segment
  }

  /// SDM 2A, "User-Mode Instruction Prevention": SGDT, SIDT, SLDT, STR and SMSW.
  func checkUserModePrevention() throws(Fault) {
    if cr4 & CR4.umip != 0, cpl != 0 { throw generalProtection() }
  }

  /// SDM 3C, "VM-Exit Instruction-Information Field": the table formats with their identity.
  private func interceptTable(_ i: Instruction, _ reason: ExitReason) throws(Fault) {
    guard vmx.secondaryControls & SecondaryControls.descriptorTableExiting != 0 else { return }
    let identity: UInt32 =
      switch i.mnemonic {
      case .sgdt, .sldt: 0
      case .sidt, .str: 1
      case .lgdt, .lldt: 2
      default: 3
      }
    var information = memoryOperandInformation(i) | identity << 28
    if reason == .gdtrOrIDTRAccess, i.operandSize != 2 { information |= 1 << 11 }
    if i.operand0.kind == .register {
      information = UInt32(i.operand0.number & 15) << 3 | 1 << 10 | identity << 28
    }
    try interceptDescriptorTable(
      reason, displacement: displacementQualification(i), information: information)
  }
}

import X86

extension Processor {
  func push(_ i: Instruction) throws(Fault) {
    let operand = i.operand0
    if operand.kind == .segment {
      return try pushSegment(i)
    }
    let value = operand.kind == .immediate ? i.immediate : try read(i, operand)
    try pushSized(i.operandSize, value)
  }

  /// A selector is zero-extended; processors write only its 16 bits of a 32-bit slot, so that the rest
  /// keeps its value (SDM 2, "PUSH").
  private func pushSegment(_ i: Instruction) throws(Fault) {
    let selector = segments[i.operand0.number].segment.selector
    guard i.operandSize == 4 else { return try pushSized(i.operandSize, UInt64(selector)) }
    let old = r[4]
    let new = (old &- 4) & stackMask
    try store(2, new, selector)
    r[4] = (old & ~stackMask) | new
  }

  func pop(_ i: Instruction) throws(Fault) {
    let old = r[4]
    let value = try popSized(i.operandSize)
    switch i.operand0.kind {
    case .register:
      writeRegister(i.operand0.number, i.operandSize, value)
    case .segment:
      guard let register = SegmentRegister(rawValue: i.operand0.number) else {
        throw undefinedOpcode
      }
      do throws(Fault) {
        try loadSegment(register, UInt16(truncatingIfNeeded: value))
      } catch {
        r[4] = old
        throw error
      }
      if register == .ss { shadowInterrupts(.movSS) }
    default:
      // An address that uses RSP is computed with RSP already incremented (SDM 2, "POP").
      do throws(Fault) {
        try write(i, Operand(kind: .memory, size: i.operandSize), value)
      } catch {
        r[4] = old
        throw error
      }
    }
  }

  func pusha(_ i: Instruction) throws(Fault) {
    let old = r[4]
    do throws(Fault) {
      for number: UInt8 in 0..<8 {
        try pushSized(i.operandSize, number == 4 ? old : r[number])
      }
    } catch {
      r[4] = old
      throw error
    }
  }

  func popa(_ i: Instruction) throws(Fault) {
    let old = r[4]
    var values: [UInt64] = []
    do throws(Fault) {
      for _ in 0..<8 { values.append(try popSized(i.operandSize)) }
    } catch {
      r[4] = old
      throw error
    }
    for (index, value) in values.enumerated() {
      let number = UInt8(7 - index)
      if number != 4 { writeRegister(number, i.operandSize, value) }
    }
  }

  /// VM and RF are pushed as 0 (SDM 2, "PUSHF").
  func pushf(_ i: Instruction) throws(Fault) {
    let isVirtual = try usesVirtualIF(operandSize: i.operandSize)
    let flags = isVirtual ? flagsWithVirtualIF : rflags
    try pushSized(i.operandSize, flags & ~(RFLAGS.vm.rawValue | RFLAGS.rf.rawValue))
  }

  func popf(_ i: Instruction) throws(Fault) {
    let isVirtual = try usesVirtualIF(operandSize: i.operandSize)
    let old = r[4]
    let value = try popSized(i.operandSize)
    if isVirtual {
      do throws(Fault) {
        return try loadFlagsWithVirtualIF(value)
      } catch {
        r[4] = old
        throw error
      }
    }
    loadFlags(value, size: i.operandSize, changesIF: cpl <= iopl, changesIOPL: cpl == 0)
    // RF is cleared by POPF of 32 and 64 bits.
    if i.operandSize != 2 { systemFlags &= ~RFLAGS.rf.rawValue }
  }

  var iopl: UInt8 { UInt8(truncatingIfNeeded: systemFlags >> 12) & 3 }

  /// The flags that POPF and IRET load: arithmetic, TF, DF, NT, AC, ID, and IF and IOPL by privilege.
  func loadFlags(_ value: UInt64, size: UInt8, changesIF: Bool, changesIOPL: Bool) {
    var mask: UInt64 = RFLAGS.arithmetic.rawValue | 0x4500
    if size != 2 { mask |= RFLAGS.ac.rawValue | RFLAGS.id.rawValue }
    if changesIF { mask |= RFLAGS.if.rawValue }
    if changesIOPL { mask |= 0x3000 }
    let changesAC = (rflags ^ value) & mask & RFLAGS.ac.rawValue != 0
    rflags = (rflags & ~mask) | (value & mask) | 2
    attention = true
    if changesAC { updateMode() }
  }

  func enter(_ i: Instruction) throws(Fault) {
    let level = UInt8(i.immediate2 & 31)
    let oldSP = r[4]
    let oldBP = r[5]
    do throws(Fault) {
      try pushSized(i.operandSize, oldBP)
      let frame = r[4]
      if level > 0 {
        var pointer = oldBP
        for _ in 1..<max(level, 1) {
          pointer = pointer &- UInt64(i.operandSize)
          let value = try loadSized(2, pointer & stackMask, i.operandSize)
          try pushSized(i.operandSize, value)
        }
        try pushSized(i.operandSize, frame)
      }
      let newSP = (r[4] &- i.immediate) & stackMask
      // SDM 2, "ENTER": a write at the final stack pointer must be possible.
      _ = try loadForUpdate(2, newSP, as: UInt8.self)
      writeRegister(5, i.operandSize == 2 ? 2 : i.operandSize, frame)
      r[4] = (r[4] & ~stackMask) | newSP
    } catch {
      r[4] = oldSP
      throw error
    }
  }

  func leave(_ i: Instruction) throws(Fault) {
    let old = r[4]
    r[4] = (old & ~stackMask) | (r[5] & stackMask)
    do throws(Fault) {
      let value = try popSized(i.operandSize)
      writeRegister(5, i.operandSize, value)
    } catch {
      r[4] = old
      throw error
    }
  }
}

import X86

extension Processor {
  /// BT, BTS, BTR, BTC. With a memory operand and a register the bit offset is signed and reaches
  /// beyond the operand (SDM 2, "BT").
  func bitTest(_ i: Instruction) throws(Fault) {
    let size = i.operand0.size
    let bits = UInt64(size) * 8
    let offset = try read(i, i.operand1)
    let bit = offset & (bits - 1)
    var value: UInt64
    var place: UInt64 = 0
    let isMemory = i.operand0.kind == .memory
    if isMemory {
      place = bitString(i, offset)
      if i.mnemonic == .bt {
        value = try loadSized(i.segment.rawValue, place, size)
      } else {
        value = try loadForUpdateSized(i.segment.rawValue, place, size)
      }
    } else {
      value = try read(i, i.operand0)
    }
    let old = (value >> bit) & 1
    switch i.mnemonic {
    case .bts: value |= 1 << bit
    case .btr: value &= ~(1 << bit)
    case .btc: value ^= 1 << bit
    default: break
    }
    if i.mnemonic != .bt {
      if isMemory {
        try storeSized(i.segment.rawValue, place, size, value)
      } else {
        try write(i, i.operand0, value)
      }
    }
    setCF(old != 0)
  }

  private func bitString(_ i: Instruction, _ offset: UInt64) -> UInt64 {
    var place = effectiveAddress(i)
    if i.operand1.kind == .register {
      let size = i.operand0.size
      let signed = Int64(bitPattern: Processor.signExtended(offset, size))
      let shift: Int64 = size == 2 ? 4 : size == 4 ? 5 : 6
      place = place &+ UInt64(bitPattern: (signed >> shift) &* Int64(size))
      if i.addressSize == 2 { place &= 0xffff } else if i.addressSize == 4 { place &= 0xffff_ffff }
    }
    return place
  }

  func loadForUpdateSized(
    _ segment: UInt8, _ offset: UInt64, _ size: UInt8
  ) throws(Fault) -> UInt64 {
    switch size {
    case 1: return UInt64(try loadForUpdate(segment, offset, as: UInt8.self))
    case 2: return UInt64(try loadForUpdate(segment, offset, as: UInt16.self))
    case 4: return UInt64(try loadForUpdate(segment, offset, as: UInt32.self))
    default: return try loadForUpdate(segment, offset, as: UInt64.self)
    }
  }

  /// BSF and BSR. With a source of 0 only ZF changes; the destination keeps its value, as processors
  /// do and newer manuals say.
  func bitScan(_ i: Instruction) throws(Fault) {
    let value = try read(i, i.operand1)
    if value == 0 {
      setZF(true)
      return
    }
    let index = i.mnemonic == .bsf ? value.trailingZeroBitCount : 63 - value.leadingZeroBitCount
    writeRegister(i.operand0.number, i.operand0.size, UInt64(index))
    setZF(false)
  }

  func cmpxchg(_ i: Instruction) throws(Fault) {
    let size = i.operand0.size
    let old = try readForUpdate(i, i.operand0)
    let accumulator = r[0] & Processor.mask(size)
    let isEqual = old == accumulator
    // Memory is written in either case (SDM 2, "CMPXCHG"); a register keeps even its upper half.
    if isEqual || i.operand0.kind == .memory {
      try write(i, i.operand0, isEqual ? try read(i, i.operand1) : old)
    }
    if !isEqual { writeRegister(0, size, old) }
    compare(accumulator, old, size)
  }

  private func compare(_ a: UInt64, _ b: UInt64, _ size: UInt8) {
    switch size {
    case 1: _ = subtract(UInt8(truncatingIfNeeded: a), UInt8(truncatingIfNeeded: b))
    case 2: _ = subtract(UInt16(truncatingIfNeeded: a), UInt16(truncatingIfNeeded: b))
    case 4: _ = subtract(UInt32(truncatingIfNeeded: a), UInt32(truncatingIfNeeded: b))
    default: _ = subtract(a, b)
    }
  }

  /// CMPXCHG8B and CMPXCHG16B. The latter needs a 16-byte aligned operand: #GP(0).
  func cmpxchgWide(_ i: Instruction) throws(Fault) {
    let half: UInt8 = i.mnemonic == .cmpxchg16b ? 8 : 4
    let place = effectiveAddress(i)
    let segment = i.segment.rawValue
    if half == 8, (segments[segment].base &+ place) & 15 != 0 { throw generalProtection() }
    let low: UInt64
    let high: UInt64
    if half == 4 {
      // One access of 8 bytes for the checks of limit and page.
      let both = try loadForUpdate(segment, place, as: UInt64.self)
      (low, high) = (both & 0xffff_ffff, both >> 32)
    } else {
      low = try loadForUpdate(segment, place, as: UInt64.self)
      high = try loadForUpdate(segment, place &+ 8, as: UInt64.self)
    }
    let mask = Processor.mask(half)
    if low == r[0] & mask, high == r[2] & mask {
      try storeSized(segment, place, half, r[3])
      try storeSized(segment, place &+ UInt64(half), half, r[1])
      setZF(true)
    } else {
      try storeSized(segment, place, half, low)
      try storeSized(segment, place &+ UInt64(half), half, high)
      writeRegister(0, half, low)
      writeRegister(2, half, high)
      setZF(false)
    }
  }

  func xadd(_ i: Instruction) throws(Fault) {
    let old = try readForUpdate(i, i.operand0)
    let addend = try read(i, i.operand1)
    let flags = (flagResult, flagCarries)
    let sum: UInt64
    switch i.operand0.size {
    case 1: sum = UInt64(add(UInt8(truncatingIfNeeded: old), UInt8(truncatingIfNeeded: addend)))
    case 2: sum = UInt64(add(UInt16(truncatingIfNeeded: old), UInt16(truncatingIfNeeded: addend)))
    case 4: sum = UInt64(add(UInt32(truncatingIfNeeded: old), UInt32(truncatingIfNeeded: addend)))
    default: sum = add(old, addend)
    }
    do throws(Fault) {
      if i.operand0.kind == .memory {
        try write(i, i.operand0, sum)
        try write(i, i.operand1, old)
      } else {
        // XADD of a register with itself ends with the sum.
        try write(i, i.operand1, old)
        try write(i, i.operand0, sum)
      }
    } catch {
      (flagResult, flagCarries) = flags
      throw error
    }
  }
}

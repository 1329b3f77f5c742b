import X86

/// POPCNT, LZCNT, TZCNT, BMI1, BMI2, ADX and CRC32.
extension Processor {
  /// POPCNT, LZCNT, TZCNT.
  func bitCount(_ i: Instruction) throws(Fault) {
    let size = i.operand0.size
    let value = try read(i, i.operand1)
    let bits = Int(size) * 8
    let result: Int
    switch i.mnemonic {
    case .popcnt: result = value.nonzeroBitCount
    case .lzcnt: result = value.leadingZeroBitCount - (64 - bits)
    default: result = min(value.trailingZeroBitCount, bits)
    }
    writeRegister(i.operand0.number, size, UInt64(truncatingIfNeeded: result))
    if i.mnemonic == .popcnt {
      // SDM 2B, "POPCNT": ZF tells of the source, all others are cleared.
      arithmeticFlags = value == 0 ? RFLAGS.zf.rawValue : 0
    } else {
      // SDM 2A, "LZCNT": CF tells of the source, ZF of the result.
      arithmeticFlags =
        (value == 0 ? RFLAGS.cf.rawValue : 0) | (result == 0 ? RFLAGS.zf.rawValue : 0)
    }
  }

  /// SDM 2, "VEX-Encoded GPR Instructions": they do not exist without protected mode.
  private func requireVEX() throws(Fault) {
    if mode == .real || mode == .virtual8086 { throw undefinedOpcode }
  }

  /// SF and ZF of the result, CF as given, OF cleared.
  private func keepBitFlags(_ result: UInt64, _ size: UInt8, carry: Bool) {
    flagResult = Processor.signExtended(result, size)
    flagCarries = carry ? 3 << 62 : 0
  }

  /// ANDN, BLSI, BLSMSK, BLSR, BEXTR, BZHI.
  func bitField(_ i: Instruction) throws(Fault) {
    try requireVEX()
    let size = i.operand0.size
    let first = try read(i, i.operand1)
    var carry = false
    var result: UInt64
    switch i.mnemonic {
    case .andn: result = ~first & (try read(i, i.operand2))
    case .blsi:
      result = first & (0 &- first)
      carry = first != 0
    case .blsmsk:
      result = first ^ (first &- 1)
      carry = first == 0
    case .blsr:
      result = first & (first &- 1)
      carry = first == 0
    case .bextr:
      let control = try read(i, i.operand2)
      // Shifts of 64 and more give 0.
      result = (first >> (control & 0xff)) & Processor.lowBits((control >> 8) & 0xff)
    default:
      let index = try read(i, i.operand2) & 0xff
      carry = index >= UInt64(size) * 8
      result = first & Processor.lowBits(index)
    }
    result &= Processor.mask(size)
    writeRegister(i.operand0.number, size, result)
    keepBitFlags(result, size, carry: carry)
  }

  private static func lowBits(_ count: UInt64) -> UInt64 {
    count >= 64 ? ~0 : (1 &<< count) &- 1
  }

  /// MULX, PDEP, PEXT, RORX, SARX, SHLX, SHRX: no flag changes.
  func flaglessBits(_ i: Instruction) throws(Fault) {
    try requireVEX()
    let size = i.operand0.size
    let first = try read(i, i.operand1)
    let result: UInt64
    switch i.mnemonic {
    case .mulx:
      let factor = try read(i, i.operand2)
      let (high, low, _) = Processor.product(r[2] & Processor.mask(size), factor, size)
      // SDM 2B, "MULX": of two equal destinations, the upper half stays.
      writeRegister(i.operand1.number, size, low)
      result = high
    case .pdep: result = Processor.deposit(first, mask: try read(i, i.operand2))
    case .pext: result = Processor.extract(first, mask: try read(i, i.operand2))
    default:
      let bits = UInt64(size) * 8
      let count =
        (i.mnemonic == .rorx ? i.immediate : try read(i, i.operand2)) & (bits - 1)
      switch i.mnemonic {
      case .rorx: result = (first >> count) | (first << ((bits - count) & (bits - 1)))
      case .sarx:
        let wide = Int64(bitPattern: Processor.signExtended(first, size))
        result = UInt64(bitPattern: wide >> Int64(count))
      case .shlx: result = first << count
      default: result = first >> count
      }
    }
    writeRegister(i.operand0.number, size, result)
  }

  private static func deposit(_ value: UInt64, mask: UInt64) -> UInt64 {
    var (left, bits, result) = (mask, value, UInt64(0))
    while left != 0 {
      if bits & 1 != 0 { result |= left & (0 &- left) }
      bits >>= 1
      left &= left &- 1
    }
    return result
  }

  private static func extract(_ value: UInt64, mask: UInt64) -> UInt64 {
    var (left, place, result) = (mask, UInt64(1), UInt64(0))
    while left != 0 {
      if value & left & (0 &- left) != 0 { result |= place }
      place <<= 1
      left &= left &- 1
    }
    return result
  }

  /// ADCX adds with CF alone, ADOX with OF alone.
  func addWithOneCarry(_ i: Instruction) throws(Fault) {
    let size = i.operand0.size
    let isCarry = i.mnemonic == .adcx
    let b = try read(i, i.operand1)
    let a = r[i.operand0.number] & Processor.mask(size)
    let (partial, carry1) = a.addingReportingOverflow(b)
    let (sum, carry2) = partial.addingReportingOverflow((isCarry ? cf : of) ? 1 : 0)
    let carry = size == 8 ? carry1 || carry2 : sum >> 32 != 0
    writeRegister(i.operand0.number, size, sum)
    if isCarry { setCF(carry) } else { setOF(carry) }
  }

  /// CRC32: polynomial 11EDC6F41H, bits reflected. Counted here as a general instruction, so that it
  /// executes although CPUID reports no SSE4.2.
  func crc32(_ i: Instruction) throws(Fault) {
    var data = try read(i, i.operand1)
    var sum = UInt32(truncatingIfNeeded: r[i.operand0.number])
    for _ in 0..<i.operand1.size {
      sum ^= UInt32(truncatingIfNeeded: data & 0xff)
      for _ in 0..<8 { sum = (sum >> 1) ^ (sum & 1 != 0 ? 0x82f6_3b78 : 0) }
      data >>= 8
    }
    r[i.operand0.number] = UInt64(sum)
  }
}

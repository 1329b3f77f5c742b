import X86

/// The six arithmetic flags, kept as the last result and its carries and worked out when asked for.
///
/// `flagResult`: the result, sign-extended to 64 bits; ZF = it is 0, SF = its bit 63 (but see below),
/// PF = even parity of its low byte.
/// `flagCarries`: bit 63 is CF, bit 63 xor bit 62 is OF, bit 3 is AF. Bits 15:8 are XORed into the
/// low byte before PF is taken and bit 16 into SF, so that any combination that POPF can load has
/// a representation.
extension Processor {
  @inline(__always) var cf: Bool { flagCarries >> 63 != 0 }
  @inline(__always) var zf: Bool { flagResult == 0 }
  @inline(__always) var sf: Bool { (flagResult ^ (flagCarries << 47)) >> 63 != 0 }
  @inline(__always) var of: Bool { (flagCarries ^ (flagCarries << 1)) >> 63 != 0 }
  @inline(__always) var af: Bool { flagCarries & 8 != 0 }
  @inline(__always) var pf: Bool {
    UInt8(truncatingIfNeeded: flagResult ^ (flagCarries >> 8)).nonzeroBitCount & 1 == 0
  }

  /// CF, PF, AF, ZF, SF and OF in their RFLAGS positions; other bits are ignored when set.
  var arithmeticFlags: UInt64 {
    get {
      (cf ? 1 : 0) | (pf ? 4 : 0) | (af ? 0x10 : 0) | (zf ? 0x40 : 0) | (sf ? 0x80 : 0)
        | (of ? 0x800 : 0)
    }
    set {
      let zero = newValue & 0x40 != 0
      let even = newValue & 4 != 0
      flagResult = zero ? 0 : 1
      // Parity of 0 is even, that of 1 odd: one flipped bit makes the other.
      let parity: UInt64 = even == zero ? 0 : 0x100
      let carry = newValue & 1
      let overflow = (newValue >> 11) & 1
      flagCarries =
        (carry << 63) | ((carry ^ overflow) << 62) | ((newValue & 0x10) >> 1) | parity
        | ((newValue & 0x80) << 9)
    }
  }

  func setCF(_ value: Bool) {
    // OF is the XOR of bits 63 and 62: flip both or neither.
    if value != cf { flagCarries ^= 3 << 62 }
  }

  func setOF(_ value: Bool) {
    if value != of { flagCarries ^= 1 << 62 }
  }

  /// ZF alone; SF, PF and AF keep their values.
  func setZF(_ value: Bool) {
    guard value != zf else { return }
    arithmeticFlags = (arithmeticFlags & ~0x40) | (value ? 0x40 : 0)
  }

  /// The condition of Jcc, SETcc and CMOVcc (SDM 1, Appendix B, "EFLAGS Condition Codes").
  @inline(__always)
  func condition(_ code: UInt8) -> Bool {
    let holds: Bool
    switch code >> 1 {
    case 0: holds = of
    case 1: holds = cf
    case 2: holds = zf
    case 3: holds = cf || zf
    case 4: holds = sf
    case 5: holds = pf
    case 6: holds = sf != of
    default: holds = zf || sf != of
    }
    return holds != (code & 1 != 0)
  }
}

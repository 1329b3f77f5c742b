import X86

extension Processor {
  /// ROL, ROR, RCL, RCR, SHL, SHR, SAR by 1, CL or an immediate.
  func shiftOrRotate(_ i: Instruction) throws(Fault) {
    switch i.operand0.size {
    case 1: try shiftOrRotate(i, UInt8.self)
    case 2: try shiftOrRotate(i, UInt16.self)
    case 4: try shiftOrRotate(i, UInt32.self)
    default: try shiftOrRotate(i, UInt64.self)
    }
  }

  private func shiftOrRotate<T: FixedWidthInteger & UnsignedInteger>(
    _ i: Instruction, _: T.Type
  ) throws(Fault) {
    // SDM 2, "SAL/SAR/SHL/SHR": the count is masked to 5 bits, 6 with a 64-bit operand.
    let count = try read(i, i.operand1) & (T.bitWidth == 64 ? 63 : 31)
    let value = T(truncatingIfNeeded: try readForUpdate(i, i.operand0))
    let flags = (flagResult, flagCarries)
    let result: T
    switch i.mnemonic {
    case .shl: result = shiftLeft(value, count)
    case .shr: result = shiftRight(value, count)
    case .sar: result = shiftArithmetic(value, count)
    case .rol: result = rotateLeft(value, count)
    case .ror: result = rotateRight(value, count)
    case .rcl: result = rotateThroughCarryLeft(value, count)
    default: result = rotateThroughCarryRight(value, count)
    }
    do throws(Fault) {
      try write(i, i.operand0, UInt64(result))
    } catch {
      (flagResult, flagCarries) = flags
      throw error
    }
  }

  // Rotates change CF and OF only.

  private func rotateLeft<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ count: UInt64) -> T {
    if count == 0 { return a }
    let n = T(truncatingIfNeeded: count % UInt64(T.bitWidth))
    let result = n == 0 ? a : (a &<< n) | (a &>> (T(T.bitWidth) &- n))
    setCF(result & 1 != 0)
    setOF((result >> T(T.bitWidth - 1)) != (result & 1))
    return result
  }

  private func rotateRight<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ count: UInt64) -> T {
    if count == 0 { return a }
    let n = T(truncatingIfNeeded: count % UInt64(T.bitWidth))
    let result = n == 0 ? a : (a &>> n) | (a &<< (T(T.bitWidth) &- n))
    let top = result >> T(T.bitWidth - 1)
    setCF(top != 0)
    setOF(top != (result >> T(T.bitWidth - 2)) & 1)
    return result
  }

  private func rotateThroughCarryLeft<T: FixedWidthInteger & UnsignedInteger>(
    _ a: T, _ count: UInt64
  ) -> T {
    let n = count % UInt64(T.bitWidth + 1)
    if count == 0 { return a }
    var value = a
    var carry: T = cf ? 1 : 0
    for _ in 0..<n {
      let out = value >> T(T.bitWidth - 1)
      value = (value &<< 1) | carry
      carry = out
    }
    setCF(carry != 0)
    setOF((value >> T(T.bitWidth - 1)) != carry)
    return value
  }

  private func rotateThroughCarryRight<T: FixedWidthInteger & UnsignedInteger>(
    _ a: T, _ count: UInt64
  ) -> T {
    let n = count % UInt64(T.bitWidth + 1)
    if count == 0 { return a }
    var value = a
    var carry: T = cf ? 1 : 0
    for _ in 0..<n {
      let out = value & 1
      value = (value &>> 1) | (carry &<< T(T.bitWidth - 1))
      carry = out
    }
    setCF(carry != 0)
    setOF((value >> T(T.bitWidth - 1)) != (value >> T(T.bitWidth - 2)) & 1)
    return value
  }

  /// SHLD and SHRD. With a 16-bit operand and a count above 16 the result is undefined; here the
  /// operand pair is rotated on, as processors do.
  func doubleShift(_ i: Instruction) throws(Fault) {
    let size = i.operand0.size
    let bits = UInt64(size) * 8
    let count = try read(i, i.operand2) & (size == 8 ? 63 : 31)
    let destination = try readForUpdate(i, i.operand0)
    let source = try read(i, i.operand1)
    // A 32-bit destination is zero-extended even when the count is 0.
    if count == 0 { return try write(i, i.operand0, destination) }
    let isLeft = i.mnemonic == .shld
    let (result, carry) = Processor.doubleShift(
      destination, source, count, bits: bits, isLeft: isLeft)
    try write(i, i.operand0, result)
    let top = (result >> (bits - 1)) & 1
    let oldTop = (destination >> (bits - 1)) & 1
    flagResult = Processor.signExtended(result, size)
    flagCarries = (carry << 63) | ((carry ^ top ^ oldTop) << 62)
  }

  private static func doubleShift(
    _ destination: UInt64, _ source: UInt64, _ count: UInt64, bits: UInt64, isLeft: Bool
  ) -> (result: UInt64, carry: UInt64) {
    var value = destination
    var feed = source
    var carry: UInt64 = 0
    let top = UInt64(1) << (bits - 1)
    let mask = top | (top - 1)
    for step in 0..<count {
      // After 16 bits of a 16-bit operand the destination itself is fed in again.
      if step == bits { feed = destination }
      if isLeft {
        carry = value & top != 0 ? 1 : 0
        value = ((value << 1) & mask) | (feed & top != 0 ? 1 : 0)
        feed = (feed << 1) & mask
      } else {
        carry = value & 1
        value = (value >> 1) | (feed & 1 != 0 ? top : 0)
        feed >>= 1
      }
    }
    return (value, carry)
  }
}

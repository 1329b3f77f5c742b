import X86

extension Processor {
  /// ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST in all sizes and forms.
  func binary(_ i: Instruction) throws(Fault) {
    switch i.operand0.size {
    case 1: try binary(i, UInt8.self)
    case 2: try binary(i, UInt16.self)
    case 4: try binary(i, UInt32.self)
    default: try binary(i, UInt64.self)
    }
  }

  private func binary<T: FixedWidthInteger & UnsignedInteger>(
    _ i: Instruction, _: T.Type
  ) throws(Fault) {
    let keepsResult = i.mnemonic != .cmp && i.mnemonic != .test
    let b = T(truncatingIfNeeded: try read(i, i.operand1))
    let a = T(
      truncatingIfNeeded: keepsResult
        ? try readForUpdate(i, i.operand0) : try read(i, i.operand0))
    let carry: T = cf ? 1 : 0
    // A store that faults must leave the flags alone.
    let flags = (flagResult, flagCarries)
    let result: T
    switch i.mnemonic {
    case .add: result = add(a, b)
    case .adc: result = add(a, b, carry: carry)
    case .sub, .cmp: result = subtract(a, b)
    case .sbb: result = subtract(a, b, borrow: carry)
    case .or: result = logic(a | b)
    case .xor: result = logic(a ^ b)
    default: result = logic(a & b)
    }
    guard keepsResult else { return }
    do throws(Fault) {
      try write(i, i.operand0, UInt64(result))
    } catch {
      (flagResult, flagCarries) = flags
      throw error
    }
  }

  /// NOT, NEG, INC, DEC.
  func unary(_ i: Instruction) throws(Fault) {
    switch i.operand0.size {
    case 1: try unary(i, UInt8.self)
    case 2: try unary(i, UInt16.self)
    case 4: try unary(i, UInt32.self)
    default: try unary(i, UInt64.self)
    }
  }

  private func unary<T: FixedWidthInteger & UnsignedInteger>(
    _ i: Instruction, _: T.Type
  ) throws(Fault) {
    let value = T(truncatingIfNeeded: try readForUpdate(i, i.operand0))
    let flags = (flagResult, flagCarries)
    let result: T
    switch i.mnemonic {
    case .not: result = ~value
    case .neg: result = subtract(0, value)
    case .inc: result = increment(value)
    default: result = decrement(value)
    }
    do throws(Fault) {
      try write(i, i.operand0, UInt64(result))
    } catch {
      (flagResult, flagCarries) = flags
      throw error
    }
  }

  /// MUL and all forms of IMUL.
  func multiply(_ i: Instruction) throws(Fault) {
    if i.operandCount >= 2 { return try multiplyIntoRegister(i) }
    let size = i.operand0.size
    let value = try read(i, i.operand0)
    let accumulator = r[0] & Processor.mask(size)
    let (high, low, overflows) =
      i.mnemonic == .mul
      ? Processor.product(accumulator, value, size)
      : Processor.signedProduct(accumulator, value, size)
    if size == 1 {
      write16(0, UInt16(truncatingIfNeeded: high << 8 | low))
    } else {
      writeRegister(0, size, low)
      writeRegister(2, size, high)
    }
    keepProductFlags(low, size, overflows)
  }

  private func multiplyIntoRegister(_ i: Instruction) throws(Fault) {
    let size = i.operand0.size
    let left = i.operandCount == 3 ? try read(i, i.operand1) : r[i.operand0.number]
    let right =
      i.operandCount == 3 ? i.immediate & Processor.mask(size) : try read(i, i.operand1)
    let (_, low, overflows) = Processor.signedProduct(left & Processor.mask(size), right, size)
    writeRegister(i.operand0.number, size, low)
    keepProductFlags(low, size, overflows)
  }

  private func keepProductFlags(_ low: UInt64, _ size: UInt8, _ overflows: Bool) {
    flagResult = Processor.signExtended(low, size)
    flagCarries = overflows ? 1 << 63 : 0
  }

  static func product(
    _ a: UInt64, _ b: UInt64, _ size: UInt8
  ) -> (high: UInt64, low: UInt64, overflows: Bool) {
    if size == 8 {
      let (high, low) = a.multipliedFullWidth(by: b)
      return (high, low, high != 0)
    }
    let bits = UInt64(size) * 8
    let product = a &* b
    let high = product >> bits & mask(size)
    return (high, product & mask(size), high != 0)
  }

  static func signedProduct(
    _ a: UInt64, _ b: UInt64, _ size: UInt8
  ) -> (high: UInt64, low: UInt64, overflows: Bool) {
    let left = Int64(bitPattern: signExtended(a, size))
    let right = Int64(bitPattern: signExtended(b, size))
    let (wideHigh, wideLow) = left.multipliedFullWidth(by: right)
    let low = wideLow & mask(size)
    let high =
      size == 8
      ? UInt64(bitPattern: wideHigh) : (wideLow >> (UInt64(size) * 8)) & mask(size)
    // It fits when the upper half repeats the sign of the lower.
    let fits =
      signExtended(low, size) == wideLow && wideHigh == Int64(bitPattern: wideLow) >> 63
    return (high, low, !fits)
  }

  /// DIV and IDIV; flags are undefined and kept. #DE for a zero divisor or a quotient too wide.
  func divide(_ i: Instruction) throws(Fault) {
    let size = i.operand0.size
    let divisor = try read(i, i.operand0)
    if divisor == 0 { throw exception(0) }
    let low = size == 1 ? r[0] & 0xff : r[0] & Processor.mask(size)
    let high = size == 1 ? (r[0] >> 8) & 0xff : r[2] & Processor.mask(size)
    let result =
      i.mnemonic == .div
      ? Processor.quotient(high, low, divisor, size)
      : Processor.signedQuotient(high, low, divisor, size)
    guard let (quotient, remainder) = result else { throw exception(0) }
    if size == 1 {
      write16(0, UInt16(truncatingIfNeeded: (remainder & 0xff) << 8 | quotient & 0xff))
    } else {
      writeRegister(0, size, quotient)
      writeRegister(2, size, remainder)
    }
  }

  static func quotient(
    _ high: UInt64, _ low: UInt64, _ divisor: UInt64, _ size: UInt8
  ) -> (UInt64, UInt64)? {
    if size == 8 {
      guard high < divisor else { return nil }
      let (quotient, remainder) = divisor.dividingFullWidth((high, low))
      return (quotient, remainder)
    }
    let dividend = high << (UInt64(size) * 8) | low
    let quotient = dividend / divisor
    guard quotient <= mask(size) else { return nil }
    return (quotient, dividend % divisor)
  }

  static func signedQuotient(
    _ high: UInt64, _ low: UInt64, _ divisor: UInt64, _ size: UInt8
  ) -> (UInt64, UInt64)? {
    let signed = Int64(bitPattern: signExtended(divisor, size))
    // Divide magnitudes, then give quotient and remainder their signs: it truncates towards 0.
    let wideHigh = size == 8 ? high : signExtended(high, size)
    var magnitudeLow = size == 8 ? low : wideHigh << (UInt64(size) * 8) | low
    var magnitudeHigh =
      size == 8 ? wideHigh : UInt64(bitPattern: Int64(bitPattern: magnitudeLow) >> 63)
    let isNegative = magnitudeHigh >> 63 != 0
    if isNegative {
      magnitudeLow = 0 &- magnitudeLow
      magnitudeHigh = ~magnitudeHigh &+ (magnitudeLow == 0 ? 1 : 0)
    }
    let unsignedDivisor = signed.magnitude
    guard magnitudeHigh < unsignedDivisor else { return nil }
    let (quotient, remainder) = unsignedDivisor.dividingFullWidth((magnitudeHigh, magnitudeLow))
    let quotientIsNegative = isNegative != (signed < 0)
    let limit = (UInt64(1) << (UInt64(size) * 8 - 1)) &- (quotientIsNegative ? 0 : 1)
    guard quotient <= limit else { return nil }
    return (
      quotientIsNegative ? 0 &- quotient : quotient, isNegative ? 0 &- remainder : remainder
    )
  }
}

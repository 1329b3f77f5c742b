import X86

/// Results with their flags, for every operand size (SDM 1, "Status Flags").
extension Processor {
  /// Keeps `result` and the carry out of each bit; see LazyFlags.swift.
  @inline(__always)
  func keepFlags<T: FixedWidthInteger & UnsignedInteger>(_ result: T, carries: T) {
    let shift = UInt64(64 - T.bitWidth)
    let wide = Int64(bitPattern: UInt64(result) &<< shift)
    flagResult = UInt64(bitPattern: wide &>> Int64(shift))
    flagCarries = ((UInt64(carries) &<< shift) & (3 << 62)) | (UInt64(carries) & 8)
  }

  @inline(__always)
  func add<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ b: T, carry: T = 0) -> T {
    let result = a &+ b &+ carry
    keepFlags(result, carries: (a & b) | ((a | b) & ~result))
    return result
  }

  @inline(__always)
  func subtract<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ b: T, borrow: T = 0) -> T {
    let result = a &- b &- borrow
    keepFlags(result, carries: (~a & b) | ((~a | b) & result))
    return result
  }

  /// AND, OR, XOR and TEST: CF and OF are cleared; AF is undefined, and cleared here.
  @inline(__always)
  func logic<T: FixedWidthInteger & UnsignedInteger>(_ result: T) -> T {
    keepFlags(result, carries: 0)
    return result
  }

  /// INC: CF keeps its value.
  @inline(__always)
  func increment<T: FixedWidthInteger & UnsignedInteger>(_ a: T) -> T {
    let carry = cf
    let result = add(a, 1)
    restoreCarry(carry)
    return result
  }

  @inline(__always)
  func decrement<T: FixedWidthInteger & UnsignedInteger>(_ a: T) -> T {
    let carry = cf
    let result = subtract(a, 1)
    restoreCarry(carry)
    return result
  }

  @inline(__always)
  private func restoreCarry(_ carry: Bool) {
    if carry != cf { flagCarries ^= 3 << 62 }
  }

  // MARK: Shifts

  // `count` is already masked to 5 or 6 bits by the caller. A count of 0 changes no flag. OF is defined
  // for a count of 1 only; it is computed for others as processors do, from the last bit shifted.

  @inline(__always)
  func shiftLeft<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ count: UInt64) -> T {
    if count == 0 { return a }
    let width = UInt64(T.bitWidth)
    let result = count >= width ? 0 : a &<< T(truncatingIfNeeded: count)
    let carry = count > width ? 0 : (UInt64(a) >> (width &- count)) & 1
    keepShiftFlags(result, carry: carry, overflow: (UInt64(result) >> (width - 1)) ^ carry)
    return result
  }

  @inline(__always)
  func shiftRight<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ count: UInt64) -> T {
    if count == 0 { return a }
    let width = UInt64(T.bitWidth)
    let result = count >= width ? 0 : a &>> T(truncatingIfNeeded: count)
    let carry = count > width ? 0 : (UInt64(a) >> (count &- 1)) & 1
    keepShiftFlags(
      result, carry: carry,
      overflow: ((UInt64(result) >> (width - 1)) ^ (UInt64(result) >> (width - 2))) & 1)
    return result
  }

  @inline(__always)
  func shiftArithmetic<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ count: UInt64) -> T {
    if count == 0 { return a }
    let shift = Int64(64 - T.bitWidth)
    let wide = Int64(bitPattern: UInt64(a) &<< UInt64(shift)) &>> shift
    let result = T(truncatingIfNeeded: wide &>> Int64(min(count, 63)))
    let carry = UInt64(bitPattern: wide >> Int64(min(count &- 1, 63))) & 1
    keepShiftFlags(result, carry: carry, overflow: 0)
    return result
  }

  /// Result with CF and OF given, AF cleared.
  @inline(__always)
  func keepShiftFlags<T: FixedWidthInteger & UnsignedInteger>(
    _ result: T, carry: UInt64, overflow: UInt64
  ) {
    keepFlags(result, carries: 0)
    flagCarries = (carry << 63) | (((carry ^ overflow) & 1) << 62)
  }

  // MARK: Multiplication

  /// IMUL with two or three operands: CF = OF = the product does not fit.
  @inline(__always)
  func multiply<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ b: T) -> T {
    let shift = Int64(64 - T.bitWidth)
    let left = Int64(bitPattern: UInt64(a) &<< UInt64(shift)) &>> shift
    let right = Int64(bitPattern: UInt64(b) &<< UInt64(shift)) &>> shift
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    let result = T(truncatingIfNeeded: product)
    let fits =
      !overflow && Int64(bitPattern: UInt64(result) &<< UInt64(shift)) &>> shift == product
    // SF is that of the result; ZF, AF and PF are undefined.
    keepFlags(result, carries: 0)
    flagCarries = fits ? 0 : 1 << 63
    return result
  }
}

import X86

/// A comparison and the conditional branch behind it in one go.
extension Processor {
  /// Behind the first of a pair: takes the branch of the second or not, if that may execute now. One
  /// that would fault is left to its own op.
  @inline(__always)
  private func finishPair(_ op: OpReference, _ isTaken: Bool) -> Flow {
    // SAFETY: the op behind the first of a pair lies in the arena, see DecodedOp.fuse.
    let branch = unsafe OpReference(pointer: op.pointer + 1)
    if unsafe branch.pointer >= blockEnd { return .next }
    if !isTaken { return .behindPair }
    let target = (r[17] &+ branch.immediate) & linearMask
    if target >= codeEnd || (target ^ r[17]) >> 47 != 0 { return .next }
    r[17] = target
    return .leaveBehindPair
  }

  /// Condition `code` behind CMP of `a` with `b`.
  @inline(__always)
  private func holds<T: FixedWidthInteger & UnsignedInteger>(_ code: UInt8, _ a: T, _ b: T) -> Bool
  {
    let sign: T = 1 &<< T(truncatingIfNeeded: T.bitWidth &- 1)
    let result: Bool
    switch code >> 1 {
    case 1: result = a < b
    case 2: result = a == b
    case 3: result = a <= b
    case 4: result = (a &- b) & sign != 0
    case 6: result = (a ^ sign) < (b ^ sign)
    default: result = (a ^ sign) <= (b ^ sign)
    }
    return result != (code & 1 != 0)
  }

  @inline(__always)
  private func compare<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _ code: UInt8, _ a: T, _ b: T
  ) -> Flow {
    _ = subtract(a, b)
    return finishPair(op, holds(code, a, b))
  }

  @inline(__always)
  func compareRR<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _ code: UInt8, _: T.Type
  ) throws(Fault) -> Flow {
    compare(
      op, code, T(truncatingIfNeeded: r[op.destination]), T(truncatingIfNeeded: r[op.source]))
  }

  @inline(__always)
  func compareRI<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _ code: UInt8, _: T.Type
  ) throws(Fault) -> Flow {
    compare(
      op, code, T(truncatingIfNeeded: r[op.destination]), T(truncatingIfNeeded: op.immediate))
  }

  @inline(__always)
  func compareMI<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _ code: UInt8, _: T.Type
  ) throws(Fault) -> Flow {
    let value = try load(op.segment, address(op), as: T.self)
    return compare(op, code, value, T(truncatingIfNeeded: op.immediate))
  }

  @inline(__always)
  func testRR<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _ code: UInt8, _: T.Type
  ) throws(Fault) -> Flow {
    let result = logic(
      T(truncatingIfNeeded: r[op.destination]) & T(truncatingIfNeeded: r[op.source]))
    // CF and OF are 0, as behind a comparison with 0.
    return finishPair(op, holds(code, result, 0))
  }

  @inline(__always)
  func decrementAndBranch<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _: T.Type
  ) throws(Fault) -> Flow {
    let result = decrement(T(truncatingIfNeeded: r[op.destination]))
    setRegister(op.destination, result)
    return finishPair(op, result != 0)
  }
}

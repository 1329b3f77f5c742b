import X86

/// The operations of the hot path's two-operand forms.
enum ALUOperation { case add, sub, and, or, xor, cmp, test }

/// The operand forms of the hot path, and the arithmetic that they share with the general path.
extension Processor {
  @inline(__always)
  func address(_ op: OpReference) -> UInt64 {
    let displacement = UInt64(bitPattern: Int64(op.displacement))
    return (r[op.base] &+ (r[op.index] &<< UInt64(op.scale)) &+ displacement) & op.addressMask
  }

  /// Writes a 32-bit register zero-extended, a 64-bit one whole (SDM 1, "General-Purpose Registers in
  /// 64-Bit Mode").
  @inline(__always)
  func setRegister<T: FixedWidthInteger & UnsignedInteger>(_ number: UInt8, _ value: T) {
    if T.bitWidth == 8 {
      write8(number, UInt8(truncatingIfNeeded: value))
    } else if T.bitWidth == 16 {
      write16(number, UInt16(truncatingIfNeeded: value))
    } else {
      r[number] = UInt64(value)
    }
  }

  @inline(__always)
  func write8(_ number: UInt8, _ value: UInt8) {
    r[number] = (r[number] & ~0xff) | UInt64(value)
  }

  @inline(__always)
  func write16(_ number: UInt8, _ value: UInt16) {
    r[number] = (r[number] & ~0xffff) | UInt64(value)
  }

  /// Result and flags of `a op b`; nil for CMP and TEST, which keep only the flags.
  @inline(__always)
  func alu<T: FixedWidthInteger & UnsignedInteger>(_ operation: ALUOperation, _ a: T, _ b: T) -> T {
    switch operation {
    case .add: return add(a, b)
    case .sub, .cmp: return subtract(a, b)
    case .and, .test: return logic(a & b)
    case .or: return logic(a | b)
    case .xor: return logic(a ^ b)
    }
  }

  @inline(__always)
  func aluRR<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _ operation: ALUOperation, _: T.Type
  ) throws(Fault) {
    let result = alu(
      operation, T(truncatingIfNeeded: r[op.destination]), T(truncatingIfNeeded: r[op.source]))
    if operation != .cmp && operation != .test { setRegister(op.destination, result) }
  }

  @inline(__always)
  func aluRI<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _ operation: ALUOperation, _: T.Type
  ) throws(Fault) {
    let result = alu(
      operation, T(truncatingIfNeeded: r[op.destination]), T(truncatingIfNeeded: op.immediate))
    if operation != .cmp && operation != .test { setRegister(op.destination, result) }
  }

  @inline(__always)
  func aluRM<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _ operation: ALUOperation, _: T.Type
  ) throws(Fault) {
    let value = try load(op.segment, address(op), as: T.self)
    let result = alu(operation, T(truncatingIfNeeded: r[op.destination]), value)
    if operation != .cmp && operation != .test { setRegister(op.destination, result) }
  }

  @inline(__always)
  func aluMR<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _ operation: ALUOperation, _: T.Type
  ) throws(Fault) {
    try aluMemory(op, operation, T(truncatingIfNeeded: r[op.source]))
  }

  @inline(__always)
  func aluMI<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _ operation: ALUOperation, _: T.Type
  ) throws(Fault) {
    try aluMemory(op, operation, T(truncatingIfNeeded: op.immediate))
  }

  @inline(__always)
  private func aluMemory<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _ operation: ALUOperation, _ operand: T
  ) throws(Fault) {
    let place = address(op)
    if operation == .cmp || operation == .test {
      _ = alu(operation, try load(op.segment, place, as: T.self), operand)
      return
    }
    let value = try loadForUpdate(op.segment, place, as: T.self)
    try store(op.segment, place, alu(operation, value, operand))
  }

  // MARK: Stack

  @inline(__always)
  func push<T: FixedWidthInteger & UnsignedInteger>(_ value: T) throws(Fault) {
    let old = r[4]
    let new = (old &- UInt64(MemoryLayout<T>.size)) & stackMask
    try store(2, new, value)
    r[4] = (old & ~stackMask) | new
  }

  @inline(__always)
  func pop<T: FixedWidthInteger & UnsignedInteger>(as type: T.Type) throws(Fault) -> T {
    let old = r[4]
    let value = try load(2, old & stackMask, as: type)
    r[4] = (old & ~stackMask) | ((old &+ UInt64(MemoryLayout<T>.size)) & stackMask)
    return value
  }

  // MARK: Near branches

  /// The target of a branch by `distance` from the start of the block.
  @inline(__always)
  private func target(_ distance: UInt64) throws(Fault) -> UInt64 {
    // 32- and 64-bit code only: the general path truncates to 16 bits.
    let target = (r[17] &+ distance) & linearMask
    // Near a canonical address with the same upper bits, all are canonical.
    if target >= codeEnd || (target ^ r[17]) >> 47 != 0 { try checkBranchTarget(target) }
    return target
  }

  @inline(__always)
  func branch(_ op: OpReference) throws(Fault) { r[17] = try target(op.immediate) }

  @inline(__always)
  func branch(_ op: OpReference, if condition: Bool) throws(Fault) -> Flow {
    guard condition else { return .next }
    try branch(op)
    return .leave
  }

  @inline(__always)
  func callRelative(_ op: OpReference) throws(Fault) {
    let target = try target(op.immediate)
    let next = r[17] &+ UInt64(op.end)
    if mode == .long { try push(next) } else { try push(UInt32(truncatingIfNeeded: next)) }
    r[17] = target
  }

  @inline(__always)
  func returnNear() throws(Fault) {
    let old = r[4]
    let target = mode == .long ? try pop(as: UInt64.self) : UInt64(try pop(as: UInt32.self))
    if target >= codeEnd || (target ^ r[17]) >> 47 != 0 {
      do { try checkBranchTarget(target) } catch {
        r[4] = old
        throw error
      }
    }
    r[17] = target
  }

  /// The target of an indirect branch, of 64 bits in 64-bit mode and of 32 elsewhere.
  @inline(__always)
  func checkedTarget(_ value: UInt64) throws(Fault) -> UInt64 {
    let target = value & linearMask
    if target >= codeEnd || (target ^ r[17]) >> 47 != 0 { try checkBranchTarget(target) }
    return target
  }

  @inline(__always)
  func loadPointer(_ op: OpReference) throws(Fault) -> UInt64 {
    if mode == .long { return try load(op.segment, address(op), as: UInt64.self) }
    return UInt64(try load(op.segment, address(op), as: UInt32.self))
  }

  @inline(__always)
  func callNear(_ op: OpReference, _ value: UInt64) throws(Fault) {
    let target = try checkedTarget(value)
    let next = r[17] &+ UInt64(op.end)
    if mode == .long { try push(next) } else { try push(UInt32(truncatingIfNeeded: next)) }
    r[17] = target
  }

  /// LEAVE: RSP is that of the frame, and RBP that of the one before.
  @inline(__always)
  func leaveFrame() throws(Fault) {
    let frame = r[5] & stackMask
    let isLong = mode == .long
    let value =
      isLong ? try load(2, frame, as: UInt64.self) : UInt64(try load(2, frame, as: UInt32.self))
    r[4] = (r[4] & ~stackMask) | ((frame &+ (isLong ? 8 : 4)) & stackMask)
    r[5] = value
  }

  @inline(__always)
  func adc<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _ operand: UInt64, _: T.Type
  ) {
    let value = T(truncatingIfNeeded: r[op.destination])
    setRegister(op.destination, add(value, T(truncatingIfNeeded: operand), carry: cf ? 1 : 0))
  }

  @inline(__always)
  func sbb<T: FixedWidthInteger & UnsignedInteger>(
    _ op: OpReference, _ operand: UInt64, _: T.Type
  ) {
    let value = T(truncatingIfNeeded: r[op.destination])
    setRegister(
      op.destination, subtract(value, T(truncatingIfNeeded: operand), borrow: cf ? 1 : 0))
  }

  /// SDM 2, "JMP", "CALL", "RET": #GP(0) if the target is outside the code segment or not canonical.
  @inline(__always)
  func checkBranchTarget(_ target: UInt64) throws(Fault) {
    if mode == .long ? !isCanonical(target) : target >= codeEnd { throw generalProtection() }
  }
}

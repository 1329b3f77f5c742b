import X86

/// Operands of any kind and size, for the general path. Values are zero-extended to 64 bits.
extension Processor {
  /// Offset of the memory operand in its segment.
  func effectiveAddress(_ i: Instruction) -> UInt64 {
    let sum = r[i.base] &+ (r[i.index] << UInt64(i.scale)) &+ UInt64(bitPattern: i.displacement)
    switch i.addressSize {
    case 2: return sum & 0xffff
    case 4: return sum & 0xffff_ffff
    default: return sum
    }
  }

  func read(_ i: Instruction, _ operand: Operand) throws(Fault) -> UInt64 {
    switch operand.kind {
    case .register: return r[operand.number] & Processor.mask(operand.size)
    case .highByte: return (r[operand.number & 3] >> 8) & 0xff
    case .memory: return try loadSized(i.segment.rawValue, effectiveAddress(i), operand.size)
    case .immediate: return i.immediate & Processor.mask(operand.size)
    case .one: return 1
    case .segment: return UInt64(segments[operand.number].segment.selector)
    default: return 0
    }
  }

  /// Reads an operand that is written afterwards: a write that would fault does so now.
  func readForUpdate(_ i: Instruction, _ operand: Operand) throws(Fault) -> UInt64 {
    guard operand.kind == .memory else { return try read(i, operand) }
    let offset = effectiveAddress(i)
    let segment = i.segment.rawValue
    switch operand.size {
    case 1: return UInt64(try loadForUpdate(segment, offset, as: UInt8.self))
    case 2: return UInt64(try loadForUpdate(segment, offset, as: UInt16.self))
    case 4: return UInt64(try loadForUpdate(segment, offset, as: UInt32.self))
    default: return try loadForUpdate(segment, offset, as: UInt64.self)
    }
  }

  func write(_ i: Instruction, _ operand: Operand, _ value: UInt64) throws(Fault) {
    switch operand.kind {
    case .register: writeRegister(operand.number, operand.size, value)
    case .highByte:
      let number = operand.number & 3
      r[number] = (r[number] & ~0xff00) | ((value & 0xff) << 8)
    case .memory:
      try storeSized(i.segment.rawValue, effectiveAddress(i), operand.size, value)
    default: break
    }
  }

  /// 8- and 16-bit writes keep the rest of the register, 32-bit writes clear its upper half.
  func writeRegister(_ number: UInt8, _ size: UInt8, _ value: UInt64) {
    switch size {
    case 1: write8(number, UInt8(truncatingIfNeeded: value))
    case 2: write16(number, UInt16(truncatingIfNeeded: value))
    case 4: r[number] = value & 0xffff_ffff
    default: r[number] = value
    }
  }

  func loadSized(_ segment: UInt8, _ offset: UInt64, _ size: UInt8) throws(Fault) -> UInt64 {
    switch size {
    case 1: return UInt64(try load(segment, offset, as: UInt8.self))
    case 2: return UInt64(try load(segment, offset, as: UInt16.self))
    case 4: return UInt64(try load(segment, offset, as: UInt32.self))
    default: return try load(segment, offset, as: UInt64.self)
    }
  }

  func storeSized(
    _ segment: UInt8, _ offset: UInt64, _ size: UInt8, _ value: UInt64
  ) throws(Fault) {
    switch size {
    case 1: try store(segment, offset, UInt8(truncatingIfNeeded: value))
    case 2: try store(segment, offset, UInt16(truncatingIfNeeded: value))
    case 4: try store(segment, offset, UInt32(truncatingIfNeeded: value))
    default: try store(segment, offset, value)
    }
  }

  func pushSized(_ size: UInt8, _ value: UInt64) throws(Fault) {
    switch size {
    case 2: try push(UInt16(truncatingIfNeeded: value))
    case 4: try push(UInt32(truncatingIfNeeded: value))
    default: try push(value)
    }
  }

  func popSized(_ size: UInt8) throws(Fault) -> UInt64 {
    switch size {
    case 2: return UInt64(try pop(as: UInt16.self))
    case 4: return UInt64(try pop(as: UInt32.self))
    default: return try pop(as: UInt64.self)
    }
  }

  static func mask(_ size: UInt8) -> UInt64 {
    switch size {
    case 1: 0xff
    case 2: 0xffff
    case 4: 0xffff_ffff
    default: ~0
    }
  }

  /// `value`, of `size` bytes, with its sign extended to 64 bits.
  static func signExtended(_ value: UInt64, _ size: UInt8) -> UInt64 {
    let shift = Int64(64 - Int(min(max(size, 1), 8)) * 8)
    return UInt64(bitPattern: (Int64(bitPattern: value) << shift) >> shift)
  }
}

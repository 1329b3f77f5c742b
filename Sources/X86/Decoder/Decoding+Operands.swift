extension Operand {
  /// `number` of an immediate that was one byte, sign-extended to `size`.
  static let signedByte: UInt8 = 1
  /// The same, of four bytes.
  static let signedDouble: UInt8 = 2
  /// `number` of a memory operand whose SIB byte names a base alone that needs none.
  static let plainSIB: UInt8 = 1
}

extension Decoding {
  mutating func readOperand(_ form: OperandForm) throws(DecodeError) -> Operand {
    let width = bytes(of: form.type)
    switch form.method {
    case .g: return register((modRM >> 3) & 7, rex & 4, width)
    case .e:
      if mod != 3 { return memory(form.type == .registerOrWord ? 2 : width) }
      return register(modRM & 7, rex & 1, width)
    case .m:
      guard mod != 3 else { throw .undefined }
      return memory(width)
    case .w: return mod != 3 ? memory(0) : Operand()
    case .u:
      guard mod == 3 else { throw .undefined }
      return Operand()
    case .r: return register(modRM & 7, rex & 1, width)
    case .z: return register(opcode & 7, rex & 1, width)
    case .b: return Operand(kind: .register, size: width, number: vvvv)
    case .fixedRegister: return Operand(kind: .register, size: width, number: form.number)
    case .fixedSegment: return Operand(kind: .segment, size: 2, number: form.number)
    case .one: return Operand(kind: .one, size: 1)
    case .x: return Operand(kind: .stringSource, size: width)
    case .y: return Operand(kind: .stringDestination, size: width)
    case .i, .signedByte, .j, .a, .o: return try readImmediateOperand(form, width)
    case .s, .c, .d: return try systemRegister(form)
    case .none: return Operand()
    }
  }

  private func bytes(of type: OperandType) -> UInt8 {
    let operand = instruction.operandSize
    switch type {
    case .none: return 0
    case .b: return 1
    case .w: return 2
    case .d: return 4
    case .q: return 8
    case .dq: return 16
    case .v, .registerOrWord: return operand
    case .z: return operand == 2 ? 2 : 4
    case .y: return operand == 8 ? 8 : 4
    case .a: return operand &* 2
    case .p: return operand &+ 2
    case .s: return is64 ? 10 : 6
    case .quadOrDouble: return operand == 8 ? 16 : 8
    }
  }

  private func memory(_ width: UInt8) -> Operand {
    Operand(kind: .memory, size: width, number: isPlainSIB ? Operand.plainSIB : 0)
  }

  /// `extra` is the REX bit, as it stands in REX. Without REX, byte registers 4 to 7 are AH to BH.
  private func register(_ low: UInt8, _ extra: UInt8, _ width: UInt8) -> Operand {
    if width == 1 && rex == 0 && low >= 4 {
      return Operand(kind: .highByte, size: 1, number: low &- 4)
    }
    return Operand(kind: .register, size: width, number: extra == 0 ? low : low | 8)
  }

  private func systemRegister(_ form: OperandForm) throws(DecodeError) -> Operand {
    let low = (modRM >> 3) & 7
    let number = rex & 4 == 0 ? low : low | 8
    switch form.method {
    case .s:
      guard low < 6 else { throw .undefined }
      return Operand(kind: .segment, size: 2, number: low)
    case .c:
      // SDM 2B, "MOV: Move to/from Control Registers": CR1, CR5 to CR7 and CR9 to CR15 are
      // undefined.
      guard (number < 5 && number != 1) || number == 8 else { throw .undefined }
      return Operand(kind: .control, size: is64 ? 8 : 4, number: number)
    default:
      guard number < 8 else { throw .undefined }
      return Operand(kind: .debug, size: is64 ? 8 : 4, number: number)
    }
  }

  private mutating func readImmediateOperand(
    _ form: OperandForm, _ width: UInt8
  ) throws(DecodeError) -> Operand {
    switch form.method {
    case .o:
      instruction.displacement = Int64(bitPattern: try next(instruction.addressSize))
      return memory(width)
    case .a:
      instruction.immediate = try next(instruction.operandSize)
      instruction.immediate2 = UInt16(truncatingIfNeeded: try next(2))
      return Operand(kind: .farPointer, size: width)
    case .j:
      instruction.immediate = try nextSigned(width)
      return Operand(kind: .relative, size: instruction.operandSize)
    case .signedByte:
      instruction.immediate = try nextSigned(1)
      return Operand(kind: .immediate, size: width, number: Operand.signedByte)
    default:
      return try readImmediate(form.type, width)
    }
  }

  private mutating func readImmediate(
    _ type: OperandType, _ width: UInt8
  ) throws(DecodeError) -> Operand {
    if type == .z {
      instruction.immediate = try nextSigned(width)
      let number = instruction.operandSize == 8 ? Operand.signedDouble : 0
      return Operand(kind: .immediate, size: instruction.operandSize, number: number)
    }
    let value = try next(width)
    if type == .b && instruction.mnemonic == .enter {
      instruction.immediate2 = UInt16(truncatingIfNeeded: value)
    } else {
      instruction.immediate = value
    }
    return Operand(kind: .immediate, size: width)
  }
}

import X86

/// The choice of a hot-path handler for a decoded instruction. What has no row here is `general`.
extension DecodedOp {
  init(_ instruction: Instruction) {
    length = instruction.length
    base = instruction.base
    index = instruction.index
    scale = instruction.scale
    segment = instruction.segment.rawValue
    addressMask = Processor.mask(instruction.addressSize)
    displacement = Int32(truncatingIfNeeded: instruction.displacement)
    immediate = instruction.immediate
    // A 64-bit absolute address.
    let isWide =
      instruction.addressSize == 8 && Int64(displacement) != instruction.displacement
    if isWide { return }
    let forbidden: Instruction.Prefixes = [.lock, .rep, .repne]
    // F2 and F3 have no effect on these, but the general path says so, not this one.
    guard instruction.prefixes.isDisjoint(with: forbidden) else { return }
    handler = choose(instruction) ?? .general
  }

  private mutating func choose(_ i: Instruction) -> Handler? {
    let first = i.operand0
    let second = i.operand1
    destination = first.number
    source = second.number
    switch i.mnemonic {
    case .nop: return i.operandCount == 0 ? .nop : nil
    case .mov: return move(first, second)
    case .movzx: return extend(first, second, Self.movzx)
    case .movsx: return first.size == 4 ? extend(first, second, Self.movsx) : nil
    case .movsxd: return first.size == 8 ? (second.kind == .memory ? .movsxdRM : .movsxdRR) : nil
    case .lea: return first.size == 4 ? .lea32 : first.size == 8 ? .lea64 : nil
    case .add: return form(first, second, Self.add)
    case .sub: return form(first, second, Self.sub)
    case .and: return form(first, second, Self.and)
    case .or: return form(first, second, Self.or)
    case .xor: return form(first, second, Self.xor)
    case .cmp: return form(first, second, Self.cmp)
    case .test: return form(first, second, Self.test)
    case .inc: return unary(first, [.incR32, .incR64, .incM32])
    case .dec: return unary(first, [.decR32, .decR64, .decM32])
    case .shl: return shift(i, [.shlRI32, .shlRI64])
    case .shr: return shift(i, [.shrRI32, .shrRI64])
    case .sar: return shift(i, [.sarRI32, .sarRI64])
    case .imul: return multiply(i)
    case .push: return push(first, i.operandSize)
    case .pop:
      guard first.kind == .register else { return nil }
      return first.size == 4 ? .popR32 : first.size == 8 ? .popR64 : nil
    case .call: return first.kind == .relative && i.operandSize != 2 ? .callRelative : nil
    case .ret: return i.operandCount == 0 && i.operandSize != 2 ? .ret : nil
    case .jmp: return first.kind == .relative && i.operandSize != 2 ? .jmpRelative : nil
    case .jcc:
      return i.operandSize != 2 ? Handler(rawValue: Handler.jo.rawValue + UInt16(i.condition)) : nil
    default: return nil
    }
  }

  /// Handlers of one operation: RR, RI, RM, MR, MI for 8, 32 and 64 bits.
  private typealias Forms = [[Handler?]]
  private static let add: Forms = [
    [nil, nil, nil, nil, nil],
    [.addRR32, .addRI32, .addRM32, .addMR32, .addMI32],
    [.addRR64, .addRI64, .addRM64, .addMR64, .addMI64],
  ]
  private static let sub: Forms = [
    [nil, nil, nil, nil, nil],
    [.subRR32, .subRI32, .subRM32, .subMR32, .subMI32],
    [.subRR64, .subRI64, .subRM64, .subMR64, .subMI64],
  ]
  private static let and: Forms = [
    [nil, nil, nil, nil, nil],
    [.andRR32, .andRI32, .andRM32, .andMR32, .andMI32],
    [.andRR64, .andRI64, .andRM64, .andMR64, .andMI64],
  ]
  private static let or: Forms = [
    [nil, nil, nil, nil, nil],
    [.orRR32, .orRI32, .orRM32, .orMR32, .orMI32],
    [.orRR64, .orRI64, .orRM64, .orMR64, .orMI64],
  ]
  private static let xor: Forms = [
    [nil, nil, nil, nil, nil],
    [.xorRR32, .xorRI32, .xorRM32, .xorMR32, .xorMI32],
    [.xorRR64, .xorRI64, .xorRM64, .xorMR64, .xorMI64],
  ]
  private static let cmp: Forms = [
    [.cmpRR8, .cmpRI8, .cmpRM8, .cmpMR8, .cmpMI8],
    [.cmpRR32, .cmpRI32, .cmpRM32, .cmpMR32, .cmpMI32],
    [.cmpRR64, .cmpRI64, .cmpRM64, .cmpMR64, .cmpMI64],
  ]
  private static let test: Forms = [
    [.testRR8, .testRI8, nil, nil, .testMI8],
    [.testRR32, .testRI32, nil, nil, nil],
    [.testRR64, .testRI64, nil, nil, nil],
  ]
  /// Source register of 8 and 16 bits, source memory of 8 and 16 bits.
  private static let movzx: [Handler?] = [.movzxRR8, .movzxRR16, .movzxRM8, .movzxRM16]
  private static let movsx: [Handler?] = [nil, nil, .movsxRM8, .movsxRM16]

  private func row(_ size: UInt8) -> Int? {
    switch size {
    case 1: 0
    case 4: 1
    case 8: 2
    default: nil
    }
  }

  private func form(_ first: Operand, _ second: Operand, _ forms: Forms) -> Handler? {
    guard let row = row(first.size) else { return nil }
    switch (first.kind, second.kind) {
    case (.register, .register): return forms[row][0]
    case (.register, .immediate): return forms[row][1]
    case (.register, .memory): return forms[row][2]
    case (.memory, .register): return forms[row][3]
    case (.memory, .immediate): return forms[row][4]
    default: return nil
    }
  }

  private mutating func move(_ first: Operand, _ second: Operand) -> Handler? {
    let sizes: [Handler]
    switch (first.kind, second.kind) {
    case (.register, .register):
      return first.size == 4 ? .movRR32 : first.size == 8 ? .movRR64 : nil
    case (.register, .immediate):
      if first.size == 4 { immediate &= 0xffff_ffff }
      return first.size == 4 ? .movRI32 : first.size == 8 ? .movRI64 : nil
    case (.register, .memory): sizes = [.movRM8, .movRM16, .movRM32, .movRM64]
    case (.memory, .register): sizes = [.movMR8, .movMR16, .movMR32, .movMR64]
    case (.memory, .immediate): sizes = [.movMI8, .movMI16, .movMI32, .movMI64]
    default: return nil
    }
    switch first.size {
    case 1: return sizes[0]
    case 2: return sizes[1]
    case 4: return sizes[2]
    case 8: return sizes[3]
    default: return nil
    }
  }

  /// MOVZX and MOVSX with a 32-bit destination; MOVZX to 64 bits is the same, as the upper half is zero.
  private func extend(_ first: Operand, _ second: Operand, _ handlers: [Handler?]) -> Handler? {
    guard first.size >= 4, second.kind == .register || second.kind == .memory else { return nil }
    return handlers[(second.kind == .memory ? 2 : 0) + (second.size == 2 ? 1 : 0)]
  }

  private func unary(_ first: Operand, _ handlers: [Handler]) -> Handler? {
    if first.kind == .memory { return first.size == 4 ? handlers[2] : nil }
    guard first.kind == .register else { return nil }
    return first.size == 4 ? handlers[0] : first.size == 8 ? handlers[1] : nil
  }

  private mutating func shift(_ i: Instruction, _ handlers: [Handler]) -> Handler? {
    guard i.operand0.kind == .register, i.operand0.size >= 4 else { return nil }
    switch i.operand1.kind {
    case .immediate: immediate = i.immediate & (i.operand0.size == 8 ? 63 : 31)
    case .one: immediate = 1
    default: return nil
    }
    return handlers[i.operand0.size == 4 ? 0 : 1]
  }

  private mutating func multiply(_ i: Instruction) -> Handler? {
    guard i.operandCount >= 2, i.operand0.size >= 4, i.operand1.kind == .register else {
      return nil
    }
    if i.operandCount == 3 { return i.operand0.size == 4 ? .imulRRI32 : .imulRRI64 }
    return i.operand0.size == 4 ? .imulRR32 : .imulRR64
  }

  private mutating func push(_ first: Operand, _ size: UInt8) -> Handler? {
    switch first.kind {
    case .register:
      source = first.number
      return size == 4 ? .pushR32 : size == 8 ? .pushR64 : nil
    case .immediate:
      return size == 4 ? .pushI32 : size == 8 ? .pushI64 : nil
    default: return nil
    }
  }
}

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
    case .movsx: return extend(first, second, first.size == 8 ? Self.movsxQ : Self.movsx)
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
    case .adc: return form(first, second, Self.adc)
    case .sbb: return form(first, second, Self.sbb)
    case .not: return unary(first, [.notR32, .notR64])
    case .neg: return unary(first, [.negR32, .negR64])
    case .shl: return shift(i, [.shlRI32, .shlRI64, .shlRC32, .shlRC64])
    case .shr: return shift(i, [.shrRI32, .shrRI64, .shrRC32, .shrRC64])
    case .sar: return shift(i, [.sarRI32, .sarRI64, .sarRC32, .sarRC64])
    case .setcc:
      guard first.kind == .register else { return nil }
      scale = i.condition
      return .setR8
    case .cmovcc: return moveConditionally(i)
    case .cwde: return .cwde
    case .cdqe: return .cdqe
    case .cdq:
      destination = 2
      return .cdq
    case .cqo:
      destination = 2
      return .cqo
    case .leave: return i.operandSize == 2 ? nil : .leave
    case .imul: return multiply(i)
    case .push: return push(first, i.operandSize)
    case .pop:
      guard first.kind == .register else { return nil }
      return first.size == 4 ? .popR32 : first.size == 8 ? .popR64 : nil
    case .call: return branch(i, [.callRelative, .callR, .callM])
    case .ret: return i.operandSize == 2 ? nil : i.operandCount == 0 ? .ret : .retI
    case .jmp: return branch(i, [.jmpRelative, .jmpR, .jmpM])
    case .jcc:
      return i.operandSize != 2 ? Handler(rawValue: Handler.jo.rawValue + UInt16(i.condition)) : nil
    default: return nil
    }
  }

  /// Handlers of one operation: RR, RI, RM, MR, MI for 8, 32 and 64 bits.
  private typealias Forms = [[Handler?]]
  private static let add: Forms = [
    [.addRR8, .addRI8, .addRM8, nil, nil],
    [.addRR32, .addRI32, .addRM32, .addMR32, .addMI32],
    [.addRR64, .addRI64, .addRM64, .addMR64, .addMI64],
  ]
  private static let sub: Forms = [
    [.subRR8, .subRI8, .subRM8, nil, nil],
    [.subRR32, .subRI32, .subRM32, .subMR32, .subMI32],
    [.subRR64, .subRI64, .subRM64, .subMR64, .subMI64],
  ]
  private static let and: Forms = [
    [.andRR8, .andRI8, .andRM8, nil, nil],
    [.andRR32, .andRI32, .andRM32, .andMR32, .andMI32],
    [.andRR64, .andRI64, .andRM64, .andMR64, .andMI64],
  ]
  private static let or: Forms = [
    [.orRR8, .orRI8, .orRM8, nil, nil],
    [.orRR32, .orRI32, .orRM32, .orMR32, .orMI32],
    [.orRR64, .orRI64, .orRM64, .orMR64, .orMI64],
  ]
  private static let xor: Forms = [
    [.xorRR8, .xorRI8, .xorRM8, nil, nil],
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
    [.testRR32, .testRI32, nil, .testMR32, .testMI32],
    [.testRR64, .testRI64, nil, .testMR64, nil],
  ]
  private static let adc: Forms = [
    [nil, nil, nil, nil, nil],
    [.adcRR32, .adcRI32, nil, nil, nil],
    [.adcRR64, .adcRI64, nil, nil, nil],
  ]
  private static let sbb: Forms = [
    [nil, nil, nil, nil, nil],
    [.sbbRR32, .sbbRI32, nil, nil, nil],
    [.sbbRR64, .sbbRI64, nil, nil, nil],
  ]
  /// Source register of 8 and 16 bits, source memory of 8 and 16 bits.
  private static let movzx: [Handler?] = [.movzxRR8, .movzxRR16, .movzxRM8, .movzxRM16]
  private static let movsx: [Handler?] = [.movsxRR8, .movsxRR16, .movsxRM8, .movsxRM16]
  private static let movsxQ: [Handler?] = [.movsxRR8Q, .movsxRR16Q, .movsxRM8Q, .movsxRM16Q]

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
    if first.kind == .memory { return first.size == 4 && handlers.count > 2 ? handlers[2] : nil }
    guard first.kind == .register else { return nil }
    return first.size == 4 ? handlers[0] : first.size == 8 ? handlers[1] : nil
  }

  private mutating func shift(_ i: Instruction, _ handlers: [Handler]) -> Handler? {
    guard i.operand0.kind == .register, i.operand0.size >= 4 else { return nil }
    switch i.operand1.kind {
    case .immediate: immediate = i.immediate & (i.operand0.size == 8 ? 63 : 31)
    case .one: immediate = 1
    // CL.
    case .register: return handlers[i.operand0.size == 4 ? 2 : 3]
    default: return nil
    }
    return handlers[i.operand0.size == 4 ? 0 : 1]
  }

  private mutating func branch(_ i: Instruction, _ handlers: [Handler]) -> Handler? {
    guard i.operandSize != 2 else { return nil }
    switch i.operand0.kind {
    case .relative: return handlers[0]
    case .register:
      source = i.operand0.number
      return handlers[1]
    case .memory: return handlers[2]
    default: return nil
    }
  }

  /// The condition stands where the form has no other use for a byte.
  private mutating func moveConditionally(_ i: Instruction) -> Handler? {
    guard i.operand0.size >= 4 else { return nil }
    let is32Bit = i.operand0.size == 4
    if i.operand1.kind == .register {
      scale = i.condition
      return is32Bit ? .cmovRR32 : .cmovRR64
    }
    source = i.condition
    return is32Bit ? .cmovRM32 : .cmovRM64
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

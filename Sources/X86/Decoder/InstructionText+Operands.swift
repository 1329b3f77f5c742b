extension InstructionText {
  var operandTexts: [String] {
    var all = [instruction.operand0, instruction.operand1, instruction.operand2]
    // LLVM prints the register of ModRM.reg, or rAX, before another register.
    if instruction.mnemonic == .xchg && instruction.operand0.kind != .memory { all.swapAt(0, 1) }
    return all.prefix(Int(instruction.operandCount)).enumerated().compactMap { text($1, $0) }
  }

  private func text(_ operand: Operand, _ position: Int) -> String? {
    switch operand.kind {
    case .none, .one: return nil
    case .register:
      let isSelector = instruction.mnemonic == .mov && instruction.operand0.kind == .segment
      return Self.registerName(operand.number, isSelector ? size : operand.size)
    case .highByte: return Self.highBytes[Int(operand.number & 3)]
    case .segment: return SegmentRegister(rawValue: operand.number)?.name ?? "?"
    case .control: return "cr\(operand.number)"
    case .debug: return "dr\(operand.number)"
    case .memory: return sizeName(operand) + memory
    case .immediate: return immediate(operand, position)
    case .relative: return hex(target(operand))
    case .farPointer:
      let selector = Self.signExtend(UInt64(instruction.immediate2), size == 2 ? 4 : 2)
      return signedHex(selector) + ", " + hex(instruction.immediate)
    case .stringSource: return sizeName(operand) + segmentOverride + "[" + pointer(6) + "]"
    case .stringDestination: return sizeName(operand) + "es:[" + pointer(7) + "]"
    }
  }

  private func pointer(_ number: UInt8) -> String {
    Self.registerName(number, instruction.addressSize)
  }

  private func target(_ operand: Operand) -> UInt64 {
    let next = address &+ UInt64(instruction.length) &+ instruction.immediate
    switch operand.size {
    case 2: return next & 0xffff
    case 4: return next & 0xffff_ffff
    default: return next
    }
  }

  func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

  private func signedHex(_ value: Int64) -> String {
    (value < 0 ? "-" : "") + hex(value.magnitude)
  }

  /// LLVM prints what the encoding extends as signed: bytes of arithmetic, and all of 8 bytes.
  private func immediate(_ operand: Operand, _ position: Int) -> String {
    switch instruction.mnemonic {
    case .enter:
      let level = Int64(Int8(truncatingIfNeeded: instruction.immediate2))
      return signedHex(position == 1 ? level : Self.signExtend(instruction.immediate, 2))
    case .ret, .retFar:
      let prefixes = instruction.prefixes.intersection([.operandSize, .rexW])
      if size == 2 || (size == 8 && prefixes == .operandSize) {
        return hex(instruction.immediate)
      }
      return signedHex(Self.signExtend(instruction.immediate, 2))
    case .int, .in, .out, .rol, .ror, .rcl, .rcr, .shl, .shr, .sar, .shld, .shrd, .bt, .bts, .btr,
      .btc, .rorx:
      return hex(instruction.immediate)
    default: break
    }
    let signed = Self.signExtend(instruction.immediate, operand.size)
    if operand.size == 1 || operand.size == 8 || operand.number == Operand.signedByte {
      return signedHex(signed)
    }
    return hex(UInt64(bitPattern: signed) & (operand.size == 2 ? 0xffff : 0xffff_ffff))
  }

  private static func signExtend(_ value: UInt64, _ size: UInt8) -> Int64 {
    switch size {
    case 1: Int64(Int8(truncatingIfNeeded: value))
    case 2: Int64(Int16(truncatingIfNeeded: value))
    case 4: Int64(Int32(truncatingIfNeeded: value))
    default: Int64(bitPattern: value)
    }
  }

  private func sizeName(_ operand: Operand) -> String {
    switch instruction.mnemonic {
    case .lds, .les, .lss, .lfs, .lgs, .jmpFar, .callFar: return ""
    default: break
    }
    switch instruction.mnemonic == .bound ? operand.size / 2 : operand.size {
    case 1: return "byte ptr "
    case 2: return "word ptr "
    case 4: return "dword ptr "
    case 8: return "qword ptr "
    case 10 where instruction.mnemonic == .x87: return "tbyte ptr "
    case 16: return "xmmword ptr "
    default: return ""
    }
  }

  private var segmentOverride: String {
    if instruction.prefixes.contains(.segment) { return instruction.segment.name + ":" }
    return ignoredOverride.map { $0.name + ":" } ?? ""
  }

  /// An override that has no effect in 64-bit code, but is printed.
  private var ignoredOverride: SegmentRegister? {
    guard let bytes else { return nil }
    var last: SegmentRegister?
    for index in 0..<bytes.count {
      switch bytes[index] {
      case 0x26: last = .es
      case 0x2e: last = .cs
      case 0x36: last = .ss
      case 0x3e: last = .ds
      case 0x66, 0x67, 0xf0, 0xf2, 0xf3: continue
      default: return last
      }
    }
    return last
  }

  private var memory: String {
    var terms: [String] = []
    if instruction.base == Instruction.rip {
      terms.append(instruction.addressSize == 8 ? "rip" : "eip")
    } else if instruction.base != Instruction.none {
      terms.append(pointer(instruction.base))
    }
    if instruction.index == Instruction.none {
      if let noIndex { terms.append(noIndex) }
    } else {
      let scale = 1 << UInt64(instruction.scale & 3)
      terms.append((scale == 1 && !terms.isEmpty ? "" : "\(scale)*") + pointer(instruction.index))
    }
    return segmentOverride + "[" + displaced(terms.joined(separator: " + ")) + "]"
  }

  /// LLVM's name for the index of a SIB byte that has none and was not needed to encode the base.
  var noIndex: String? {
    let memory = [instruction.operand0, instruction.operand1].first { $0.kind == .memory }
    guard let memory, memory.number == Operand.plainSIB || instruction.scale != 0 else {
      return nil
    }
    let scale = 1 << UInt64(instruction.scale & 3)
    let name = instruction.addressSize == 8 ? "riz" : "eiz"
    return scale == 1 && instruction.base != Instruction.none ? name : "\(scale)*" + name
  }

  private func displaced(_ terms: String) -> String {
    let displacement = instruction.displacement
    if terms.isEmpty { return signedHex(displacement) }
    if displacement == 0 { return terms }
    return terms + (displacement < 0 ? " - " : " + ") + hex(displacement.magnitude)
  }

  private static let words = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
  private static let highBytes = ["ah", "ch", "dh", "bh"]
  private static let lowBytes = ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"]

  static func registerName(_ number: UInt8, _ size: UInt8) -> String {
    let index = Int(number & 7)
    if number >= 8 {
      let suffix = size == 1 ? "b" : size == 2 ? "w" : size == 4 ? "d" : ""
      return "r\(number)" + suffix
    }
    switch size {
    case 1: return lowBytes[index]
    case 2: return words[index]
    case 4: return "e" + words[index]
    default: return "r" + words[index]
    }
  }
}

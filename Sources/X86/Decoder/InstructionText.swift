/// An instruction being printed.
struct InstructionText {
  let instruction: Instruction
  let address: UInt64
  let bytes: InstructionBytes?

  init(_ instruction: Instruction, _ address: UInt64, _ bytes: InstructionBytes?) {
    self.instruction = instruction
    self.address = address
    self.bytes = bytes
  }

  var line: String {
    let operands = operandTexts
    let head = prefixText + name
    return operands.isEmpty ? head : head + " " + operands.joined(separator: ", ")
  }

  private var prefixText: String {
    var text = ""
    if instruction.prefixes.contains(.addressSize) && !usesAddress {
      text += instruction.addressSize == 2 ? "addr16 " : "addr32 "
    }
    if instruction.prefixes.contains(.lock) { text += "lock " }
    switch instruction.mnemonic {
    case .movs, .stos, .lods, .ins, .outs, .cmps, .scas:
      if instruction.prefixes.contains(.rep) { text += "rep " }
      if instruction.prefixes.contains(.repne) { text += "repne " }
    default: break
    }
    return text
  }

  /// LLVM writes out an address-size prefix that no register in the text shows.
  private var usesAddress: Bool {
    if instruction.mnemonic == .jrcxz || isOffset { return true }
    let isAbsolute =
      instruction.base == Instruction.none && instruction.index == Instruction.none
      && noIndex == nil
    let operands = [instruction.operand0, instruction.operand1]
    return operands.contains {
      ($0.kind == .memory && !isAbsolute) || $0.kind == .stringSource
        || $0.kind == .stringDestination
    }
  }

  // MARK: Names

  private var size: UInt8 { instruction.operandSize }

  private func bySize(_ word: String, _ double: String, _ quad: String) -> String {
    size == 2 ? word : size == 4 ? double : quad
  }

  var name: String {
    let plain = "\(instruction.mnemonic)"
    let condition = Mnemonic.conditionNames[Int(instruction.condition & 15)]
    switch instruction.mnemonic {
    case .jcc: return "j" + condition
    case .setcc: return "set" + condition
    case .cmovcc: return "cmov" + condition
    case .movs, .cmps, .stos, .lods, .scas, .ins, .outs:
      return plain + stringSuffix
    case .jrcxz:
      return instruction.addressSize == 2
        ? "jcxz" : instruction.addressSize == 4 ? "jecxz" : "jrcxz"
    case .loope, .loopne, .loop: return plain
    case .pusha, .popa: return plain + bySize("w", "l", "")
    case .pushf, .popf, .iret: return plain + bySize("", "d", "q")
    case .xlat: return "xlatb"
    case .jmpFar: return isPlainFar ? "jmp" : "ljmp"
    case .callFar: return isPlainFar ? "call" : "lcall"
    case .sgdt, .sidt, .lgdt, .lidt:
      return plain + (instruction.operand0.size == 10 ? "" : size == 2 ? "w" : "d")
    case .retFar: return bySize("retf", "retf", "retfq")
    case .sysret, .sysexit: return plain + (size == 8 ? "q" : "")
    case .prefetch: return prefetchName
    case .prefetchw: return instruction.immediate2 & 0x38 == 0x10 ? "prefetchwt1" : plain
    case .fxsave, .fxrstor, .xsave, .xrstor, .xsaveopt, .xsavec, .xsaves, .xrstors:
      return plain + (instruction.prefixes.contains(.rexW) ? "64" : "")
    case .endbr: return instruction.immediate2 == 0xfa ? "endbr64" : "endbr32"
    case .mov:
      let isLong = instruction.operand1 == Operand(kind: .immediate, size: 8)
      return isLong || (isOffset && instruction.addressSize == 8) ? "movabs" : plain
    default: return plain
    }
  }

  /// LLVM names far transfers through m16:32 like near ones, and omits the size of the operand.
  private var isPlainFar: Bool { instruction.operand0.kind == .memory && size == 4 }

  /// MOV with the address in the instruction, A0 to A3.
  private var isOffset: Bool {
    instruction.mnemonic == .mov && (bytes.map { Self.hasOffset($0) } ?? false)
  }

  private static func hasOffset(_ bytes: InstructionBytes) -> Bool {
    for index in 0..<bytes.count {
      switch bytes[index] {
      case 0x64...0x67, 0x26, 0x2e, 0x36, 0x3e, 0xf0, 0xf2, 0xf3, 0x40...0x4f: continue
      case 0xa0...0xa3: return true
      default: return false
      }
    }
    return false
  }

  private var stringSuffix: String {
    let operand =
      instruction.operand0.kind == .register
      ? instruction.operand1 : instruction.operand0
    switch operand.size {
    case 1: return "b"
    case 2: return "w"
    case 4: return "d"
    default: return "q"
    }
  }

  private var prefetchName: String {
    switch (instruction.immediate2 >> 3) & 7 {
    case _ where instruction.immediate2 & 0x100 != 0: "prefetch"
    case 0: "prefetchnta"
    case 1: "prefetcht0"
    case 2: "prefetcht1"
    default: "prefetcht2"
    }
  }

  // MARK: Operands

  private var operandTexts: [String] {
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
    case .highByte: return ["ah", "ch", "dh", "bh"][Int(operand.number & 3)]
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

  private func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

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
    case 16: return "xmmword ptr "
    default: return ""
    }
  }

  private var segmentOverride: String {
    instruction.prefixes.contains(.segment) ? instruction.segment.name + ":" : ""
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
  private var noIndex: String? {
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

  static func registerName(_ number: UInt8, _ size: UInt8) -> String {
    let low = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
    let bytes = ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"]
    let index = Int(number & 7)
    if number >= 8 {
      let suffix = size == 1 ? "b" : size == 2 ? "w" : size == 4 ? "d" : ""
      return "r\(number)" + suffix
    }
    switch size {
    case 1: return bytes[index]
    case 2: return low[index]
    case 4: return "e" + low[index]
    default: return "r" + low[index]
    }
  }
}

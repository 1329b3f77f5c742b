extension InstructionText {
  var size: UInt8 { instruction.operandSize }

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
    case .x87: return x87Name
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
  var isOffset: Bool {
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

  /// A name, with the operands if they are registers.
  private var x87Name: String {
    let number = instruction.immediate2
    let (opcode, modRM) = (UInt8(number >> 8), UInt8(number & 0xff))
    return X87Map.text(opcode, modRM) ?? "x87 \(hex(UInt64(number)))"
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
}

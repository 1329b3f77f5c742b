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
}

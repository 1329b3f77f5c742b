import X86

/// What the manual leaves undefined after an instruction.
struct UndefinedResults {
  /// RFLAGS bits.
  var flags: UInt64 = 0
  /// The destination, too.
  var destination = false

  static let none = UndefinedResults()

  private static let (cf, pf, af, zf, sf, of): (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
    (1, 4, 0x10, 0x40, 0x80, 0x800)
  private static let all = cf | pf | af | zf | sf | of

  /// SDM 2, the section "Flags Affected" of each instruction; where the count of a shift decides,
  /// see `shift`.
  private static let flags: [Mnemonic: UInt64] = [
    .and: af, .or: af, .xor: af, .test: af,
    .mul: sf | zf | af | pf, .imul: sf | zf | af | pf, .div: all, .idiv: all,
    .aaa: of | sf | zf | pf, .aas: of | sf | zf | pf, .aam: of | af | cf, .aad: of | af | cf,
    .daa: of, .das: of,
    .bt: of | sf | af | pf, .bts: of | sf | af | pf, .btr: of | sf | af | pf,
    .btc: of | sf | af | pf,
    .bsf: cf | of | sf | af | pf, .bsr: cf | of | sf | af | pf,
    .tzcnt: of | sf | af | pf, .lzcnt: of | sf | af | pf,
    .andn: af | pf, .blsi: af | pf, .blsr: af | pf, .blsmsk: af | pf, .bzhi: af | pf,
    .bextr: af | sf | pf,
  ]

  /// After `instruction` with the registers it starts from; nil for registers that are not known,
  /// for all that may be undefined.
  static func after(_ instruction: Instruction, _ registers: [UInt64]?) -> UndefinedResults {
    switch instruction.mnemonic {
    case .shl, .shr, .sar, .rol, .ror, .rcl, .rcr, .shld, .shrd:
      return shift(instruction, registers)
    // SDM 2A, "BSF", "BSR": with a source of 0 the destination is undefined. Every processor keeps
    // it, and so does the simulator.
    // SDM 2A, "BSWAP": of a 16-bit register is undefined.
    case .bswap where instruction.operandSize == 2: return UndefinedResults(destination: true)
    default: return UndefinedResults(flags: flags[instruction.mnemonic] ?? 0)
    }
  }

  private static func shift(_ i: Instruction, _ registers: [UInt64]?) -> UndefinedResults {
    let isDouble = i.mnemonic == .shld || i.mnemonic == .shrd
    let counting = isDouble ? i.operand2 : i.operand1
    let size = UInt64(i.operand0.size) * 8
    var count: UInt64
    switch counting.kind {
    case .one: count = 1
    case .immediate: count = i.immediate
    default:
      guard let registers else { return UndefinedResults(flags: all) }
      count = registers[1]
    }
    count &= size == 64 ? 63 : 31
    guard count != 0 else { return .none }
    let overflow = count == 1 ? 0 : of
    switch i.mnemonic {
    // SDM 2B, "RCL/RCR/ROL/ROR": OF is defined for counts of 1.
    case .rol, .ror, .rcl, .rcr: return UndefinedResults(flags: overflow)
    // SDM 2B, "SHLD", "SHRD": all is undefined if the count exceeds the operand size.
    case .shld, .shrd:
      return count > size
        ? UndefinedResults(flags: all, destination: true) : UndefinedResults(flags: overflow | af)
    // SDM 2B, "SAL/SAR/SHL/SHR": CF is undefined where the count reaches the operand size.
    case .shl, .shr: return UndefinedResults(flags: overflow | af | (count >= size ? cf : 0))
    default: return UndefinedResults(flags: overflow | af)
    }
  }
}

/// The VM-exit instruction information in words (SDM 3C, "Information for VM Exits Due to
/// Instruction Execution").
public enum InstructionInformation {
  /// The fields of `raw` that mean something: which ones depends on the exit reason, on whether the
  /// operand is a register, and on whether base and index are valid. Empty for a reason that leaves
  /// the whole field undefined.
  public static func describe(reason: UInt16, raw: UInt32) -> [FieldValue] {
    let wide = UInt64(raw)
    return layout(of: ExitReason(rawValue: reason), raw: wide).describe(wide)
  }

  private static func layout(of reason: ExitReason, raw: UInt64) -> [BitField] {
    switch reason {
    case .ioInstruction: [addressSize, segment]
    case .vmclear, .vmptrld, .vmptrst, .vmxon, .xsaves, .xrstors: addressing(raw)
    case .invept, .invvpid, .invpcid: addressing(raw) + [reg2]
    case .gdtrOrIDTRAccess:
      addressing(raw) + [BitField(11, "operand size", "32-bit", else: "16-bit"), tableIdentity]
    case .ldtrOrTRAccess: operand(raw) + [selectorIdentity]
    case .vmread, .vmwrite: operand(raw) + [reg2]
    case .rdrand, .rdseed: [reg1, BitField(12, 11, "operand size", .choice(sizes))]
    case .umwait, .tpause: [reg1]
    default: []
    }
  }

  /// A register in `reg1`, or a memory operand.
  private static func operand(_ raw: UInt64) -> [BitField] {
    let kind = BitField(10, "operand", "register", else: "memory")
    return raw & (1 << 10) != 0 ? [reg1, kind] : [kind] + addressing(raw)
  }

  private static func addressing(_ raw: UInt64) -> [BitField] {
    var fields = [addressSize, segment]
    if raw & (1 << 22) == 0 { fields += [scaling, BitField(21, 18, "index", .generalRegister)] }
    fields.append(BitField(22, "index invalid", "no index register", else: "index register used"))
    if raw & (1 << 27) == 0 { fields.append(BitField(26, 23, "base", .generalRegister)) }
    fields.append(BitField(27, "base invalid", "no base register", else: "base register used"))
    return fields
  }

  private static let sizes = ["16-bit", "32-bit", "64-bit"]
  private static let addressSize = BitField(9, 7, "address size", .choice(sizes))
  private static let segment = BitField(
    17, 15, "segment", .choice(["ES", "CS", "SS", "DS", "FS", "GS"]))
  private static let scaling = BitField(
    1, 0, "scaling", .choice(["index times 1", "index times 2", "index times 4", "index times 8"]))
  private static let reg1 = BitField(6, 3, "reg1", .generalRegister)
  private static let reg2 = BitField(31, 28, "reg2", .generalRegister)
  private static let tableIdentity = BitField(
    29, 28, "instruction", .choice(["SGDT", "SIDT", "LGDT", "LIDT"]))
  private static let selectorIdentity = BitField(
    29, 28, "instruction", .choice(["SLDT", "STR", "LLDT", "LTR"]))
}

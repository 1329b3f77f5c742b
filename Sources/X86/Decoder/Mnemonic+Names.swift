extension Mnemonic {
  /// Suffixes of Jcc, SETcc and CMOVcc (SDM 2, "Encoding of Conditional Test (tttn) Field").
  static let conditionNames = [
    "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g",
  ]

  /// The name as the manual's headings write it: "CMOVcc", "JMP far", "MOVS".
  public var manualName: String {
    switch self {
    case .cmovcc: "CMOVcc"
    case .setcc: "SETcc"
    case .jcc: "Jcc"
    case .jmpFar: "JMP far"
    case .callFar: "CALL far"
    case .retFar: "RET far"
    case .jrcxz: "JrCXZ"
    case .x87: "x87 instruction"
    case .mmx: "MMX instruction"
    case .sse: "SSE instruction"
    case .avx: "AVX instruction"
    default: "\(self)".uppercased()
    }
  }
}

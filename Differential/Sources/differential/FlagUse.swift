import X86

/// Which arithmetic flags an instruction reads, and which it always writes.
enum FlagUse {
  private static let (cf, pf, af, zf, sf, of): (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
    (1, 4, 0x10, 0x40, 0x80, 0x800)
  private static let all = cf | pf | af | zf | sf | of

  /// SDM 1, "EFLAGS Cross-Reference".
  static func read(_ i: Instruction) -> UInt64 {
    switch i.mnemonic {
    case .adc, .sbb, .rcl, .rcr, .cmc, .salc, .adcx: cf
    case .adox, .into: of
    case .daa, .das: cf | af
    case .aaa, .aas: af
    case .loope, .loopne: zf
    case .lahf, .pushf: all
    case .jcc, .setcc, .cmovcc: condition(i.condition)
    default: 0
    }
  }

  /// SDM 1, "EFLAGS Condition Codes".
  private static func condition(_ code: UInt8) -> UInt64 {
    [of, cf, zf, cf | zf, sf, pf, sf | of, zf | sf | of][Int(code >> 1 & 7)]
  }

  /// Flags that are new after `i`, whatever its operands are.
  static func written(_ i: Instruction) -> UInt64 {
    switch i.mnemonic {
    case .add, .sub, .cmp, .adc, .sbb, .neg, .xadd, .cmpxchg, .and, .or, .xor, .test, .popcnt,
      .andn,
      .blsi, .blsr, .blsmsk, .bzhi, .bextr, .cmps, .scas, .daa, .das, .aaa, .aas, .aam, .aad, .popf:
      all
    case .inc, .dec: all & ~cf
    case .mul, .imul: cf | of
    case .bt, .bts, .btr, .btc, .clc, .stc, .cmc, .adcx: cf
    case .adox: of
    case .bsf, .bsr, .cmpxchg8b, .cmpxchg16b: zf
    case .lzcnt, .tzcnt: cf | zf
    case .sahf: all & ~of
    default: 0
    }
  }
}

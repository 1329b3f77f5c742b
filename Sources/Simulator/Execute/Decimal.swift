import X86

extension Processor {
  /// DAA, DAS, AAA, AAS, AAM, AAD (SDM 2, each page's "Operation").
  func decimal(_ i: Instruction) throws(Fault) {
    switch i.mnemonic {
    case .daa: decimalAdjust(subtracts: false)
    case .das: decimalAdjust(subtracts: true)
    case .aaa: asciiAdjust(subtracts: false)
    case .aas: asciiAdjust(subtracts: true)
    case .aam:
      let base = UInt8(truncatingIfNeeded: i.immediate)
      if base == 0 { throw exception(0) }
      let al = UInt8(truncatingIfNeeded: r[0])
      write8High(al / base)
      write8(0, logic(al % base))
    default:
      let al = UInt8(truncatingIfNeeded: r[0])
      let ah = UInt8(truncatingIfNeeded: r[0] >> 8)
      let result = al &+ ah &* UInt8(truncatingIfNeeded: i.immediate)
      write16(0, UInt16(logic(result)))
    }
  }

  private func decimalAdjust(subtracts: Bool) {
    let old = UInt8(truncatingIfNeeded: r[0])
    let oldCF = cf
    var result = old
    var carry = false
    let low = old & 0xf > 9 || af
    if low {
      result = subtracts ? result &- 6 : result &+ 6
      carry = oldCF || (subtracts ? old < 6 : old > 0xf9)
    }
    if old > 0x99 || oldCF {
      result = subtracts ? result &- 0x60 : result &+ 0x60
      carry = true
    }
    write8(0, logic(result))
    flagCarries = (carry ? 3 << 62 : 0) | (low ? 8 : 0)
  }

  private func asciiAdjust(subtracts: Bool) {
    let adjusts = r[0] & 0xf > 9 || af
    if adjusts {
      let ax = UInt16(truncatingIfNeeded: r[0])
      write16(0, subtracts ? ax &- 0x106 : ax &+ 0x106)
    }
    write8(0, logic(UInt8(truncatingIfNeeded: r[0]) & 0xf))
    flagCarries = adjusts ? 3 << 62 | 8 : 0
  }
}

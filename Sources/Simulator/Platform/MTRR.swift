import X86

/// The memory-type range registers (SDM 3A, "Memory Type Range Registers (MTRRs)"). Memory types have
/// no effect here; the registers keep what may be written.
enum MTRR {
  /// Eight pairs of base and mask, then the fixed ranges.
  static let count = 16 + fixed.count
  private static let fixed: [UInt32] = [
    0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f,
  ]

  /// Where the register is among the `count`; nil if the number is of no range.
  static func place(_ index: UInt32) -> Int? {
    if (0x200..<0x210).contains(index) { return Int(index - 0x200) }
    return fixed.firstIndex(of: index).map { 16 + $0 }
  }

  /// UC, WC, WT, WP, WB.
  static func isType(_ value: UInt64) -> Bool { [0, 1, 4, 5, 6].contains(value & 0xff) }
}

extension Processor {
  func writeMTRR(_ index: UInt32, _ value: UInt64) -> Bool {
    guard let place = MTRR.place(index) else { return false }
    let addresses = ((UInt64(1) << Processor.physicalAddressWidth) - 1) & ~0xfff
    let isValid: Bool
    if place >= 16 {
      isValid = (0..<UInt64(8)).allSatisfy { MTRR.isType(value >> ($0 * 8)) }
    } else if place % 2 == 0 {
      isValid = MTRR.isType(value) && value & ~(addresses | 0xff) == 0
    } else {
      // Bit 11: the range is valid.
      isValid = value & ~(addresses | 0x800) == 0
    }
    if isValid { msrs.mtrrs[place] = value }
    return isValid
  }

  /// Bits 10 and 11 enable the fixed ranges and all of them.
  func writeMTRRDefaultType(_ value: UInt64) -> Bool {
    guard MTRR.isType(value), value & ~0xcff == 0 else { return false }
    msrs.mtrrDefaultType = value
    return true
  }
}

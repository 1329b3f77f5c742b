/// Values at which instructions change their ways.
enum Values {
  static let interesting: [UInt64] = [
    0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x7fff, 0x8000,
    0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, 0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000, ~0, ~1, ~0x7f, ~0x7fff, ~0x7fff_ffff, 0x5555_5555_5555_5555,
    0xaaaa_aaaa_aaaa_aaaa, 0x0123_4567_89ab_cdef, 0x0909_0909, 0x9999, 0x9a,
  ]

  /// Null, code, data, local, and some that level 3 may not load or that do not exist.
  static let selectors: [UInt16] = [
    0, 1, 2, 3, 0x10, 0x13, 0x18, 0x1b, 0x20, 0x23, 0x28, 0x2b, 0x30, 0x33, 0x07, 0x0f, 0x17, 0x1f,
    0x06, 0x0e, 0x2a,
  ]

  /// Canonical and other addresses that nothing is mapped at.
  static let strangeAddresses: [UInt64] = [
    0, 8, 0xfff, 0x10_3ff8, 0x10_7000, 0x10_7ffc, 0xffff_fff8, 0x7fff_ffff_e000,
    0x8000_0000_0000, 0x8000_0000_0001, 0xffff_7fff_ffff_ffff, 0x4000_0000_0000_0000,
    0x7fff_ffff_ffff_fff8,
  ]

  static func any(_ random: inout SplitMix) -> UInt64 {
    switch random.below(8) {
    case 0, 1: return random.pick(interesting)
    case 2: return random.below(72)
    case 3: return UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: random.next())))
    case 4: return Layout.window + random.below(Layout.writable)
    case 5: return Layout.code + random.below(0x1000)
    default: return random.next()
    }
  }

  /// A linear address for a memory operand: mostly one that works.
  static func address(_ random: inout SplitMix) -> UInt64 {
    let page = UInt64(0x1000)
    switch random.below(100) {
    case 0..<40: return Layout.window + random.below(Layout.writable - 64) & ~7
    case 40..<72: return Layout.window + random.below(Layout.writable - 64)
    // Across the two pages, into the read-only page, into the absent one.
    case 72..<80: return Layout.window + page &- random.below(17)
    case 80..<86: return Layout.window + 2 * page &- random.below(17)
    case 86..<90: return Layout.window + 3 * page &- random.below(17)
    case 90..<92: return Layout.window &- random.below(17)
    case 92..<94: return Layout.window + 2 * page + random.below(page)
    case 94..<96: return Layout.code + random.below(page)
    case 96..<99: return random.pick(strangeAddresses)
    default: return random.next()
    }
  }
}

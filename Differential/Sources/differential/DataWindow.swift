/// What the data pages hold before each case: random words, interesting ones and pointers.
enum DataWindow {
  static let initial: [UInt8] = {
    var random = SplitMix(seed: 0x5eed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Layout.windowSize)
    while bytes.count < Layout.windowSize {
      let word = word(&random)
      for shift in 0..<UInt64(8) { bytes.append(UInt8(truncatingIfNeeded: word >> (shift * 8))) }
    }
    return bytes
  }()

  private static func word(_ random: inout SplitMix) -> UInt64 {
    switch random.below(8) {
    case 0: return random.pick(Values.interesting)
    case 1: return Layout.code + 0x800 + random.below(0x800)
    case 2: return Layout.window + random.below(UInt64(Layout.windowSize))
    case 3:
      // Far pointers of each size, and offsets in 16-bit code.
      let selector = UInt64(random.pick(Values.selectors))
      let offset = 0x1800 + random.below(0x800)
      return random.chance(50)
        ? selector << 32 | (offset + Layout.segmentBase) : selector << 16 | offset
    default: return random.next()
    }
  }
}

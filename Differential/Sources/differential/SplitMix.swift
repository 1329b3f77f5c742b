/// Sebastiano Vigna's SplitMix64: a few operations a number, and every seed is a good one.
struct SplitMix {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// The generator of one case, so that a case can be made again without those before it.
  init(seed: UInt64, index: UInt64) {
    var mixed = SplitMix(seed: seed)
    self.init(seed: mixed.next() ^ (index &* 0xd134_2543_de82_ef95))
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// 0 to `bound` - 1; 0 for a bound of 0.
  mutating func below(_ bound: UInt64) -> UInt64 {
    bound == 0 ? 0 : next() % bound
  }

  /// True in `percent` of 100.
  mutating func chance(_ percent: UInt64) -> Bool { below(100) < percent }

  mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }

  mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[Int(below(UInt64(choices.count)))]
  }

  mutating func shuffle<Element>(_ items: inout [Element]) {
    for last in stride(from: items.count - 1, to: 0, by: -1) {
      items.swapAt(last, Int(below(UInt64(last + 1))))
    }
  }
}

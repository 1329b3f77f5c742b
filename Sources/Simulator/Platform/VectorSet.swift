/// A set of interrupt vectors: IRR, ISR or TMR, 256 bits each.
struct VectorSet: Sendable, Equatable {
  private var words = SIMD4<UInt64>.zero

  subscript(_ vector: UInt8) -> Bool {
    get { words[Int(vector >> 6)] >> UInt64(vector & 63) & 1 != 0 }
    set {
      let bit = UInt64(1) << UInt64(vector & 63)
      if newValue { words[Int(vector >> 6)] |= bit } else { words[Int(vector >> 6)] &= ~bit }
    }
  }

  var highest: UInt8? {
    for index in (0..<4).reversed() where words[index] != 0 {
      return UInt8(truncatingIfNeeded: index * 64 + 63 - words[index].leadingZeroBitCount)
    }
    return nil
  }

  /// Register `index` of the eight that show the set, taken modulo 8.
  func register(_ index: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: words[Int(index & 7) >> 1] >> (UInt64(index & 1) * 32))
  }
}

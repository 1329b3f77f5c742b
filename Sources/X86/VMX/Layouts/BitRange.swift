/// Bit ranges as the manual writes them.
enum BitRange {
  /// "11:8" as 8...11, "12" as 12...12; anything else as 0...63.
  static func parse(_ text: String) -> ClosedRange<Int> {
    let ends = text.split(separator: ":").compactMap { Int($0) }
    guard let high = ends.first, let low = ends.last, 0 <= low, low <= high, high < 64 else {
      return 0...63
    }
    return low...high
  }

  static func extract(_ range: ClosedRange<Int>, from raw: UInt64) -> UInt64 {
    let width = UInt64(range.upperBound &- range.lowerBound &+ 1)
    let mask = width >= 64 ? ~0 : (UInt64(1) << width) &- 1
    return (raw >> UInt64(range.lowerBound)) & mask
  }
}

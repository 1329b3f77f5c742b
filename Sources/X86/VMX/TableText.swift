/// How the tables of this floor read the names and numbers that people type.
enum TableText {
  /// The letters and digits of `text` in lower case, so that `GUEST_RIP`, `guestRIP` and
  /// "Guest RIP" are one key.
  static func key(_ text: String) -> String {
    var key = ""
    for scalar in text.lowercased().unicodeScalars {
      switch scalar {
      case "a"..."z", "0"..."9": key.unicodeScalars.append(scalar)
      default: break
      }
    }
    return key
  }

  /// A decimal number, `0x` hexadecimal, `0b` binary, or the manual's `681EH`; nil for other text.
  static func number(_ text: String) -> UInt64? {
    let digits = text.lowercased().filter { $0 != "_" }
    guard let first = digits.first, first.isNumber else { return nil }
    if digits.hasPrefix("0x") { return UInt64(digits.dropFirst(2), radix: 16) }
    if digits.hasPrefix("0b") { return UInt64(digits.dropFirst(2), radix: 2) }
    if digits.hasSuffix("h") { return UInt64(digits.dropLast(), radix: 16) }
    return UInt64(digits)
  }

  /// "EPT pointer (EPTP)" as ["EPT pointer", "EPTP"]; empty if there are no parentheses.
  static func withoutParentheses(_ name: String) -> [String] {
    guard let open = name.firstIndex(of: "("), name.hasSuffix(")") else { return [] }
    let inner = name[name.index(after: open)...].dropLast()
    return [String(name[..<open]), String(inner)]
  }
}

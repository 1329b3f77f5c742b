/// Evaluates numbers as people type them: decimal, `0x`, `0b`, negative, `$reg`, symbols, sums,
/// differences and parentheses. Arithmetic wraps at 64 bits.
struct ExpressionParser {
  /// The value of a `$name`; nil if there is none of that name.
  var register: (String) throws -> UInt64?
  /// The value of a plain name, e.g. of a VMCS field; nil if there is none of that name.
  var symbol: (String) throws -> UInt64?

  private static let deepest = 64

  init(
    register: @escaping (String) throws -> UInt64? = { _ in nil },
    symbol: @escaping (String) throws -> UInt64? = { _ in nil }
  ) {
    self.register = register
    self.symbol = symbol
  }

  /// Throws `bad-number` or what a lookup throws.
  func value(of text: String) throws -> UInt64 {
    var rest = text[...]
    let value = try sum(&rest, depth: 0)
    skipBlanks(&rest)
    guard rest.isEmpty else {
      throw CommandError("bad-number", "cannot read '\(rest)' in '\(text)'; + or - goes between")
    }
    return value
  }

  private func sum(_ rest: inout Substring, depth: Int) throws -> UInt64 {
    guard depth < Self.deepest else {
      throw CommandError("bad-number", "the expression has too many parentheses or signs")
    }
    var value = try term(&rest, depth: depth)
    while true {
      skipBlanks(&rest)
      guard let sign = rest.first, sign == "+" || sign == "-" else { return value }
      rest.removeFirst()
      let right = try term(&rest, depth: depth)
      value = sign == "+" ? value &+ right : value &- right
    }
  }

  private func term(_ rest: inout Substring, depth: Int) throws -> UInt64 {
    skipBlanks(&rest)
    switch rest.first {
    case nil:
      throw CommandError("bad-number", "the expression ends where a number is expected")
    case "-", "+":
      let isNegative = rest.removeFirst() == "-"
      guard depth < Self.deepest else {
        throw CommandError("bad-number", "the expression has too many parentheses or signs")
      }
      let value = try term(&rest, depth: depth + 1)
      return isNegative ? 0 &- value : value
    case "(":
      rest.removeFirst()
      let value = try sum(&rest, depth: depth + 1)
      skipBlanks(&rest)
      guard rest.popFirst() == ")" else {
        throw CommandError("bad-number", "a ( is not closed; add the )")
      }
      return value
    default:
      return try atom(&rest)
    }
  }

  private func atom(_ rest: inout Substring) throws -> UInt64 {
    let end = rest.firstIndex { !Self.belongsToAtom($0) } ?? rest.endIndex
    let word = String(rest[..<end])
    guard !word.isEmpty else {
      throw CommandError("bad-number", "cannot read '\(rest)' as a number")
    }
    rest = rest[end...]
    if word.hasPrefix("$") {
      let name = String(word.dropFirst())
      if let value = try register(name) { return value }
      throw CommandError(
        "unknown-register", "no register '$\(name)'; `help registers` lists their names")
    }
    if let first = word.unicodeScalars.first, ("0"..."9").contains(first) {
      return try Number.parse(word)
    }
    if let value = try symbol(word) { return value }
    throw Number.failure(word)
  }

  private static func belongsToAtom(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_" || character == "$"
      || character == "."
  }

  private func skipBlanks(_ rest: inout Substring) {
    while rest.first?.isWhitespace == true { rest.removeFirst() }
  }
}

/// Unsigned numbers.
enum Number {
  /// Decimal, `0x…` or `0b…`; `_` may separate digits. Throws `bad-number`.
  static func parse(_ text: String) throws(CommandError) -> UInt64 {
    let lower = text.lowercased()
    let radix = lower.hasPrefix("0x") ? 16 : lower.hasPrefix("0b") ? 2 : 10
    let digits = (radix == 10 ? lower[...] : lower.dropFirst(2)).filter { $0 != "_" }
    guard let first = digits.first, first != "+", first != "-" else { throw failure(text) }
    if let value = UInt64(digits, radix: radix) { return value }
    if digits.allSatisfy({ $0.isASCII && $0.isHexDigit && ($0.hexDigitValue ?? 16) < radix }) {
      throw CommandError("bad-number", "'\(text)' does not fit in 64 bits")
    }
    throw failure(text)
  }

  /// A size in bytes: a number, with K, M or G behind it for powers of 1024.
  static func parseSize(_ text: String) throws(CommandError) -> UInt64 {
    let shift: UInt64 =
      switch text.last {
      case "k", "K": 10
      case "m", "M": 20
      case "g", "G": 30
      default: 0
      }
    let value = try parse(shift == 0 ? text : String(text.dropLast()))
    guard value <= UInt64.max >> shift else {
      throw CommandError("bad-number", "the size '\(text)' does not fit in 64 bits")
    }
    return value << shift
  }

  static func failure(_ text: String) -> CommandError {
    let isHex = !text.isEmpty && text.allSatisfy { $0.isASCII && $0.isHexDigit }
    let hint =
      isHex
      ? "for hexadecimal write 0x\(text)"
      : "write it as 12, 0xc, 0b1100, -1, $rax, or a sum of those"
    return CommandError("bad-number", "'\(text)' is not a number; \(hint)")
  }
}

/// One expected line: text with holes.
///
/// `[..]` is any text; `[hex]`, `[n]` (a number), `[us]` (a time with its unit) and `[path]` are
/// the longest run of their kind; `[hex:name]` also captures; `[=name]` is what was captured,
/// `[=name]+N` so much more. A backslash takes the next character as it is. The whole line `...`
/// is any number of lines.
public struct TranscriptPattern: Sendable, Equatable {
  enum Kind: String, Sendable { case hex, n, us, path }

  enum Piece: Sendable, Equatable {
    case text([UInt8])
    case anything
    case hole(Kind, capture: String?)
    case reuse(String, plus: UInt64)
  }

  /// As it is written.
  public let source: String
  let pieces: [Piece]
  /// Any number of lines.
  public let isEllipsis: Bool

  static let ellipsis = "..."

  public init(_ source: String) {
    let source = source.trimmedAtEnd
    self.source = source
    isEllipsis = source == Self.ellipsis
    pieces = isEllipsis ? [] : Self.parse(Substring(source))
  }

  /// Whether anything in the line may vary.
  var hasHoles: Bool {
    isEllipsis || pieces.contains { if case .text = $0 { false } else { true } }
  }

  /// Names that the line captures.
  var captures: [String] {
    pieces.compactMap { if case .hole(_, let name) = $0 { name } else { nil } }
  }

  /// Names that the line wants to have been captured.
  var reuses: [String] {
    pieces.compactMap { if case .reuse(let name, _) = $0 { name } else { nil } }
  }

  private static func parse(_ source: Substring) -> [Piece] {
    var pieces: [Piece] = []
    var text: [UInt8] = []
    var rest = source
    while let character = rest.first {
      if character == "\\", let next = rest.dropFirst().first {
        text += Array(String(next).utf8)
        rest = rest.dropFirst(2)
      } else if character == "[", let (piece, end) = hole(at: rest) {
        if !text.isEmpty { pieces.append(.text(text)) }
        text = []
        pieces.append(piece)
        rest = rest[end...]
      } else {
        text += Array(String(character).utf8)
        rest = rest.dropFirst()
      }
    }
    if !text.isEmpty { pieces.append(.text(text)) }
    return pieces
  }

  /// The hole that `text` begins with, and where it ends; nil for any other bracket.
  static func hole(at text: Substring) -> (Piece, Substring.Index)? {
    // No hole is longer: keeps a line of many brackets linear.
    guard text.first == "[", let close = text.prefix(72).firstIndex(of: "]") else { return nil }
    let inner = text[text.index(after: text.startIndex)..<close]
    let end = text.index(after: close)
    if inner == ".." { return (.anything, end) }
    if inner.first == "=" {
      let name = String(inner.dropFirst())
      guard isName(name) else { return nil }
      let (plus, plusEnd) = addend(text[end...])
      return (.reuse(name, plus: plus), plusEnd)
    }
    let parts = inner.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let kind = parts.first.flatMap({ Kind(rawValue: String($0)) }) else { return nil }
    guard parts.count == 2 else { return (.hole(kind, capture: nil), end) }
    let name = String(parts[1])
    return isName(name) ? (.hole(kind, capture: name), end) : nil
  }

  /// `+N` or `+0xN`; 0 if there is none.
  private static func addend(_ text: Substring) -> (UInt64, Substring.Index) {
    guard text.first == "+" else { return (0, text.startIndex) }
    let isHex = text.dropFirst().hasPrefix("0x")
    let digits = text.dropFirst(isHex ? 3 : 1).prefix {
      $0.isASCII && (isHex ? $0.isHexDigit : $0.isNumber)
    }
    guard let value = UInt64(digits, radix: isHex ? 16 : 10) else { return (0, text.startIndex) }
    return (value, digits.endIndex)
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
  }
}

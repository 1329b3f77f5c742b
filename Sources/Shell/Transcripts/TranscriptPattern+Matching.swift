/// What the holes of earlier lines have captured.
public struct TranscriptCaptures: Sendable, Equatable {
  private var values: [String: String] = [:]

  public init() {}

  mutating func set(_ name: String, _ text: String) { values[name] = text }

  /// The captured text, or the captured number plus `plus` in the same notation.
  func text(_ name: String, plus: UInt64) -> String? {
    guard let captured = values[name] else { return nil }
    if plus == 0 { return captured }
    if captured.hasPrefix("0x") {
      guard let value = UInt64(captured.dropFirst(2), radix: 16) else { return nil }
      return "0x" + String(value &+ plus, radix: 16)
    }
    if let value = UInt64(captured) { return String(value &+ plus) }
    return UInt64(captured, radix: 16).map { String($0 &+ plus, radix: 16) }
  }
}

extension TranscriptPattern {
  /// Whether `line` is as the pattern wants it. `captures` changes only if it is.
  public func matches(_ line: String, _ captures: inout TranscriptCaptures) -> Bool {
    if isEllipsis { return true }
    let bytes = Array(line.trimmedAtEnd.utf8)
    var found = captures
    guard matches(bytes, &found) else { return false }
    captures = found
    return true
  }

  /// Between two `[..]` the pieces are found at the leftmost place where they fit; nothing is tried
  /// again, so that no pattern takes more than quadratic time.
  private func matches(_ bytes: [UInt8], _ captures: inout TranscriptCaptures) -> Bool {
    let runs = pieces.split(separator: .anything, omittingEmptySubsequences: false)
    guard let first = runs.first, let last = runs.last,
      var at = end(of: first, bytes, from: 0, &captures)
    else { return false }
    if runs.count == 1 { return at == bytes.count }
    for run in runs.dropFirst().dropLast() {
      guard let next = find(run, bytes, from: at, toEnd: false, &captures) else { return false }
      at = next
    }
    return find(last, bytes, from: at, toEnd: true, &captures) != nil
  }

  private func find(
    _ run: ArraySlice<Piece>, _ bytes: [UInt8], from: Int, toEnd: Bool,
    _ captures: inout TranscriptCaptures
  ) -> Int? {
    if run.isEmpty { return toEnd ? bytes.count : from }
    for start in from...bytes.count {
      var tried = captures
      guard let end = end(of: run, bytes, from: start, &tried), !toEnd || end == bytes.count else {
        continue
      }
      captures = tried
      return end
    }
    return nil
  }

  private func end(
    of run: ArraySlice<Piece>, _ bytes: [UInt8], from: Int, _ captures: inout TranscriptCaptures
  ) -> Int? {
    var at = from
    for piece in run {
      let rest = bytes[at...]
      switch piece {
      case .anything: return nil
      case .text(let text):
        guard rest.starts(with: text) else { return nil }
        at += text.count
      case .reuse(let name, let plus):
        guard let text = captures.text(name, plus: plus), rest.starts(with: text.utf8) else {
          return nil
        }
        at += text.utf8.count
      case .hole(let kind, let name):
        let length = kind.length(rest)
        guard length > 0 else { return nil }
        if let name { captures.set(name, String(decoding: rest.prefix(length), as: UTF8.self)) }
        at += length
      }
    }
    return at
  }
}

extension TranscriptPattern.Kind {
  /// Bytes of the longest run of this kind that `bytes` begins with; 0 if there is none.
  func length(_ bytes: ArraySlice<UInt8>) -> Int {
    switch self {
    case .hex:
      let prefix = bytes.starts(with: "0x".utf8) ? 2 : 0
      let digits = bytes.dropFirst(prefix).prefix { Self.isHexDigit($0) }.count
      // "0x" without digits is the digit 0 before an x.
      return digits > 0 ? prefix + digits : prefix > 0 ? 1 : 0
    case .n: return Self.number(bytes)
    case .us:
      let number = Self.number(bytes)
      guard number > 0 else { return 0 }
      let rest = bytes.dropFirst(number)
      let space = rest.first == UInt8(ascii: " ") ? 1 : 0
      let unit = ["ns", "us", "µs", "ms", "s"].first {
        rest.dropFirst(space).starts(with: $0.utf8)
      }
      return unit.map { number + space + $0.utf8.count } ?? 0
    case .path:
      let run = bytes.prefix { $0 > UInt8(ascii: " ") && !":,;\"'()".utf8.contains($0) }
      return run.contains(UInt8(ascii: "/")) ? run.count : 0
    }
  }

  /// `-12`, `3.5`, `1,000,000`.
  private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
    var at = bytes.startIndex
    if bytes.first == UInt8(ascii: "-") { at += 1 }
    let start = at
    while at < bytes.endIndex, isDigit(bytes[at]) { at += 1 }
    guard at > start else { return 0 }
    while at + 3 < bytes.endIndex, bytes[at] == UInt8(ascii: ","),
      bytes[(at + 1)...(at + 3)].allSatisfy(isDigit)
    {
      at += 4
    }
    if at + 1 < bytes.endIndex, bytes[at] == UInt8(ascii: "."), isDigit(bytes[at + 1]) {
      at += 1
      while at < bytes.endIndex, isDigit(bytes[at]) { at += 1 }
    }
    return at - bytes.startIndex
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f"))
  }
}

/// What stands behind `x/`: a count, a format letter and a unit letter, each of which may be
/// missing and stays as it was then (GDB, "Examining Memory").
struct ExaminationFormat: Equatable, Sendable {
  enum Letter: Character, Sendable, CaseIterable {
    case hexadecimal = "x"
    case decimal = "d"
    case unsigned = "u"
    case octal = "o"
    case binary = "t"
    case address = "a"
    case character = "c"
    case string = "s"
    case instruction = "i"
  }

  static let largestCount = 65536

  var count = 1
  var letter = Letter.hexadecimal
  /// Bytes of one item: 1, 2, 4 or 8.
  var unit = 4

  /// `text` over what was used before. Throws `usage`.
  func updated(by text: String) throws(CommandError) -> ExaminationFormat {
    var result = self
    result.count = 1
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    if !digits.isEmpty {
      guard let count = Int(digits), (1...Self.largestCount).contains(count) else {
        throw CommandError("usage", "x/\(text): the count is 1 to \(Self.largestCount)")
      }
      result.count = count
    }
    var hasUnit = false
    for character in text.dropFirst(digits.count) {
      if let unit = Self.units[character] {
        result.unit = unit
        hasUnit = true
      } else if let letter = Letter(rawValue: character) {
        result.letter = letter
      } else {
        throw CommandError(
          "usage",
          "x/\(text): '\(character)' is no format; formats are x d u o t a c s i, units b h w g")
      }
    }
    if !hasUnit, result.letter != letter || letter == .character {
      result.unit = Self.usualUnit(of: result.letter, orElse: result.unit)
    }
    return result
  }

  private static let units: [Character: Int] = ["b": 1, "h": 2, "w": 4, "g": 8]

  private static func usualUnit(of letter: Letter, orElse unit: Int) -> Int {
    switch letter {
    case .address: 8
    case .character, .string, .instruction: 1
    default: unit == 1 ? 4 : unit
    }
  }
}

/// Where `x` goes on.
struct Examination: Equatable, Sendable {
  var format = ExaminationFormat()
  /// The address after what was shown last; nil before the first `x`.
  var next: UInt64?
  var isPhysical = false
}

/// One row of a layout in the manual: where a field is, and how its value is put into words.
struct BitField: Sendable {
  enum Words: Sendable {
    /// What 1 means, and what 0 means.
    case flag(String, else: String)
    /// What 0, 1, 2… mean; a value behind the end or with an empty text is reserved.
    case choice([String])
    case decimal(String)
    case hexadecimal(String)
    case generalRegister
    case vector
    /// Shown only if it is not 0.
    case reserved
  }

  let range: ClosedRange<Int>
  let name: String
  let words: Words

  /// Bits `high`:`low`.
  init(_ high: Int, _ low: Int, _ name: String, _ words: Words) {
    range = low...high
    self.name = name
    self.words = words
  }

  /// A flag in one bit.
  init(_ bit: Int, _ name: String, _ one: String, else zero: String = "no") {
    self.init(bit, bit, name, .flag(one, else: zero))
  }

  static func reserved(_ high: Int, _ low: Int) -> BitField {
    BitField(high, low, "reserved", .reserved)
  }

  var bits: String {
    range.count == 1 ? "\(range.lowerBound)" : "\(range.upperBound):\(range.lowerBound)"
  }

  /// nil for reserved bits that are 0, as they should be.
  func describe(_ raw: UInt64) -> FieldValue? {
    let value = BitRange.extract(range, from: raw)
    if case .reserved = words, value == 0 { return nil }
    return FieldValue(bits: bits, name: name, value: value, meaning: meaning(of: value))
  }

  private func meaning(of value: UInt64) -> String {
    switch words {
    case .flag(let one, let zero):
      return value == 1 ? one : zero
    case .choice(let texts):
      guard let index = Int(exactly: value), texts.indices.contains(index), !texts[index].isEmpty
      else { return "reserved value" }
      return texts[index]
    case .decimal(let text):
      return "\(text) \(value)"
    case .hexadecimal(let text):
      return "\(text) \(Hex.text(value))"
    case .generalRegister:
      return BitField.registerName(value)
    case .vector:
      return ExceptionVector.label(UInt8(truncatingIfNeeded: value))
    case .reserved:
      return "reserved bits that should be 0"
    }
  }

  /// RAX to R15 by the number of SDM 3C, "Exit Qualification for Control-Register Accesses".
  static func registerName(_ value: UInt64) -> String {
    GeneralRegister(rawValue: UInt8(truncatingIfNeeded: value & 15))?.name.uppercased() ?? ""
  }
}

extension [BitField] {
  func describe(_ raw: UInt64) -> [FieldValue] { compactMap { $0.describe(raw) } }
}

/// Numbers as people read them here: `0x`, lower case, no padding.
enum Hex {
  static func text(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}

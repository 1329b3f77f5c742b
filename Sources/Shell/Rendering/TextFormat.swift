/// How text for people is laid out.
struct TextFormat: Sendable {
  var style: Style
  /// No box drawing, nothing by colour or position alone, one fact a line.
  var isPlain: Bool

  init(colour: Bool = false, plain: Bool = false) {
    style = Style(isEnabled: colour && !plain)
    isPlain = plain
  }

  /// A heading; in plain text it ends in a colon.
  func heading(_ text: String) -> String { isPlain ? text + ":" : style(text, .bold) }

  /// A name in front of what it is.
  func name(_ text: String) -> String { style(text, .cyan) }

  /// What is beside the point.
  func aside(_ text: String) -> String { style(text, .dim) }

  /// `rax 0x0 → 0x1`, in plain text `rax: from 0x0 to 0x1`.
  func change(_ what: String, _ before: String, _ after: String) -> String {
    isPlain
      ? "\(what): from \(before) to \(after)"
      : "\(name(what)) \(before) → \(style(after, .yellow))"
  }

  /// What somebody may type next.
  func next(_ text: String) -> String { isPlain ? "next: \(text)" : aside("next: ") + text }

  /// Names with values, several to a line, in columns; in plain text one a line.
  func grid(_ cells: [(name: String, value: String)], perRow: Int) -> [String] {
    if isPlain { return cells.map { "\($0.name): \($0.value)" } }
    let nameWidth = cells.map(\.name.count).max() ?? 0
    let valueWidth = cells.map(\.value.count).max() ?? 0
    return stride(from: 0, to: cells.count, by: perRow).map { start in
      let row = cells[start..<min(start + perRow, cells.count)]
      return row.enumerated().map { index, cell in
        let isLast = index == row.count - 1
        return name(Self.pad(cell.name, nameWidth)) + " "
          + (isLast ? cell.value : Self.pad(cell.value, valueWidth))
      }.joined(separator: "  ")
    }
  }

  static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  static func padLeft(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

/// Rows under headings. The first column names the row.
struct TextTable {
  enum Alignment: Sendable { case left, right }

  var columns: [(title: String, alignment: Alignment)]
  var rows: [[String]]

  init(_ columns: [(title: String, alignment: Alignment)], _ rows: [[String]]) {
    self.columns = columns
    self.rows = rows
  }

  func lines(_ format: TextFormat) -> [String] {
    format.isPlain ? plainLines : [header(format)] + rows.map { line($0, format) }
  }

  private var plainLines: [String] {
    rows.flatMap { row in
      zip(columns, row).dropFirst().filter { !$0.1.isEmpty }
        .map { "\(row.first ?? "") \($0.0.title): \($0.1)" }
    }
  }

  private var widths: [Int] {
    columns.indices.map { index in
      rows.map { index < $0.count ? $0[index].count : 0 }.reduce(columns[index].title.count, max)
    }
  }

  private func header(_ format: TextFormat) -> String {
    format.style(cells(columns.map(\.title)), .bold)
  }

  private func line(_ row: [String], _ format: TextFormat) -> String { cells(row) }

  private func cells(_ row: [String]) -> String {
    let padded = zip(columns.indices, row).map { index, text in
      columns[index].alignment == .right
        ? TextFormat.padLeft(text, widths[index]) : TextFormat.pad(text, widths[index])
    }
    var line = padded.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}

/// Numbers as the shell shows them.
enum Show {
  /// `0x1f`, lower case, no padding.
  static func hex(_ value: some BinaryInteger) -> String {
    "0x" + String(UInt64(truncatingIfNeeded: value), radix: 16)
  }

  /// `1f 00`.
  static func bytes(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { byte($0) }.joined(separator: " ")
  }

  /// Two digits.
  static func byte(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  /// With `digits` decimals, rounded, without Foundation.
  static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "-" }
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && scaled != 0 ? "-" : ""
    guard digits > 0 else { return sign + String(scaled) }
    let fraction = String(scaled % scale)
    return sign + String(scaled / scale) + "."
      + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// A sentence as what follows a colon: no capital, unless its word has more, and no full stop.
  static func clause(_ sentence: String) -> String {
    let word = sentence.prefix { $0.isLetter }
    let text = sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
    return word.dropFirst().contains { $0.isUppercase }
      ? text : text.prefix(1).lowercased() + text.dropFirst()
  }

  /// `1 byte`, `2 bytes`.
  static func count(_ count: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
    count == 1 ? "1 \(one)" : "\(count) \(many ?? one + "s")"
  }

  /// Sizes in KiB, MiB and GiB where they are whole.
  static func size(_ bytes: UInt64) -> String {
    for (shift, unit) in [(UInt64(30), "GiB"), (20, "MiB"), (10, "KiB")]
    where bytes >= 1 << shift && bytes & ((1 << shift) - 1) == 0 {
      return "\(bytes >> shift) \(unit)"
    }
    return count(bytes, "byte")
  }

  /// Console bytes as they are; what is no UTF-8 becomes U+FFFD.
  static func raw(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self)
  }

  /// Console bytes as text for people: what is no printable character shows as `\xNN`.
  static func console(_ bytes: some Sequence<UInt8>) -> String {
    let text = raw(bytes)
    var shown = ""
    for scalar in text.unicodeScalars where scalar != "\r" {
      let isText =
        scalar == "\n" || scalar == "\t"
        || (scalar.value >= 0x20 && scalar.value != 0x7f
          && !(0x80...0x9f).contains(scalar.value))
      if isText {
        shown.unicodeScalars.append(scalar)
      } else {
        shown += "\\x" + byte(UInt8(truncatingIfNeeded: scalar.value))
      }
    }
    return shown
  }
}

extension JSON {
  static func strings(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }
  static func hexOrNull(_ value: UInt64?) -> JSON { value.map { .hex($0) } ?? .null }
  static func count(_ value: UInt64?) -> JSON {
    value.map { .int(Int(clamping: $0)) } ?? .null
  }

  /// The member of an object; nil if there is none.
  subscript(_ key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }
}

extension String {
  /// The text with its paragraphs broken anew, so that no line has more than `columns` characters.
  /// Lines that begin with a space, `-`, `*` or a number and a full stop stay as they are; a word
  /// is never broken.
  func reflowed(columns: Int?) -> String {
    guard let columns, columns > 0 else { return self }
    var lines: [String] = []
    var words: [Substring] = []
    func endParagraph() {
      lines += Self.broken(words, columns)
      words = []
    }
    for line in split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty || line.keepsItsPlace {
        endParagraph()
        lines.append(String(line))
      } else {
        words += line.split(separator: " ")
      }
    }
    endParagraph()
    return lines.joined(separator: "\n")
  }

  private static func broken(_ words: [Substring], _ columns: Int) -> [String] {
    var lines: [String] = []
    for word in words {
      if let last = lines.last, last.count + 1 + word.count <= columns {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

extension Substring {
  fileprivate var keepsItsPlace: Bool {
    guard let first else { return true }
    if first == " " || hasPrefix("- ") || hasPrefix("* ") { return true }
    let digits = prefix { $0.isNumber }
    return !digits.isEmpty && self[digits.endIndex...].hasPrefix(". ")
  }
}

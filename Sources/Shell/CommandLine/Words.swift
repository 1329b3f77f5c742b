/// One word of a command line.
struct Word: Equatable, Sendable {
  var text: String
  /// It had quotes, so that it is text even if it looks like an option or an operator.
  var isQuoted = false
  /// UTF-8 offset in the line.
  var start = 0
}

/// Splits command lines into words: blanks separate, `'…'` and `"…"` keep blanks (in `"…"` a
/// backslash takes the next character as it is), `#` begins a comment where a word could begin.
enum Words {
  /// Throws `unterminated-quote`.
  static func split(_ line: String) throws(CommandError) -> [Word] {
    let (words, open) = scan(line)
    if let open {
      throw CommandError(
        "unterminated-quote", "a \(open) quote is not closed; close it, or leave it out")
    }
    return words
  }

  /// The words, and the quote that is open at the end, if any.
  static func scan(_ line: String) -> (words: [Word], openQuote: Character?) {
    var words: [Word] = []
    var word: Word?
    var quote: Character?
    var isEscaped = false
    var offset = 0
    for character in line {
      defer { offset += character.utf8.count }
      if isEscaped {
        word?.text.append(character)
        isEscaped = false
      } else if let open = quote {
        if character == open {
          quote = nil
        } else if character == "\\", open == "\"" {
          isEscaped = true
        } else {
          word?.text.append(character)
        }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? Word(text: "", start: offset)
        word?.isQuoted = true
      } else if character.isWhitespace {
        if let done = word { words.append(done) }
        word = nil
      } else if character == "#", word == nil {
        return (words, nil)
      } else {
        word = word ?? Word(text: "", start: offset)
        word?.text.append(character)
      }
    }
    if let done = word { words.append(done) }
    return (words, quote)
  }
}

/// A command line in parts, before the command is looked up.
struct ParsedLine {
  /// The first word as typed, without its format.
  var name: String
  /// What stands behind the slash of the first word, as in `x/8xb`; nil if there is no slash.
  var format: String?
  var words: [Word]

  /// nil for an empty line and for a comment.
  init?(_ line: String) throws(CommandError) {
    var words = try Words.split(line)
    guard !words.isEmpty else { return nil }
    let first = words.removeFirst().text
    if let slash = first.firstIndex(of: "/"), slash != first.startIndex {
      name = String(first[..<slash])
      format = String(first[first.index(after: slash)...])
    } else {
      name = first
    }
    self.words = words
  }
}

/// The words behind a command, taken one after the other. Every command calls `end()` when it has
/// taken what it knows.
struct Arguments {
  let usage: String
  /// What stands behind the slash of the command, as in `x/8xb`.
  var format: String?
  private(set) var words: [Word]
  /// Values in the order in which they were given; one that is repeated has several.
  private var options: [String: [String]] = [:]

  /// Takes out the options that `command` has. Throws `usage` for one that it has not.
  init(_ command: Command, words: [Word], format: String?) throws(CommandError) {
    usage = command.usage
    self.format = format
    self.words = []
    if format != nil, !command.takesFormat {
      throw CommandError("usage", "`\(command.name)` takes no /FORMAT; usage: \(usage)")
    }
    var rest = words[...]
    while let word = rest.popFirst() {
      guard !word.isQuoted, word.text.hasPrefix("--"), word.text.count > 2 else {
        self.words.append(word)
        continue
      }
      let parts = word.text.split(separator: "=", maxSplits: 1).map(String.init)
      guard let option = command.options.first(where: { $0.name == parts[0] }) else {
        throw CommandError(
          "usage", "`\(command.name)` has no option \(parts[0]); usage: \(usage)")
      }
      if !option.takesValue {
        guard parts.count == 1 else {
          throw CommandError("usage", "\(parts[0]) takes no value; usage: \(usage)")
        }
        options[option.name] = [""]
      } else if parts.count == 2 {
        options[option.name, default: []].append(parts[1])
      } else if let value = rest.popFirst() {
        options[option.name, default: []].append(value.text)
      } else {
        throw CommandError("usage", "\(parts[0]) wants a value; usage: \(usage)")
      }
    }
  }

  var isEmpty: Bool { words.isEmpty }
  var texts: [String] { words.map(\.text) }
  var first: String? { words.first?.text }

  func has(_ option: String) -> Bool { options[option] != nil }
  /// The last one counts.
  func value(of option: String) -> String? { options[option]?.last }
  func values(of option: String) -> [String] { options[option] ?? [] }

  /// The next word; nil if there is none.
  mutating func next() -> String? { words.isEmpty ? nil : words.removeFirst().text }

  /// The next word; throws `usage` naming `what` if there is none.
  mutating func next(_ what: String) throws(CommandError) -> String {
    guard let word = next() else {
      throw CommandError("usage", "\(what) is missing; usage: \(usage)")
    }
    return word
  }

  /// All words that are left.
  mutating func rest() -> [String] {
    defer { words = [] }
    return texts
  }

  /// The text of the next expression, which may go over several words: `$rsp + 8`. A word that
  /// follows without an operator, as in `write 0x1000 1 -1`, is not part of it.
  mutating func expressionText() -> String? {
    guard var text = next() else { return nil }
    while let word = words.first, !word.isQuoted {
      let endsOpen = text.last == "+" || text.last == "-" || text.last == "("
      let opens = Self.parentheses(in: text) > 0
      let isOperator = word.text == "+" || word.text == "-"
      let continues = word.text.hasPrefix("+") && word.text.count > 1
      guard endsOpen || opens || isOperator || continues else { break }
      text += " " + words.removeFirst().text
    }
    return text
  }

  /// Throws `usage` if words are left.
  func end() throws(CommandError) {
    guard let word = words.first else { return }
    throw CommandError("usage", "'\(word.text)' is one too many; usage: \(usage)")
  }

  private static func parentheses(in text: String) -> Int {
    text.reduce(0) { $0 + ($1 == "(" ? 1 : $1 == ")" ? -1 : 0) }
  }
}

extension Session {
  /// Reads numbers with the registers of this session's machine.
  var expressions: ExpressionParser {
    ExpressionParser(
      register: { [unowned self] name in try registerValue(name) },
      symbol: { [unowned self] name in try symbolValue(name) })
  }

  /// The next expression; throws `usage` naming `what` if there is none.
  func number(_ what: String, from arguments: inout Arguments) throws -> UInt64 {
    guard let text = arguments.expressionText() else {
      throw CommandError("usage", "\(what) is missing; usage: \(arguments.usage)")
    }
    return try expressions.value(of: text)
  }

  /// The next expression; nil if no word is left.
  func optionalNumber(from arguments: inout Arguments) throws -> UInt64? {
    try arguments.expressionText().map { try expressions.value(of: $0) }
  }

  /// The value of an option as a number; nil if the option is not there.
  func number(of option: String, in arguments: Arguments) throws -> UInt64? {
    try arguments.value(of: option).map { try expressions.value(of: $0) }
  }

  /// A count of at least 1.
  func count(from arguments: inout Arguments, orElse fallback: Int) throws -> Int {
    guard let value = try optionalNumber(from: &arguments) else { return fallback }
    guard let count = Int(exactly: value), count > 0 else {
      throw CommandError("usage", "a count is 1 or more; usage: \(arguments.usage)")
    }
    return count
  }
}

import X86

/// The shell itself.
enum ShellCommands {
  static let rows: [Command] = [
    Command(
      name: "help", aliases: ["h", "?"], group: .shell, syntax: "[TOPIC]",
      summary: "list commands, or explain one",
      help: "TOPIC is a command, a group of commands, or registers. Example: help x",
      completers: [.command], body: help),
    Command(
      name: "apropos", group: .shell, syntax: "WORD",
      summary: "search commands, fields, exit reasons and controls for a word",
      help: "Example: apropos paging", completers: [.nothing], body: apropos),
    Command(
      name: "history", group: .shell, syntax: "[N]", summary: "show the lines that were typed",
      help: "The last 20 if N is missing. Example: history 5", completers: [.number, .nothing],
      body: history),
    Command(
      name: "quit", aliases: ["q", "exit"], group: .shell, summary: "leave",
      help: "^D does the same. Example: quit",
      body: { _, arguments in
        try arguments.end()
        var answer = Answer()
        answer.quits = true
        return answer
      }),
  ]

  @Sendable private static func help(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let words = arguments.rest()
    let help = HelpRendering(format: session.format)
    guard let first = words.first else { return help.overview }
    let topic = words.joined(separator: " ")
    if topic == "registers" { return help.registers }
    if let group = Command.Group.allCases.first(where: {
      $0.rawValue.lowercased() == topic.lowercased()
    }), CommandTable.named(topic) == nil {
      return help.group(group)
    }
    if CommandTable.groupNames.contains(topic) { return help.family(topic) }
    if let line = try ParsedLine(topic), let (command, _) = try? CommandTable.resolve(line) {
      return help.command(command)
    }
    if !Glossary.lookup(topic).isEmpty {
      return Answer("`explain \(topic)` says what that is")
    }
    let names = CommandTable.all.map(\.name) + Command.Group.allCases.map(\.rawValue)
    let hint = Nearest.match(first, among: names).map { "did you mean `help \($0)`?" }
    throw CommandError(
      "unknown-topic", "no help on '\(topic)'; " + (hint ?? "`help` lists what there is"))
  }

  @Sendable private static func apropos(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let word = arguments.rest().joined(separator: " ").lowercased()
    guard !word.isEmpty else {
      throw CommandError("usage", "the word is missing; usage: \(arguments.usage)")
    }
    var found: [(String, String)] = CommandTable.all.filter {
      ($0.name + " " + $0.summary + " " + $0.help).lowercased().contains(word)
    }.map { ("command \($0.name)", $0.summary) }
    found += VMCSField.rows.filter {
      ($0.symbol + " " + $0.name + " " + $0.meaning).lowercased().contains(word)
    }.map { ("field \($0.symbol)", $0.meaning) }
    found += ExitReason.rows.filter {
      ($0.identifier + " " + $0.name + " " + $0.cause).lowercased().contains(word)
    }.map { ("exit \($0.number) \($0.identifier)", $0.cause) }
    found += VMXControl.rows.filter {
      ($0.name + " " + $0.meaning).lowercased().contains(word)
    }.map { ("control \($0.name)", $0.meaning) }
    let lines =
      found.isEmpty
      ? ["nothing mentions '\(word)'"] : found.map { "\(session.format.name($0.0)): \($0.1)" }
    return Answer(
      lines.joined(separator: "\n"),
      .object([
        (
          key: "found",
          value: .array(
            found.map {
              .object([(key: "name", value: .string($0.0)), (key: "text", value: .string($0.1))])
            })
        )
      ]))
  }

  @Sendable private static func history(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let count = try session.count(from: &arguments, orElse: 20)
    try arguments.end()
    let lines = session.history.suffix(count)
    let first = session.history.count - lines.count + 1
    return Answer(
      zip(first..., lines).map { "\(TextFormat.padLeft("\($0)", 4))  \($1)" }
        .joined(separator: "\n"),
      .object([(key: "lines", value: .strings(Array(lines)))]))
  }
}

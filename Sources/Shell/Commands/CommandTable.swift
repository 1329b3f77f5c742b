/// All commands, and how a typed name finds one.
enum CommandTable {
  /// In the order of help.
  static let all: [Command] =
    MachineCommands.rows + RunningCommands.rows + BreakpointCommands.rows + TimeCommands.rows
    + RegisterCommands.rows + MemoryCommands.rows + TableCommands.rows + SetCommand.rows
    + VMXCommands.rows + VMCSCommands.rows + ExplainCommand.rows + ExitCommands.rows
    + PagingCommands.rows + CompareCommand.rows + LessonCommand.rows + TranscriptCommands.rows
    + ShellCommands.rows

  /// Commands with exactly this name or alias.
  static func named(_ name: String) -> Command? {
    all.first { $0.name == name || $0.aliases.contains(name) }
  }

  /// Finds the command of a line by name, alias or unique prefix.
  static func resolve(_ line: ParsedLine) throws(CommandError) -> (Command, Arguments) {
    let name = line.name
    if let exact = named(name) {
      return (exact, try Arguments(exact, words: line.words, format: line.format))
    }
    let first = try firstWord(name)
    guard groupNames.contains(first) else {
      guard let command = named(first) else { throw unknown(name) }
      return (command, try Arguments(command, words: line.words, format: line.format))
    }
    let command = try second(of: first, line)
    return (
      command,
      try Arguments(command, words: Array(line.words.dropFirst()), format: line.format)
    )
  }

  /// First words of commands with two, e.g. `info`.
  static let groupNames: Set<String> = Set(
    all.compactMap { command in
      let words = command.name.split(separator: " ")
      return words.count == 2 ? String(words[0]) : nil
    })

  /// GDB's abbreviations of first words.
  private static let familyAliases = ["i": "info"]

  /// First words of names, and aliases: what can be typed first.
  static let firstWords: [String] = {
    var seen: Set<String> = []
    return (all.map(\.name) + all.flatMap(\.aliases)).map { String($0.prefix { $0 != " " }) }
      .filter { seen.insert($0).inserted }
  }()

  private static func firstWord(_ typed: String) throws(CommandError) -> String {
    if groupNames.contains(typed) { return typed }
    if let family = familyAliases[typed] { return family }
    let matches = firstWords.filter { $0.hasPrefix(typed) }
    // An alias and the name that it stands for are one candidate.
    let distinct = Set(matches.map { named($0)?.name ?? $0 })
    if distinct.count == 1, let match = matches.first { return match }
    guard matches.isEmpty else {
      throw CommandError(
        "ambiguous-command",
        "ambiguous command '\(typed)': \(distinct.sorted().joined(separator: ", "))")
    }
    throw unknown(typed)
  }

  private static func second(of first: String, _ line: ParsedLine) throws(CommandError) -> Command {
    let names = all.map(\.name).filter { $0.hasPrefix(first + " ") }
      .map { String($0.dropFirst(first.count + 1)) }
    guard let typed = line.words.first?.text else {
      throw CommandError(
        "usage", "`\(first)` wants one of: \(names.joined(separator: ", "))")
    }
    if let exact = named("\(first) \(typed)") { return exact }
    let matches = names.filter { $0.hasPrefix(typed) }
    if matches.count == 1, let command = named("\(first) \(matches[0])") { return command }
    guard matches.isEmpty else {
      throw CommandError(
        "ambiguous-command",
        "ambiguous command '\(first) \(typed)': \(matches.sorted().joined(separator: ", "))")
    }
    let hint = Nearest.match(typed, among: names).map { "did you mean `\(first) \($0)`?" }
    throw CommandError(
      "unknown-command",
      "unknown command '\(first) \(typed)'; "
        + (hint ?? "`\(first)` knows: \(names.joined(separator: ", "))"))
  }

  private static func unknown(_ name: String) -> CommandError {
    let hint = Nearest.match(name, among: firstWords).map { "did you mean `\($0)`?" }
    return CommandError(
      "unknown-command",
      "unknown command '\(name)'; " + (hint ?? "`help` lists what there is"))
  }
}

/// Help, derived from the command table.
struct HelpRendering {
  let format: TextFormat

  /// All groups with their commands.
  var overview: Answer {
    var lines: [String] = []
    for group in Command.Group.allCases { lines += section(group) }
    lines.append("Unique beginnings of names work. `help NAME` says more, `apropos WORD` searches.")
    lines.append("Numbers: 12, 0xc, 0b1100, -1, $rax, and sums such as $rsp + 8.")
    return Answer(
      lines.joined(separator: "\n"),
      .object([(key: "commands", value: .array(CommandTable.all.map { json($0) }))]))
  }

  func group(_ group: Command.Group) -> Answer {
    let commands = CommandTable.all.filter { $0.group == group }
    return Answer(
      section(group).joined(separator: "\n"),
      .object([(key: "commands", value: .array(commands.map { json($0) }))]))
  }

  /// Commands whose names begin with the same word, e.g. `info`.
  func family(_ word: String) -> Answer {
    let commands = CommandTable.all.filter { $0.name.hasPrefix(word + " ") }
    return Answer(
      commands.map { line($0) }.joined(separator: "\n"),
      .object([(key: "commands", value: .array(commands.map { json($0) }))]))
  }

  func command(_ command: Command) -> Answer {
    var lines = [format.style(command.usage, .bold), command.summary]
    if !command.aliases.isEmpty { lines.append("also: \(command.aliases.joined(separator: ", "))") }
    if case .later(let instead) = command.status { lines.append("not built yet: \(instead)") }
    lines += command.help.split(separator: "\n").map(String.init)
    switch command.repetition {
    case .never: break
    case .same, .bare: lines.append("Enter on an empty line repeats it.")
    }
    return Answer(lines.joined(separator: "\n"), json(command))
  }

  var registers: Answer {
    let names = RegisterNames.listed.joined(separator: " ")
    return Answer(
      """
      \(names)
      Parts (eax, ax, al, ah, r8d, r8w, r8b), flags (cf, zf, …), cs.base, cs.limit, cs.access,
      gdtr.base and idtr.base too. In expressions write $NAME. $pc is the linear address of the
      next instruction.
      """,
      .object([(key: "registers", value: .strings(RegisterNames.listed))]))
  }

  private func section(_ group: Command.Group) -> [String] {
    [format.heading(group.rawValue)]
      + CommandTable.all.filter { $0.group == group }.map { line($0) }
  }

  private func line(_ command: Command) -> String {
    let aliases = command.aliases.isEmpty ? "" : " (\(command.aliases.joined(separator: ", ")))"
    let later = command.status == .ready ? "" : " [not yet]"
    let name = command.name + aliases
    return format.isPlain
      ? "\(name): \(command.summary)\(later)"
      : "  \(format.name(TextFormat.pad(name, 24))) \(command.summary)\(format.aside(later))"
  }

  private func json(_ command: Command) -> JSON {
    .object([
      (key: "name", value: .string(command.name)),
      (key: "aliases", value: .strings(command.aliases)),
      (key: "group", value: .string(command.group.rawValue)),
      (key: "usage", value: .string(command.usage)),
      (key: "summary", value: .string(command.summary)),
      (key: "ready", value: .bool(command.status == .ready)),
    ])
  }
}

import X86

/// `explain`: what a name or number means.
enum ExplainCommand {
  static let rows: [Command] = [
    Command(
      name: "explain", group: .vmcs, syntax: "NAME|NUMBER",
      summary: "say what a field, control, exit reason, error, MSR or exception is",
      help: """
        A number is shown as everything that it can be. Example: explain GUEST_RIP
        Example: explain 0x681e
        Example: explain "HLT exiting"
        """,
      completers: [.topic], body: explain)
  ]

  @Sendable private static func explain(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let text = arguments.rest().joined(separator: " ")
    guard !text.isEmpty else {
      throw CommandError("usage", "the name or number is missing; usage: \(arguments.usage)")
    }
    let entries = Glossary.lookup(text)
    guard !entries.isEmpty else {
      let near = Glossary.near(text, count: 3)
      let hint = near.isEmpty ? nil : "did you mean \(near.joined(separator: ", or "))?"
      throw CommandError(
        "unknown-topic",
        "nothing is called '\(text)'; " + (hint ?? "`apropos \(text)` searches in all texts"))
    }
    let lines = entries.flatMap { ExplainCommand.lines(of: $0, session.format) }
    return Answer(
      lines.joined(separator: "\n"),
      .object([
        (
          key: "entries",
          value: .array(
            entries.map { entry in
              .object([
                (key: "kind", value: .string(entry.kind.rawValue)),
                (key: "title", value: .string(entry.title)),
                (key: "lines", value: .strings(entry.lines)),
                (key: "section", value: .string(entry.section)),
                (key: "seeAlso", value: .strings(entry.seeAlso)),
              ])
            })
        )
      ]))
  }

  private static func lines(of entry: Explanation, _ format: TextFormat) -> [String] {
    let indent = format.isPlain ? "" : "  "
    var lines = [format.heading(entry.title)]
    lines += entry.lines.map { indent + $0 }
    if !entry.section.isEmpty { lines.append("\(indent)manual: \(entry.section)") }
    if !entry.seeAlso.isEmpty {
      lines.append("\(indent)see also: \(entry.seeAlso.joined(separator: ", "))")
    }
    return lines
  }
}

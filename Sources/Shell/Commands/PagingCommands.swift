import X86

/// Translations.
enum PagingCommands {
  static let rows: [Command] = [
    Command(
      name: "walk", group: .paging, syntax: "ADDR",
      summary: "show every memory reference of an address translation",
      help: """
        Guest tables and EPT together, in the order in which the processor reads them: 24 with
        4-level tables on both sides. On KVM the guest's own tables only. --access is r (used if it
        is missing), w or x. Example: walk $rsp --access w
        """,
      completers: [.register],
      options: [
        Command.Option(name: "--access", value: "r|w|x", completer: .words(["r", "w", "x"])),
        Command.Option(name: "--user"),
      ], needs: .machine, body: walk),
    Command(
      name: "map", group: .paging, syntax: "[ADDR]", summary: "show what the guest has mapped",
      help: "Until it is there: `walk ADDR`, address by address.", completers: [.register],
      status: .later(instead: "`walk ADDR` shows one address")),
    Command(
      name: "ept", group: .paging, syntax: "ADDR",
      summary: "show the EPT walk of a guest-physical address",
      help: "Until it is there: `walk ADDR` shows the references to EPT tables too.",
      completers: [.register],
      status: .later(instead: "`walk ADDR` shows the references to EPT tables too")),
  ]

  @Sendable private static func walk(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let address = try session.number("the address", from: &arguments)
    try arguments.end()
    let kind: PageAccess.Kind
    switch arguments.value(of: "--access") ?? "r" {
    case "r", "read": kind = .read
    case "w", "write": kind = .write
    case "x", "fetch": kind = .fetch
    case let other: throw CommandError("usage", "--access \(other): it is r, w or x")
    }
    let access = PageAccess(kind, isUser: arguments.has("--user"))
    let monitor = try session.machine()
    let rendering = WalkRendering(
      walk: try monitor.walk(address, access), registers: try session.registers())
    return Answer(rendering.lines(session.format).joined(separator: "\n"), rendering.json)
  }
}

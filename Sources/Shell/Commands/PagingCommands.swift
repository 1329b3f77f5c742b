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
      help: """
        The EPT entries alone, as the processor reads them for one guest-physical address.
        --access is r (used if it is missing), w or x. Example: ept 0x7c00 --access x
        """,
      completers: [.register],
      options: [
        Command.Option(name: "--access", value: "r|w|x", completer: .words(["r", "w", "x"]))
      ], needs: .machine, body: ept),
  ]

  @Sendable private static func walk(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let address = try session.number("the address", from: &arguments)
    try arguments.end()
    let access = PageAccess(try kind(of: arguments), isUser: arguments.has("--user"))
    let monitor = try session.machine()
    let rendering = WalkRendering(
      walk: try monitor.walk(address, access), registers: try session.registers())
    return Answer(rendering.lines(session.format).joined(separator: "\n"), rendering.json)
  }

  @Sendable private static func ept(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let address = try session.number("the guest-physical address", from: &arguments)
    try arguments.end()
    let access = PageAccess(try kind(of: arguments))
    let monitor = try session.machine()
    guard monitor.machine.capabilities.contains(.ept) else {
      throw CommandError(
        "missing-capability",
        "the EPT of a guest on \(monitor.machine.backendName) belongs to the kernel, which does "
          + "not show it; `backend sim` has EPT tables that can be read")
    }
    guard let walk = monitor.walkEPT(address, access) else {
      throw CommandError(
        "no-ept",
        "no EPT is in use: no current VMCS has the control \"enable EPT\"; `setup` makes one")
    }
    var rendering = WalkRendering(walk: walk, registers: try session.registers())
    rendering.isEPTAlone = true
    return Answer(rendering.lines(session.format).joined(separator: "\n"), rendering.json)
  }

  private static func kind(of arguments: Arguments) throws -> PageAccess.Kind {
    switch arguments.value(of: "--access") ?? "r" {
    case "r", "read": .read
    case "w", "write": .write
    case "x", "fetch": .fetch
    case let other: throw CommandError("usage", "--access \(other): it is r, w or x")
    }
  }
}

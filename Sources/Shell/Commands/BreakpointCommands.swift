import X86

/// Where a running guest is to stop.
enum BreakpointCommands {
  static let rows: [Command] = [
    Command(
      name: "break", aliases: ["b"], group: .running, syntax: "ADDR|exit [REASON]",
      summary: "stop at an instruction, or at an exit",
      help: """
        ADDR is linear. `break exit` stops at every exit, `break exit REASON` at those of one
        reason, by name or number. Example: break 0x7c10
        Example: break exit cpuid
        """,
      completers: [.words(["exit"]), .exitReason, .nothing], body: addBreak),
    Command(
      name: "watch", group: .running, syntax: "ADDR [LEN]",
      summary: "stop when bytes of guest memory change",
      help: """
        LEN is 1 to 64 bytes, 8 if it is missing. Memory is compared after each instruction, so
        the guest runs slowly meanwhile. Example: watch 0x500 4
        """,
      completers: [.number], needs: .guest, body: watch),
    Command(
      name: "delete", aliases: ["d"], group: .running, syntax: "[N]",
      summary: "delete a breakpoint or watchpoint, or all",
      help: "Example: delete 1", completers: [.number, .nothing], body: delete),
    Command(
      name: "info breakpoints", aliases: ["info break"], group: .running,
      summary: "list breakpoints and watchpoints", help: "Example: info breakpoints", body: list),
  ]

  @Sendable private static func addBreak(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    if arguments.first == "exit" {
      _ = arguments.next()
      let reason = try arguments.next().map { try ExitReasons.reason($0) }
      try arguments.end()
      var answer = added(session.breakpoints.add(.exit(reason?.rawValue)), session)
      if let reason, let note = ExitCommands.hiddenNote(reason, session) {
        answer.text += "\n" + note
      }
      return answer
    }
    let address = try session.number("the address, or `exit`,", from: &arguments)
    try arguments.end()
    return added(session.breakpoints.add(.address(address)), session)
  }

  @Sendable private static func watch(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let address = try session.number("the address", from: &arguments)
    let length = try session.optionalNumber(from: &arguments) ?? 8
    try arguments.end()
    guard (1...64).contains(length) else {
      throw CommandError("usage", "LEN is 1 to 64 bytes; usage: \(arguments.usage)")
    }
    _ = try session.guest().readLinear(address, count: Int(length))
    return added(session.breakpoints.add(.watch(address, length: Int(length))), session)
  }

  private static func added(_ breakpoint: BreakpointList.Breakpoint, _ session: Session) -> Answer {
    let isSteppedTo = breakpoint.isSteppedTo && session.options.backend == .kvm
    let note =
      isSteppedTo ? "on kvm the guest is single-stepped to find it, so it runs slowly\n" : ""
    return Answer(
      "breakpoint \(breakpoint.number): \(breakpoint.text)\n" + note
        + session.format.next("`run` or `continue`"),
      describe(breakpoint))
  }

  @Sendable private static func delete(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let number = try session.optionalNumber(from: &arguments)
    try arguments.end()
    guard let number else {
      session.breakpoints.deleteAll()
      return Answer("no breakpoints are left")
    }
    guard let index = Int(exactly: number), session.breakpoints.delete(index) else {
      throw CommandError(
        "no-such-breakpoint", "there is no breakpoint \(number); `info breakpoints` lists them")
    }
    return Answer("breakpoint \(number) is deleted")
  }

  @Sendable private static func list(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    let all = session.breakpoints.all
    let rows = all.map { ["\($0.number)", $0.text, "\($0.hits)"] }
    let lines =
      all.isEmpty
      ? ["no breakpoints; `break ADDR` or `break exit` makes one"]
      : TextTable([("number", .right), ("where", .left), ("hits", .right)], rows)
        .lines(session.format)
    return Answer(
      lines.joined(separator: "\n"),
      .object([(key: "breakpoints", value: .array(all.map { describe($0) }))]))
  }

  private static func describe(_ breakpoint: BreakpointList.Breakpoint) -> JSON {
    var members: [(key: String, value: JSON)] = [(key: "number", value: .int(breakpoint.number))]
    switch breakpoint.kind {
    case .address(let address): members.append((key: "address", value: .hex(address)))
    case .exit(let reason):
      let name = reason.map { ExitReason(rawValue: $0).identifier }
      members.append((key: "exit", value: .string(name ?? "any")))
    case .watch(let address, let length):
      members.append((key: "watch", value: .hex(address)))
      members.append((key: "length", value: .int(length)))
    }
    members.append((key: "hits", value: .int(breakpoint.hits)))
    return .object(members)
  }
}

/// Exit reasons as people type them.
enum ExitReasons {
  static func reason(_ text: String) throws(CommandError) -> ExitReason {
    if let reason = ExitReason(named: text) { return reason }
    let prefixed = ExitReason.rows.filter { $0.identifier.hasPrefix(text.lowercased()) }
    if prefixed.count == 1 { return prefixed[0].reason }
    if prefixed.count > 1 {
      let names = prefixed.map(\.identifier).joined(separator: ", ")
      throw CommandError("ambiguous-argument", "ambiguous exit reason '\(text)': \(names)")
    }
    let hint = Nearest.match(text, among: ExitReason.rows.map(\.identifier))
    throw CommandError(
      "unknown-exit-reason",
      "no exit reason '\(text)'; "
        + (hint.map { "did you mean \($0)?" } ?? "`apropos exit` searches, Tab lists them"))
  }
}

import X86

/// Registers and what can be computed from them.
enum RegisterCommands {
  static let rows: [Command] = [
    Command(
      name: "info registers", aliases: ["regs"], group: .seeing, syntax: "[GROUP]",
      summary: "show the guest's registers",
      help: """
        GROUP is general (used if it is missing), flags, segments, control, debug or all, or the
        name of one register. Example: regs control
        """,
      completers: [
        .words(RegisterRendering.Group.allCases.map(\.rawValue)), .nothing,
      ], needs: .machine, body: registers),
    Command(
      name: "info segments", group: .seeing,
      summary: "show segment registers, hidden part included",
      help: "Example: info segments", needs: .machine,
      body: { try group(.segments, $0, &$1) }),
    Command(
      name: "info control", group: .seeing, summary: "show control registers bit by bit",
      help: "Example: info control", needs: .machine, body: { try group(.control, $0, &$1) }),
    Command(
      name: "info msr", group: .seeing, syntax: "[NAME|NUMBER]",
      summary: "show model-specific registers of the guest",
      help: "Without a name, those that the processor has. Example: info msr IA32_EFER",
      completers: [.words(MSR.rows.map(\.name)), .nothing], needs: .machine, body: msr),
    Command(
      name: "print", aliases: ["p"], group: .seeing, syntax: "EXPR",
      summary: "compute a number and show it",
      help: """
        Numbers, $registers, fields of the VMCS, + and -. print/x shows hexadecimal only, /d signed
        decimal, /t binary, /u unsigned, /o octal. Example: print $rsp - 8
        """,
      completers: [.register], takesFormat: true, body: printValue),
  ]

  @Sendable private static func registers(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let word = arguments.next()
    try arguments.end()
    let registers = try session.registers()
    let rendering = RegisterRendering(registers: registers)
    guard let word else { return answer(rendering, .general, session) }
    let groups = RegisterRendering.Group.allCases.filter { $0.rawValue.hasPrefix(word) }
    if groups.count == 1 { return answer(rendering, groups[0], session) }
    let name = word.hasPrefix("$") ? String(word.dropFirst()) : word
    guard let place = RegisterNames.place(name) else {
      let names = RegisterRendering.Group.allCases.map(\.rawValue).joined(separator: ", ")
      throw CommandError(
        "usage", "no group and no register is called '\(word)'; groups are \(names)")
    }
    let value = Show.hex(place.get(registers))
    return Answer(
      session.format.grid([(name: place.name, value: value)], perRow: 1)[0], rendering.json)
  }

  private static func answer(
    _ rendering: RegisterRendering, _ group: RegisterRendering.Group, _ session: Session
  ) -> Answer {
    Answer(rendering.lines(group, session.format).joined(separator: "\n"), rendering.json)
  }

  private static func group(
    _ group: RegisterRendering.Group, _ session: Session, _ arguments: inout Arguments
  ) throws -> Answer {
    try arguments.end()
    return answer(RegisterRendering(registers: try session.registers()), group, session)
  }

  @Sendable private static func msr(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let cpu = try session.machine().machine.cpu
    let word = arguments.next()
    try arguments.end()
    var found: [(name: String, number: UInt32, value: UInt64)] = []
    if let word {
      let number = try msrNumber(word, session)
      guard let value = try cpu.readMSR(number) else {
        throw CommandError(
          "no-such-msr", "the processor has no MSR \(Show.hex(number)): RDMSR would raise #GP")
      }
      found = [(MSR.label(number), number, value)]
    } else {
      for row in MSR.rows {
        if let value = try cpu.readMSR(row.number) { found.append((row.name, row.number, value)) }
      }
    }
    let rows = found.map { [$0.name, Show.hex($0.number), Show.hex($0.value)] }
    let lines = TextTable([("MSR", .left), ("number", .right), ("value", .right)], rows)
      .lines(session.format)
    let members = found.map { row in
      JSON.object([
        (key: "name", value: .string(row.name)), (key: "number", value: .hex(UInt64(row.number))),
        (key: "value", value: .hex(row.value)),
      ])
    }
    return Answer(
      lines.joined(separator: "\n"), .object([(key: "msrs", value: .array(members))]))
  }

  private static func msrNumber(_ word: String, _ session: Session) throws -> UInt32 {
    if let row = MSRRow(named: word) { return row.number }
    if let first = word.first, first.isLetter {
      let hint = Nearest.match(word, among: MSR.rows.map(\.name))
      throw CommandError(
        "no-such-msr",
        "no MSR is called '\(word)'; " + (hint.map { "did you mean \($0)?" } ?? "give its number"))
    }
    let value = try session.expressions.value(of: word)
    guard let number = UInt32(exactly: value) else {
      throw CommandError("usage", "an MSR's number has 32 bits, \(Show.hex(value)) has more")
    }
    return number
  }

  @Sendable private static func printValue(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let text = arguments.rest().joined(separator: " ")
    guard !text.isEmpty else {
      throw CommandError("usage", "the expression is missing; usage: \(arguments.usage)")
    }
    let value = try session.expressions.value(of: text)
    let signed = Int64(bitPattern: value)
    let shown: String
    switch arguments.format {
    case nil:
      shown = "\(Show.hex(value)) = \(value)" + (signed < 0 ? " = \(signed)" : "")
    case "x": shown = Show.hex(value)
    case "d": shown = "\(signed)"
    case "u": shown = "\(value)"
    case "o": shown = "0" + String(value, radix: 8)
    case "t": shown = "0b" + String(value, radix: 2)
    case let format?:
      throw CommandError("usage", "print/\(format): formats are x, d, u, o and t")
    }
    return Answer(
      shown,
      .object([
        (key: "value", value: .hex(value)), (key: "decimal", value: .string("\(value)")),
        (key: "signed", value: .string("\(signed)")),
      ]))
  }
}

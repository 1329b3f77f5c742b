import Monitor
import X86

/// The VMX instructions, typed at the prompt.
enum VMXCommands {
  static let rows: [Command] = [
    row(
      "vmxon", "[A]", "enter VMX root operation",
      "A is the VMXON region; the monitor's own is prepared and used if A is missing.",
      [.number, .nothing], { session, words in .vmxon(try session.optionalNumber(from: &words)) }),
    row("vmxoff", "", "leave VMX operation", "", [.nothing], { _, _ in .vmxoff }),
    row(
      "vmclear", "[A]", "initialise a VMCS region, launch state clear",
      "The monitor's own region is prepared and used if A is missing.", [.number, .nothing],
      { session, words in .vmclear(try session.optionalNumber(from: &words)) }),
    row(
      "vmptrld", "[A]", "make a VMCS the current one",
      "The monitor's own region is used if A is missing.", [.number, .nothing],
      { session, words in .vmptrld(try session.optionalNumber(from: &words)) }),
    row("vmptrst", "", "show which VMCS is the current one", "", [.nothing], { _, _ in .vmptrst }),
    row(
      "vmread", "FIELD", "read a field of the current VMCS",
      "FIELD is a name or an encoding. Example: vmread GUEST_RIP", [.vmcsField, .nothing],
      { session, words in .vmread(try field(session, &words)) }),
    row(
      "vmwrite", "FIELD V", "write a field of the current VMCS",
      "Example: vmwrite GUEST_RIP 0x7c00", [.vmcsField, .register],
      { session, words in
        let field = try field(session, &words)
        return .vmwrite(field, try session.number("the value", from: &words))
      }),
    row(
      "vmlaunch", "", "enter the guest with a VMCS that is clear",
      "Runs the guest to its next VM exit, which nobody handles: that is up to you.", [.nothing],
      { _, _ in .vmlaunch }),
    row(
      "vmresume", "", "enter the guest with a VMCS that has been launched",
      "Runs the guest to its next VM exit, which nobody handles: that is up to you.", [.nothing],
      { _, _ in .vmresume }),
    row(
      "invept", "TYPE [EPTP]", "flush translations that EPT has made",
      "TYPE is 1 (one EPT pointer) or 2 (all). Example: invept 2", [.number],
      { session, words in
        let type = try session.number("the type", from: &words)
        return .invept(type: type, pointer: try session.optionalNumber(from: &words) ?? 0)
      }),
    row(
      "invvpid", "TYPE [VPID [ADDR]]", "flush translations of a virtual processor",
      "TYPE is 0 (one address), 1 (one VPID), 2 (all) or 3 (one VPID, globals stay).", [.number],
      { session, words in
        let type = try session.number("the type", from: &words)
        let vpid = try session.optionalNumber(from: &words) ?? 0
        return .invvpid(
          type: type, vpid: UInt16(truncatingIfNeeded: vpid),
          linear: try session.optionalNumber(from: &words) ?? 0)
      }),
  ]

  private static func row(
    _ name: String, _ syntax: String, _ summary: String, _ more: String,
    _ completers: [Command.Completer],
    _ instruction: @escaping @Sendable (Session, inout Arguments) throws -> PromptInstruction
  ) -> Command {
    let example = more.contains("Example") ? "" : "Example: \(name)"
    return Command(
      name: name, group: .vmx, syntax: syntax, summary: summary,
      help: [more, "It fails as the processor fails.", example].filter { !$0.isEmpty }
        .joined(separator: "\n"),
      completers: completers, needs: .vmx,
      body: { session, arguments in
        let instruction = try instruction(session, &arguments)
        try arguments.end()
        return try execute(instruction, named: name, session)
      })
  }

  /// A field by name, or any encoding: the processor says whether it has it.
  private static func field(_ session: Session, _ arguments: inout Arguments) throws -> VMCSField {
    let word = try arguments.next("the field")
    return try VMCSFields.field(word, session)
  }

  private static func execute(
    _ instruction: PromptInstruction, named name: String, _ session: Session
  ) throws -> Answer {
    let monitor = try session.machine()
    session.interrupt.clear()
    defer { session.interrupt.clear() }
    let answer = try monitor.execute(instruction, interrupt: session.interrupt)
    session.lastAnswer = answer
    if let exit = answer.exit {
      let rip = (try? session.registers().rip) ?? 0
      session.lastStop = Stop(reason: .exit, rip: rip, exit: exit)
    }
    let rendering = VMXRendering(
      name: name, instruction: instruction, answer: answer, status: monitor.vmxStatus,
      console: session.takeConsole())
    return Answer(rendering.lines(session.format).joined(separator: "\n"), rendering.json)
  }
}

/// Fields as people type them.
enum VMCSFields {
  static func field(_ word: String, _ session: Session) throws -> VMCSField {
    if let field = VMCSField(named: word) { return field }
    if let first = word.first, first.isNumber || first == "$" || first == "(" {
      let value = try session.expressions.value(of: word)
      guard let encoding = UInt32(exactly: value) else {
        throw CommandError("unknown-field", "an encoding has 32 bits, \(Show.hex(value)) has more")
      }
      return VMCSField(rawValue: encoding)
    }
    let hint = Nearest.match(word, among: VMCSField.rows.map(\.symbol))
    throw CommandError(
      "unknown-field",
      "no VMCS field is called '\(word)'; "
        + (hint.map { "did you mean \($0)?" } ?? "`vmcs` lists them, `apropos` searches"))
  }
}

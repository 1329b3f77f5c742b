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
    let entries = Explanation.lookup(text)
    guard !entries.isEmpty else {
      let hint = Nearest.match(text, among: Explanation.names).map { "did you mean `\($0)`?" }
      throw CommandError(
        "unknown-topic",
        "nothing is called '\(text)'; " + (hint ?? "`apropos \(text)` searches in all texts"))
    }
    let lines = entries.map { entry in
      session.format.heading("\(entry.kind) \(entry.name)") + "\n"
        + entry.lines.map { session.format.isPlain ? $0 : "  \($0)" }.joined(separator: "\n")
    }
    return Answer(
      lines.joined(separator: "\n"),
      .object([
        (
          key: "entries",
          value: .array(
            entries.map { entry in
              .object([
                (key: "kind", value: .string(entry.kind)), (key: "name", value: .string(entry.name)),
                (key: "text", value: .string(entry.lines.joined(separator: "\n"))),
              ])
            })
        )
      ]))
  }
}

/// What the manual's tables say about a name or number.
struct Explanation {
  var kind: String
  var name: String
  var lines: [String]

  static func lookup(_ text: String) -> [Explanation] {
    var result: [Explanation] = []
    if let field = VMCSField(named: text) { result.append(Explanation(field)) }
    if let reason = ExitReason(named: text), let row = reason.row { result.append(Explanation(row)) }
    result += VMXControl.named(text).map { Explanation($0) }
    let number = (try? Number.parse(text)).flatMap { UInt32(exactly: $0) }
    if let number, let error = InstructionError(number: number) {
      result.append(Explanation(error))
    }
    if let row = MSRRow(named: text) { result.append(Explanation(row)) }
    if let vector = ExceptionVector(named: text) { result.append(Explanation(vector)) }
    return result
  }

  /// What can be asked for by name.
  static var names: [String] {
    VMCSField.rows.map(\.symbol) + ExitReason.rows.map(\.identifier) + VMXControl.rows.map(\.name)
      + MSR.rows.map(\.name) + ExceptionVector.rows.map(\.mnemonic)
  }

  private init(_ field: VMCSField) {
    kind = "VMCS field"
    name = "\(field.symbol) (\(Show.hex(field.rawValue)))"
    lines = ["\(field.name): \(field.meaning)", "\(field.width.name) \(field.type.name) field"]
    if let row = field.row, row.existsWhen != "always" {
      lines.append("exists when: \(row.existsWhen)")
    }
    if let group = VMXControlGroup(field: field) {
      lines += group.controls.map { "bit \($0.bit) \($0.name): \($0.meaning)" }
    }
  }

  private init(_ row: ExitReasonRow) {
    kind = "exit reason"
    name = "\(row.number) \(row.identifier)"
    lines = [
      "\(row.name): \(row.cause)", "kind: \(row.kind.rawValue)",
      "controlled by: \(row.controlledBy)", "exit qualification: \(row.qualification)",
    ]
  }

  private init(_ control: VMXControl) {
    kind = "VMX control"
    name = "\(control.name) (\(control.reference))"
    lines = [
      control.meaning, "in \(control.group.field.symbol) bit \(control.bit), "
        + control.defaultClass.rawValue,
    ]
    if let depends = control.dependsOn { lines.append("needs: \(depends)") }
  }

  private init(_ error: InstructionError) {
    kind = "VM-instruction error"
    name = "\(error.number)"
    lines = ["\(error.name): \(error.meaning)", "from: \(error.instructions)", error.remedy]
  }

  private init(_ row: MSRRow) {
    kind = "MSR"
    name = "\(row.name) (\(Show.hex(row.number)))"
    lines = [row.meaning]
    if let capability = VMXCapabilityMSR(number: row.number) {
      lines += capability.fields.map { "bits \($0.bits) \($0.name): \($0.meaning)" }
    }
  }

  private init(_ vector: ExceptionVector) {
    kind = "exception"
    name = "\(vector.number) \(vector.mnemonic)"
    lines = [
      "\(vector.name), \(vector.kind.rawValue): \(vector.cause)",
      vector.hasErrorCode ? "pushes an error code" : "pushes no error code",
    ]
  }
}

import Monitor
import X86

/// The instructions that were recorded.
enum TraceCommand {
  static let row = Command(
    name: "info trace", group: .seeing, syntax: "[N]",
    summary: "show the last N instructions executed, and the register that each changed",
    help: """
      `set trace on` records them, in the simulator, 65536 at most. What the monitor does between a
      VM exit and the next VM entry is not the guest's and not in the trace.
      Example: set trace on, run, info trace 5
      """,
    completers: [.number, .nothing], needs: .machine, body: show)

  @Sendable private static func show(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let count = try session.optionalNumber(from: &arguments) ?? 16
    try arguments.end()
    let entries = try session.machine().trace(last: Int(clamping: count))
    let rows = entries.map { [Show.hex($0.rip), text($0)] }
    let table = TextTable([("rip", .right), ("what it did", .left)], rows)
    let none =
      session.isTracing ? "nothing has run yet" : "nothing is recorded: `set trace on`, then run"
    let lines = rows.isEmpty ? [none] : table.lines(session.format)
    return Answer(
      lines.joined(separator: "\n"),
      .object([(key: "instructions", value: .array(entries.map(json)))]))
  }

  private static func text(_ entry: TraceEntry) -> String {
    switch entry.end {
    case .completed:
      return entry.register.map { "\($0) = \(Show.hex(entry.value))" } ?? ""
    case .exception:
      let number = UInt8(truncatingIfNeeded: entry.value)
      let name = ExceptionVector(number: number)?.mnemonic ?? "vector \(number)"
      return "raised \(name)"
    case .exit:
      let reason = ExitReason(rawValue: UInt16(truncatingIfNeeded: entry.value))
      return "VM exit: \(reason.name)"
    case .other: return "waits for the machine around it"
    }
  }

  private static func json(_ entry: TraceEntry) -> JSON {
    .object([
      (key: "rip", value: .hex(entry.rip)),
      (key: "register", value: entry.register.map { .string("\($0)") } ?? .null),
      (key: "value", value: entry.end == .completed ? .hex(entry.value) : .null),
      (key: "event", value: entry.end == .completed ? .null : .string(text(entry))),
    ])
  }
}

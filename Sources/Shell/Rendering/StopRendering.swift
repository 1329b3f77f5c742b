import Monitor
import X86

/// Why the prompt is back: what ran, what changed, what stopped it, and what to type next.
struct StopRendering {
  let stop: Stop
  /// Instructions that were stepped, oldest first; the latest only if there were many.
  var executed: [ExecutedInstruction] = []
  /// Instructions stepped before those.
  var skipped = 0
  /// What the guest printed meanwhile.
  var console: [UInt8] = []
  /// The instruction at RIP now.
  var upcoming: DisassemblyLine?
  /// More to say, e.g. which breakpoint.
  var detail: String?

  func lines(_ format: TextFormat) -> [String] {
    var lines: [String] = []
    if skipped > 0 { lines.append("(\(Show.count(skipped, "earlier instruction")) not shown)") }
    // A VM entry that failed executed nothing.
    for instruction in executed where stop.exit?.isEntryFailure != true {
      lines.append(Self.line(instruction, format))
      if let exit = instruction.handledExit {
        let headline = ExitRendering(exit: exit).headline(format)
        lines.append((format.isPlain ? "" : "  ") + headline + " (handled by the monitor)")
      }
      lines += instruction.changes.map {
        (format.isPlain ? "" : "  ") + format.change($0.what, $0.before, $0.after)
      }
    }
    lines += consoleLines(format)
    lines += reasonLines(format)
    if let upcoming, stop.reason != .halt {
      lines.append((format.isPlain ? "at " : "=> ") + upcoming.text)
    }
    lines.append(format.next(hint))
    return lines
  }

  private static func line(_ instruction: ExecutedInstruction, _ format: TextFormat) -> String {
    DisassemblyLine(
      address: instruction.address, bytes: instruction.bytes,
      text: instruction.text.isEmpty ? "(its bytes cannot be read)" : instruction.text
    ).text
  }

  func consoleLines(_ format: TextFormat) -> [String] {
    if console.isEmpty { return [] }
    let text = Show.console(console)
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines.map { format.isPlain ? "guest printed: \($0)" : format.aside("guest| ") + $0 }
  }

  /// Which breakpoint, what the monitor says, or what such a stop is called.
  var reasonText: String? {
    stop.reason == .step ? nonEmpty(stop.explanation) : detail ?? nonEmpty(explanation) ?? usualText
  }

  private func reasonLines(_ format: TextFormat) -> [String] {
    var lines: [String] = []
    if let exit = stop.exit, stop.reason == .exit || exit.isEntryFailure {
      lines += ExitRendering(exit: exit).lines(format)
    }
    if let text = reasonText { lines.append(text) }
    if stop.handledExits > 0, stop.reason != .step {
      lines.append("\(Show.count(stop.handledExits, "exit")) handled on the way")
    }
    if let count = stop.instructions, stop.reason != .step {
      lines.append("\(Show.count(count, "instruction")) executed, rip \(Show.hex(stop.rip))")
    }
    return lines
  }

  /// The monitor's words, without what the exit's headline says already.
  private var explanation: String {
    guard stop.reason == .exit, let summary = stop.exit?.summary else { return stop.explanation }
    let repeated = summary + "; "
    if stop.explanation == summary { return "" }
    return stop.explanation.hasPrefix(repeated)
      ? String(stop.explanation.dropFirst(repeated.count)) : stop.explanation
  }

  private func nonEmpty(_ text: String) -> String? { text.isEmpty ? nil : text }

  private var usualText: String? {
    switch stop.reason {
    case .step, .exit: nil
    case .breakpoint: "stopped at a breakpoint"
    case .halt: "the guest has halted"
    case .limit: "the instruction limit is reached"
    case .interrupt: "interrupted"
    }
  }

  /// The next useful command.
  var hint: String {
    if stop.exit?.isEntryFailure == true {
      return "`check` lists every rule of VM entry that is broken"
    }
    switch stop.reason {
    case .step: return "`stepi` executes one more instruction, `continue` runs on"
    case .breakpoint: return "`info registers`, `stepi`, or `continue` to run on"
    case .exit where stop.exit?.reason == ExitReason.tripleFault.rawValue:
      return "`info idt` and `disassemble` show what went wrong, `reset` starts again"
    case .exit:
      let look =
        stop.exit?.backend == nil
        ? "`vmcs exit` shows what the processor recorded" : "`info registers` shows the guest"
      return look + ", `continue` handles it and runs on"
    case .halt: return "`info exits` counts what happened, `run` starts the guest again"
    case .limit: return "`continue` runs on, `disassemble` shows where the guest is"
    case .interrupt: return "`disassemble` shows where the guest is, `continue` runs on"
    }
  }

  var json: JSON {
    .object([
      (key: "stopped", value: .string(stop.reason.rawValue)), (key: "rip", value: .hex(stop.rip)),
      (key: "instructions", value: .count(stop.instructions)),
      (key: "exit", value: stop.exit.map { ExitRendering(exit: $0).json } ?? .null),
      (key: "handledExits", value: .int(stop.handledExits)),
      (key: "explanation", value: .string(detail ?? stop.explanation)),
      (key: "console", value: .string(Show.raw(console))),
      (key: "executed", value: .array(executed.map { Self.json($0) })),
    ])
  }

  private static func json(_ instruction: ExecutedInstruction) -> JSON {
    .object([
      (key: "address", value: .hex(instruction.address)),
      (key: "bytes", value: .string(instruction.bytes.map { Show.byte($0) }.joined())),
      (key: "text", value: .string(instruction.text)),
      (
        key: "changes",
        value: .array(
          instruction.changes.map { change in
            .object([
              (key: "what", value: .string(change.what)),
              (key: "before", value: .string(change.before)),
              (key: "after", value: .string(change.after)),
            ])
          })
      ),
    ])
  }
}

/// An instruction of a listing.
struct DisassemblyLine: Sendable, Equatable {
  var address: UInt64
  var bytes: [UInt8]
  var instruction: String

  init(address: UInt64, bytes: [UInt8], text: String) {
    self.address = address
    self.bytes = bytes
    instruction = text
  }

  /// Columns that line up for up to seven bytes.
  var text: String {
    "\(Show.hex(address))  \(TextFormat.pad(Show.bytes(bytes), 20))  \(instruction)"
  }
}

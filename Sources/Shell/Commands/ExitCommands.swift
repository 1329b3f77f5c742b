import Monitor
import X86

/// What happens at an exit, and what has happened.
enum ExitCommands {
  static let rows: [Command] = [
    Command(
      name: "handle", group: .exits, syntax: "[REASON [emulate|stop|pass]]",
      summary: "choose what the monitor does at an exit",
      help: """
        emulate handles it and goes on; stop gives you the prompt before it is handled; pass gives
        an exception or interrupt to the guest. Without arguments, lists what differs from emulate.
        Example: handle cpuid stop
        """,
      completers: [
        .exitReason, .words(ExitPolicy.allCases.map(\.rawValue)), .nothing,
      ], body: handle),
    Command(
      name: "info exits", group: .exits, summary: "count exits by reason, with their cost",
      help: "In the columns of `perf kvm stat`. Example: info exits", needs: .machine, body: exits),
    Command(
      name: "timeline", group: .exits, summary: "show exits in the order in which they happened",
      help: "Until it is there: `break exit`, then `continue`, shows them one by one.",
      status: .later(instead: "`break exit`, then `continue`, shows exits one by one")),
  ]

  @Sendable private static func handle(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    guard let word = arguments.next() else { return list(session) }
    let reason = try ExitReasons.reason(word)
    guard let action = arguments.next() else {
      let policy = session.handled[reason.rawValue] ?? .emulate
      return answer(reason, policy)
    }
    try arguments.end()
    guard let policy = ExitPolicy(rawValue: action) else {
      throw CommandError("usage", "'\(action)' is none of emulate, stop and pass")
    }
    let canPass = reason == .exceptionOrNMI || reason == .externalInterrupt
    guard policy != .pass || canPass else {
      throw CommandError(
        "usage",
        "only exceptions and interrupts can be passed to the guest, not \(reason.identifier)")
    }
    session.handled[reason.rawValue] = policy == .emulate ? nil : policy
    var answer = answer(reason, policy)
    if policy != .emulate, let note = note(reason, session) { answer.text += "\n" + note }
    return answer
  }

  /// What a learner has to know for the exit to happen at all; nil if nothing.
  private static func note(_ reason: ExitReason, _ session: Session) -> String? {
    if let hidden = hiddenNote(reason, session) { return hidden }
    guard reason == .exceptionOrNMI else { return nil }
    return "only exceptions in EXCEPTION_BITMAP exit: after `setup`, "
      + "`vmwrite EXCEPTION_BITMAP 0x4000` selects #PF (bit 14)"
  }

  /// Exits that KVM hands to user space; it handles the others in the kernel.
  private static let seenOnKVM: Set<ExitReason> = [
    .tripleFault, .interruptWindow, .hlt, .ioInstruction, .entryFailureGuestState, .eptViolation,
  ]

  /// What to know about stopping at an exit that this backend does not show; nil if it does.
  static func hiddenNote(_ reason: ExitReason, _ session: Session) -> String? {
    guard session.options.backend == .kvm, !seenOnKVM.contains(reason) else { return nil }
    return "on kvm the kernel handles this exit and does not tell: nothing stops at it there; "
      + "`backend sim` shows it"
  }

  private static func answer(_ reason: ExitReason, _ policy: ExitPolicy) -> Answer {
    Answer(
      "exit \(reason.rawValue) \(reason.identifier): \(policy.rawValue)",
      .object([
        (key: "reason", value: .int(Int(reason.rawValue))),
        (key: "name", value: .string(reason.identifier)),
        (key: "policy", value: .string(policy.rawValue)),
      ]))
  }

  private static func list(_ session: Session) -> Answer {
    let rows = session.handled.sorted { $0.key < $1.key }
    let lines =
      rows.isEmpty
      ? ["every exit is emulated; `handle REASON stop` stops at one"]
      : rows.map { "\(ExitReason(rawValue: $0.key).identifier): \($0.value.rawValue)" }
    let json = rows.map { row in
      JSON.object([
        (key: "reason", value: .int(Int(row.key))),
        (key: "name", value: .string(ExitReason(rawValue: row.key).identifier)),
        (key: "policy", value: .string(row.value.rawValue)),
      ])
    }
    return Answer(lines.joined(separator: "\n"), .object([(key: "policies", value: .array(json))]))
  }

  @Sendable private static func exits(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    let monitor = try session.machine()
    let rendering = ExitTableRendering(
      statistics: monitor.statistics, unit: ExitTableRendering.unit(monitor))
    return Answer(
      rendering.lines(session.format).joined(separator: "\n"),
      .object([
        (key: "total", value: .int(monitor.statistics.total)),
        (key: "unit", value: .string(rendering.unit)), (key: "exits", value: rendering.json),
      ]))
  }
}

extension ExitTableRendering {
  /// What a machine's costs are counted in.
  static func unit(_ monitor: any MonitorNeeds) -> String {
    monitor.configuration.backend == .sim ? "model cycles" : "nanoseconds"
  }
}

import Monitor
import X86

/// Looking at the VMCS, filling it, checking it.
enum VMCSCommands {
  static let rows: [Command] = [
    Command(
      name: "setup", group: .vmx,
      summary: "fill the current VMCS so that the loaded guest can enter",
      help: """
        Writes guest state, host state and controls, and says what and why. Then `vmlaunch`.
        Example: load hello, vmxon, vmclear, vmptrld, setup, vmlaunch
        """,
      needs: [.vmx, .guest], body: setup),
    Command(
      name: "vmcs", group: .vmcs, syntax: "[guest|host|control|exit|FIELD]",
      summary: "show the current VMCS, or one field",
      help: """
        Fields that are 0 are left out. --diff shows what changed since the last VM entry.
        Example: vmcs exit
        Example: vmcs GUEST_RIP --diff
        """,
      completers: [.vmcsView, .nothing], options: [Command.Option(name: "--diff")],
      needs: .machine, body: vmcs),
    Command(
      name: "check", group: .vmcs, summary: "list every rule of VM entry that the VMCS breaks",
      help: "All at once, each with the manual's section. Example: check", needs: .vmx,
      body: check),
  ]

  @Sendable private static func setup(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    let monitor = try session.guest()
    guard monitor.vmxStatus.current != nil else { throw noVMCS("setup") }
    let lines = try monitor.setup()
    return Answer(
      (lines + [session.format.next("`check`, then `vmlaunch`")]).joined(separator: "\n"),
      .object([(key: "written", value: .strings(lines))]))
  }

  @Sendable private static func vmcs(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let word = arguments.next()
    try arguments.end()
    let monitor = try session.machine()
    let view = word.flatMap { VMCSRendering.View(rawValue: $0.lowercased()) }
    let field = view == nil ? try word.map { try VMCSFields.field($0, session) } : nil
    guard let contents = try monitor.vmcs() else { return none(field, monitor.vmxStatus, session) }
    let rendering = VMCSRendering(contents: contents, status: monitor.vmxStatus)
    let diff = arguments.has("--diff")
    if let field {
      guard field.isDefined else {
        throw CommandError(
          "unknown-field", "no field of the VMCS has the encoding \(Show.hex(field.rawValue))")
      }
      let lines = rendering.field(field, diff: diff, session.format)
      return Answer(lines.joined(separator: "\n"), rendering.json(field, diff: diff))
    }
    let views = view.map { [$0] } ?? VMCSRendering.View.allCases
    let lines = rendering.lines(views, diff: diff, session.format)
    return Answer(lines.joined(separator: "\n"), rendering.json(views, diff: diff))
  }

  /// Having no current VMCS is a state of the processor, and no failed command.
  private static func none(_ field: VMCSField?, _ status: VMXStatus, _ session: Session) -> Answer {
    let next = status.isOn ? "`vmclear`, then `vmptrld`" : "`vmxon`, `vmclear`, `vmptrld`"
    let mode = status.isOn ? "VMX operation is on" : "VMX operation is off"
    let lines = [
      "no VMCS is current, \(mode)", session.format.next("\(next) give you one; `run` does it all"),
    ]
    var members: [(key: String, value: JSON)] = [(key: "current", value: .null)]
    if let field {
      members += [
        (key: "field", value: .string(field.symbol)),
        (key: "encoding", value: .hex(UInt64(field.rawValue))), (key: "value", value: .null),
      ]
    }
    return Answer(lines.joined(separator: "\n"), .object(members))
  }

  @Sendable private static func check(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    let monitor = try session.machine()
    guard monitor.vmxStatus.current != nil else { throw noVMCS("check") }
    let rendering = CheckRendering(failures: try monitor.checkVMCS())
    return Answer(rendering.lines(session.format).joined(separator: "\n"), rendering.json)
  }

  private static func noVMCS(_ name: String) -> CommandError {
    CommandError(
      "no-vmcs", "`\(name)` needs a current VMCS; `vmxon`, `vmclear` and `vmptrld` give you one")
  }
}

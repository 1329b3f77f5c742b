import X86

/// `set`: a register of the guest, or an option of the shell.
enum SetCommand {
  static let rows: [Command] = [
    Command(
      name: "set", group: .seeing, syntax: "REG VALUE | OPTION VALUE",
      summary: "change a register, or an option of the shell",
      help: """
        Registers: every name that `print $NAME` takes, flags (zf) and parts (al, cs.base) too.
        Options: \(Option.allCases.map { "\($0.rawValue) \($0.values)" }.joined(separator: "; ")).
        Example: set rax 0x10
        Example: set ioctls on
        """,
      completers: [
        .words(Option.allCases.map(\.rawValue) + RegisterNames.listed), .words(["on", "off"]),
      ], body: set)
  ]

  enum Option: String, CaseIterable, Sendable {
    case ioctls, plain, color, json, limit, memory, seed, trace
    case checkpointMemory = "checkpoint-memory"

    var values: String {
      switch self {
      case .ioctls, .plain, .color, .json, .trace: "on|off"
      case .limit: "N|off (instructions a run)"
      case .memory: "SIZE (a new machine)"
      case .seed: "N (a new machine)"
      case .checkpointMemory: "SIZE|off (to go back in time with)"
      }
    }
  }

  @Sendable private static func set(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    var name = try arguments.next("the register or option")
    // GDB's spelling: `set $rax = 1`, `set var $rax = 1`.
    if name == "var", !arguments.isEmpty { name = try arguments.next("the register") }
    if let equals = name.firstIndex(of: "=") {
      let value = String(name[name.index(after: equals)...])
      name = String(name[..<equals])
      return try register(name, value.isEmpty ? nil : value, session, &arguments)
    }
    if arguments.first == "=" { _ = arguments.next() }
    let option = name == "colour" ? Option.color : Option(rawValue: name)
    if let option { return try setOption(option, session, &arguments) }
    return try register(name, nil, session, &arguments)
  }

  private static func register(
    _ name: String, _ text: String?, _ session: Session, _ arguments: inout Arguments
  ) throws -> Answer {
    let key = name.hasPrefix("$") ? String(name.dropFirst()) : name
    guard let place = RegisterNames.place(key) else {
      let names = Option.allCases.map(\.rawValue) + RegisterNames.listed
      let hint = Nearest.match(key, among: names).map { "did you mean \($0)?" }
      throw CommandError(
        "unknown-register",
        "no register and no option is called '\(name)'; " + (hint ?? "`help set` lists them"))
    }
    guard let set = place.set else {
      throw CommandError("usage", "\(place.name) cannot be set; it follows from other registers")
    }
    let value =
      try text.map { try session.expressions.value(of: $0) }
      ?? session.number("the value", from: &arguments)
    try arguments.end()
    let cpu = try session.machine().machine.cpu
    var registers = try cpu.registers()
    let before = place.get(registers)
    set(&registers, value)
    try cpu.setRegisters(registers)
    let after = place.get(try cpu.registers())
    return Answer(
      session.format.change(place.name, Show.hex(before), Show.hex(after)),
      .object([
        (key: "register", value: .string(place.name)), (key: "before", value: .hex(before)),
        (key: "value", value: .hex(after)),
      ]))
  }

  private static func setOption(
    _ option: Option, _ session: Session, _ arguments: inout Arguments
  ) throws -> Answer {
    let word = try arguments.next("the value")
    try arguments.end()
    var note = ""
    switch option {
    case .ioctls:
      session.echoesIoctls = try flag(word)
      session.monitor?.keepsIoctls = session.echoesIoctls
      if session.echoesIoctls, session.options.backend == .sim { note = simulatorNote }
    case .plain: session.options.plain = try flag(word)
    case .trace:
      session.isTracing = try flag(word)
      session.monitor?.traceCapacity = session.isTracing ? Session.traceCapacity : nil
    case .color: session.options.colour = try flag(word)
    case .json: session.options.json = try flag(word)
    case .limit: session.options.instructionLimit = word == "off" ? nil : try Number.parse(word)
    case .memory:
      session.options.memorySize = try SessionOptions.size(word)
      session.options.bareMemorySize = session.options.memorySize
      session.dropMachine()
    case .checkpointMemory:
      session.options.checkpointMemory = try checkpointMemory(word)
      session.monitor?.checkpointMemory = session.options.checkpointMemory
    case .seed:
      session.options.seed = try Number.parse(word)
      session.dropMachine()
    }
    return Answer(
      "\(option.rawValue) is \(word)" + note,
      .object([
        (key: "option", value: .string(option.rawValue)), (key: "value", value: .string(word)),
      ]))
  }

  private static let simulatorNote =
    "\nthe simulator makes none; `backend kvm` echoes them from KVM_CREATE_VM on"

  /// Less would hold hardly a checkpoint.
  private static let leastCheckpointMemory: UInt64 = 4 << 20

  private static func checkpointMemory(_ word: String) throws -> UInt64 {
    if word == "off" { return 0 }
    let size = try Number.parseSize(word)
    guard size >= leastCheckpointMemory else {
      throw CommandError("usage", "checkpoints need 4M at least; `off` keeps none")
    }
    return size
  }

  private static func flag(_ word: String) throws(CommandError) -> Bool {
    switch word {
    case "on", "yes", "true", "1": return true
    case "off", "no", "false", "0": return false
    default: throw CommandError("usage", "'\(word)' is neither on nor off")
    }
  }
}

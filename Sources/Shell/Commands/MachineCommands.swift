import Monitor
import X86

/// Which machine, which guest.
enum MachineCommands {
  static let rows: [Command] = [
    Command(
      name: "backend", group: .machine, syntax: "[sim|kvm]",
      summary: "show or choose what runs the guest",
      help: """
        sim is a simulated VT-x processor: everything can be seen, and time is counted in
        instructions. kvm is this computer's own processor through /dev/kvm: fast and real, and the
        kernel keeps the VMCS to itself. Choosing one starts with a new machine.
        Example: backend kvm
        """,
      completers: [.words(["sim", "kvm"])], body: backend),
    Command(
      name: "guests", group: .machine, summary: "list the guests that are built in",
      help: "Each is a small program to look at. Example: guests, then load cpuid", body: guests),
    Command(
      name: "load", group: .machine, syntax: "GUEST|FILE",
      summary: "load a guest into a machine that is reset",
      help: """
        GUEST is a name from `guests`. FILE is an ELF file or a flat binary; a path has a slash, or
        no guest has its name. A flat binary of 512 bytes that ends in 55 aa is a boot sector.
        With --bare there is no VMM, and the machine is a PC: multiboot kernels have a command line
        (--append) and modules (--module 'FILE ARGS', repeatable); a ROM image (--rom) starts at the
        reset vector.
        Example: load hello
        Example: load ./kernel.bin --at 0x100000 --mode protected
        Example: load ./kernel.elf --bare --cpus 2 --memory 1G --append "verbose"
        """,
      completers: [.guest, .nothing],
      options: [
        Command.Option(name: "--at", value: "A"), Command.Option(name: "--entry", value: "A"),
        Command.Option(
          name: "--mode", value: "M", completer: .words(GuestImage.Mode.allCases.map(\.rawValue))),
        Command.Option(name: "--bare"), Command.Option(name: "--append", value: "ARGS"),
        Command.Option(name: "--module", value: "FILE"),
        Command.Option(name: "--rom", value: "FILE"), Command.Option(name: "--cpus", value: "N"),
        Command.Option(name: "--memory", value: "SIZE"),
      ], body: load),
    Command(
      name: "reset", group: .machine, summary: "load the same guest again",
      help:
        "The machine and its devices start from the beginning; breakpoints stay. Example: reset",
      needs: .guest, body: reset),
    Command(
      name: "info machine", group: .machine, summary: "show backend, memory, guest and VMX state",
      help: "Example: info machine", needs: .machine, body: info),
    Command(
      name: "console", group: .machine, summary: "show everything that the guest has printed",
      help: """
        Guests print through a UART at port 0x3f8, a debug console at port 0xe9, or a hypercall.
        Example: console
        """,
      needs: .guest, body: console),
    Command(
      name: "doctor", group: .machine, summary: "show what this computer can do",
      help: "Names what is missing for /dev/kvm, and the one line that mends it. Example: doctor",
      body: doctor),
  ]

  @Sendable private static func backend(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let word = arguments.next()
    try arguments.end()
    if let word {
      guard let backend = Monitor.Backend(rawValue: word) else {
        throw CommandError("usage", "no backend '\(word)'; there are sim and kvm")
      }
      try choose(backend, session)
    }
    let name = session.options.backend.rawValue
    let text = word == nil ? "backend \(name)" : "backend \(name), a new machine without a guest"
    return Answer(text, .object([(key: "backend", value: .string(name))]))
  }

  /// Makes the new machine at once, so that what is missing is said here.
  private static func choose(_ backend: Monitor.Backend, _ session: Session) throws {
    let before = session.options.backend
    let monitor = session.monitor
    session.options.backend = backend
    do {
      session.dropMachine()
      try session.makeMachine(isBare: false)
    } catch {
      session.options.backend = before
      session.monitor = monitor
      throw error
    }
  }

  @Sendable private static func guests(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    let images = session.options.machineType.builtInGuests
    let rows = images.map { [$0.name, $0.mode.rawValue, $0.note] }
    let table = TextTable([("guest", .left), ("mode", .left), ("what it does", .left)], rows)
    let lines = table.lines(session.format) + [session.format.next("`load hello`, then `run`")]
    return Answer(
      lines.joined(separator: "\n"),
      .object([(key: "guests", value: .array(images.map { describe($0) }))]))
  }

  private static func describe(_ image: GuestImage) -> JSON {
    .object([
      (key: "name", value: .string(image.name)), (key: "mode", value: .string(image.mode.rawValue)),
      (key: "entry", value: .hex(image.entry)),
      (key: "bytes", value: .int(image.segments.reduce(0) { $0 + $1.bytes.count })),
      (key: "summary", value: .string(image.note)),
    ])
  }

  @Sendable private static func load(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let name = arguments.next()
    try arguments.end()
    let lookup = GuestLookup(session: session)
    let image = try lookup.image(name, arguments)
    try lookup.setMachine(arguments)
    try session.load(image, isBare: arguments.has("--bare"))
    let bytes = image.segments.reduce(0) { $0 + $1.bytes.count }
    let place = image.segments.map(\.address).min() ?? image.entry
    let entry = image.entry == place ? "" : ", entry \(Show.hex(image.entry))"
    let bare = arguments.has("--bare") ? ", on the bare machine" : ""
    let what = "\(image.name): \(Show.count(bytes, "byte")) at \(Show.hex(place))"
    var lines = ["loaded \(what), \(image.mode.rawValue) mode\(entry)\(bare)"]
    if let rom = image.bare?.rom, !rom.isEmpty {
      let start = "starts at the reset vector"
      lines = ["loaded \(image.name): a ROM of \(Show.count(rom.count, "byte")), \(start)\(bare)"]
    }
    if !image.note.isEmpty { lines.append(image.note) }
    lines.append(session.format.next("`run`, or `stepi` for one instruction"))
    return Answer(lines.joined(separator: "\n"), describe(image))
  }

  @Sendable private static func reset(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    let monitor = try session.guest()
    try session.restart(monitor)
    let name = monitor.image?.name ?? "the guest"
    return Answer(
      "\(name) is loaded again, at its first instruction",
      .object([(key: "guest", value: .string(name))]))
  }

  @Sendable private static func info(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    let monitor = try session.machine()
    let status = monitor.vmxStatus
    let machine = monitor.machine
    let capabilities = machine.capabilities.map(\.rawValue).sorted()
    let cells: [(name: String, value: String)] = [
      ("backend", machine.backendName), ("memory", Show.size(machine.memorySize)),
      ("guest", monitor.image?.name ?? "none"),
      ("instructions", machine.cpu.instructionsRetired.map { "\($0)" } ?? "not counted here"),
      ("VMX operation", status.isOn ? "on" : "off"),
      ("current VMCS", status.current.map { Show.hex($0) } ?? "none"),
      ("capabilities", capabilities.joined(separator: " ")),
    ]
    return Answer(
      session.format.grid(cells, perRow: 1).joined(separator: "\n"),
      .object([
        (key: "backend", value: .string(machine.backendName)),
        (key: "memory", value: .hex(machine.memorySize)),
        (key: "guest", value: monitor.image.map { .string($0.name) } ?? .null),
        (key: "instructions", value: .count(machine.cpu.instructionsRetired)),
        (key: "vmxOn", value: .bool(status.isOn)),
        (key: "currentVMCS", value: .hexOrNull(status.current)),
        (key: "capabilities", value: .strings(capabilities)),
      ]))
  }

  @Sendable private static func console(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    let bytes = try session.guest().consoleOutput
    session.consoleShown = bytes.count
    var text = Show.console(bytes)
    if text.hasSuffix("\n") { text.removeLast() }
    return Answer(
      bytes.isEmpty ? "the guest has printed nothing" : text,
      .object([(key: "text", value: .string(Show.raw(bytes)))]))
  }

  @Sendable private static func doctor(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    return DoctorRendering(diagnosis: session.options.machineType.diagnoseHost())
      .answer(session.format)
  }
}

/// What this computer can do.
struct DoctorRendering {
  let diagnosis: HostDiagnosis

  func answer(_ format: TextFormat) -> Answer {
    Answer(lines(format).joined(separator: "\n"), json)
  }

  func lines(_ format: TextFormat) -> [String] {
    diagnosis.findings.flatMap { finding in
      let line = "\(finding.name): \(verdict(finding, format)), \(finding.detail)"
      return finding.remedy.isEmpty ? [line] : [line, "  to mend it: \(finding.remedy)"]
    } + ["the simulator works on every computer"]
  }

  private func verdict(_ finding: HostDiagnosis.Finding, _ format: TextFormat) -> String {
    finding.isGood ? format.style("ok", .green) : format.style("not here", .yellow)
  }

  var json: JSON {
    .object([
      (
        key: "findings",
        value: .array(
          diagnosis.findings.map { finding in
            .object([
              (key: "name", value: .string(finding.name)),
              (key: "ok", value: .bool(finding.isGood)),
              (key: "detail", value: .string(finding.detail)),
              (key: "remedy", value: .string(finding.remedy)),
            ])
          })
      )
    ])
  }
}

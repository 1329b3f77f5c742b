import Monitor
import X86

/// Memory and code.
enum MemoryCommands {
  static let rows: [Command] = [
    Command(
      name: "x", group: .seeing, syntax: "[ADDR]", summary: "examine guest memory",
      help: """
        N is how many, F is x d u o t a c s or i (instructions), U is b h w or g (1, 2, 4, 8 bytes);
        what is missing stays as it was. ADDR is linear. Without ADDR, and with Enter, it goes on
        after the last address. Example: x/4i $pc
        Example: x/16xb 0x7c00
        """,
      completers: [.register], repetition: .bare("x"), needs: .machine, takesFormat: true,
      body: { try examine($0, &$1, isPhysical: false) }),
    Command(
      name: "xp", group: .seeing, syntax: "[ADDR]", summary: "examine guest-physical memory",
      help: "As `x`, without the guest's paging. Example: xp/8xg 0x1000",
      completers: [.register], repetition: .bare("xp"), needs: .machine, takesFormat: true,
      body: { try examine($0, &$1, isPhysical: true) }),
    Command(
      name: "disassemble", aliases: ["disas"], group: .seeing, syntax: "[ADDR] [N]",
      summary: "show instructions",
      help: "From the next instruction if ADDR is missing; N is 8. Example: disas $pc 4",
      completers: [.register, .number], needs: .machine, body: disassemble),
    Command(
      name: "write", group: .seeing, syntax: "ADDR BYTES…", summary: "write bytes to guest memory",
      help: """
        ADDR is linear. Each of BYTES is a number below 256, or text in quotes.
        Example: write 0x500 0x90 0x90 "text"
        """,
      completers: [.register, .number], needs: .machine, body: write),
  ]

  private static func examine(
    _ session: Session, _ arguments: inout Arguments, isPhysical: Bool
  ) throws -> Answer {
    var examination = session.examination
    if examination.isPhysical != isPhysical { examination.next = nil }
    examination.isPhysical = isPhysical
    if let format = arguments.format {
      examination.format = try examination.format.updated(by: format)
    } else if !arguments.isEmpty {
      examination.format.count = 1
    }
    let address = try session.optionalNumber(from: &arguments) ?? examination.next
    try arguments.end()
    guard let address else {
      throw CommandError("usage", "the address is missing; usage: \(arguments.usage)")
    }
    let monitor = try session.machine()
    let dump = try MemoryDump(
      address: address, format: examination.format,
      codeSize: try session.registers().codeSize,
      read: { address, count in
        isPhysical
          ? try monitor.machine.readPhysical(address, count: count)
          : try monitor.readLinear(address, count: count)
      })
    examination.next = dump.end
    session.examination = examination
    return Answer(dump.lines(session.format).joined(separator: "\n"), dump.json)
  }

  @Sendable private static func disassemble(_ session: Session, _ arguments: inout Arguments)
    throws -> Answer
  {
    let registers = try session.registers()
    let address = try session.optionalNumber(from: &arguments) ?? registers.linearPC
    let count = try session.count(from: &arguments, orElse: 8)
    try arguments.end()
    let monitor = try session.machine()
    var format = ExaminationFormat()
    format.letter = .instruction
    format.count = min(count, ExaminationFormat.largestCount)
    let dump = try MemoryDump(
      address: address, format: format, codeSize: registers.codeSize, next: registers.linearPC,
      read: { try monitor.readLinear($0, count: $1) })
    return Answer(dump.lines(session.format).joined(separator: "\n"), dump.json)
  }

  @Sendable private static func write(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let address = try session.number("the address", from: &arguments)
    var bytes: [UInt8] = []
    while let word = arguments.words.first {
      if word.isQuoted {
        bytes += Array(word.text.utf8)
        _ = arguments.next()
        continue
      }
      let value = try session.number("a byte", from: &arguments)
      guard value < 256 || value >= UInt64.max - 127 else {
        throw CommandError(
          "usage", "\(word.text) does not fit in a byte; write the bytes one by one, lowest first")
      }
      bytes.append(UInt8(truncatingIfNeeded: value))
    }
    guard !bytes.isEmpty else {
      throw CommandError("usage", "the bytes are missing; usage: \(arguments.usage)")
    }
    try session.machine().writeLinear(address, bytes)
    return Answer(
      "wrote \(Show.count(bytes.count, "byte")) at \(Show.hex(address))",
      .object([
        (key: "address", value: .hex(address)),
        (key: "bytes", value: .string(bytes.map { Show.byte($0) }.joined())),
      ]))
  }
}

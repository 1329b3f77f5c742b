import X86

/// Letting the guest go.
enum RunningCommands {
  static let rows: [Command] = [
    Command(
      name: "run", aliases: ["r"], group: .running,
      summary: "run the guest from its first instruction",
      help: """
        Enters the guest and handles its exits until something stops: a breakpoint, an exit that
        `handle` stops, the end of the guest, or ^C. A guest that has run already starts again.
        Example: run
        """,
      needs: .guest, body: run),
    Command(
      name: "continue", aliases: ["c"], group: .running, summary: "run on from where the guest is",
      help: "Handles the exit that stopped, if there was one. Enter repeats it. Example: continue",
      repetition: .same, needs: .guest,
      body: { session, arguments in
        try arguments.end()
        return try session.runGuest()
      }),
    Command(
      name: "stepi", aliases: ["si"], group: .running, syntax: "[N]",
      summary: "execute one guest instruction, or N",
      help: """
        Shows each instruction and what it changed. Of many only the last are shown. Enter repeats
        it. Example: stepi 3
        """,
      completers: [.number], repetition: .same, needs: .guest, body: stepi),
    Command(
      name: "nexti", aliases: ["ni"], group: .running, syntax: "[N]",
      summary: "execute one guest instruction, a call or a repeated one as a whole",
      help: "Enter repeats it. Example: nexti", completers: [.number], repetition: .same,
      needs: .guest, body: nexti),
    Command(
      name: "until", group: .running, syntax: "ADDR", summary: "run to an address",
      help: "ADDR is the linear address of an instruction. Example: until $pc + 5",
      completers: [.number], needs: .guest, body: until),
    Command(
      name: "irq", group: .running, syntax: "VECTOR",
      summary: "raise an external interrupt at the processor",
      help: """
        What happens then is up to the pin-based control "external-interrupt exiting" and to the
        guest's RFLAGS.IF. Example: irq 0x20
        """,
      completers: [.number], needs: .guest, body: irq),
  ]

  @Sendable private static func run(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    guard session.guestHasStarted else { return try session.runGuest() }
    try session.restart(try session.guest())
    var answer = try session.runGuest()
    answer.text = "(from the beginning; `continue` runs on instead)\n" + answer.text
    return answer
  }

  @Sendable private static func stepi(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let count = try session.count(from: &arguments, orElse: 1)
    try arguments.end()
    return try session.stepGuest(count)
  }

  @Sendable private static func nexti(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let count = try session.count(from: &arguments, orElse: 1)
    try arguments.end()
    var answer = Answer()
    for index in 0..<count {
      guard let address = try session.returnAddress() else {
        answer = try session.stepGuest(1)
        if session.lastStop?.reason != .step { break }
        continue
      }
      answer = try session.runGuest(also: address)
      let arrived = try session.registers().linearPC == address
      if session.lastStop?.reason != .breakpoint || !arrived || index == count - 1 { break }
    }
    return answer
  }

  @Sendable private static func until(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let address = try session.number("the address", from: &arguments)
    try arguments.end()
    return try session.runGuest(also: address)
  }

  @Sendable private static func irq(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let value = try session.number("the vector", from: &arguments)
    try arguments.end()
    guard let vector = UInt8(exactly: value) else {
      throw CommandError("usage", "a vector is 0 to 255, not \(Show.hex(value))")
    }
    try session.guest().raiseInterrupt(vector)
    return Answer(
      "an external interrupt with vector \(Show.hex(vector)) is requested\n"
        + session.format.next("`stepi` or `continue` shows when it is taken"),
      .object([(key: "vector", value: .int(Int(vector)))]))
  }
}

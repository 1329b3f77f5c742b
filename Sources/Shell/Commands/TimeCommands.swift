/// Going back, and knowing when it is.
enum TimeCommands {
  static let rows: [Command] = [
    Command(
      name: "reverse-stepi", aliases: ["rsi"], group: .time, syntax: "[N]",
      summary: "step back by one instruction, or N",
      help: "Until it is there: `reset`, then `stepi` with one instruction less.",
      completers: [.number],
      status: .later(instead: "use `reset`, then `stepi N` with a smaller N")),
    Command(
      name: "reverse-continue", aliases: ["rc"], group: .time,
      summary: "run back to the last breakpoint",
      help: "Until it is there: `reset`, then `run` to the breakpoint before.",
      status: .later(instead: "use `reset`, then `run` to an earlier breakpoint")),
    Command(
      name: "goto", group: .time, syntax: "COUNT", summary: "go to an instruction count",
      help: "Until it is there: `reset`, then `stepi COUNT`.", completers: [.number],
      status: .later(instead: "use `reset`, then `stepi COUNT`")),
    Command(
      name: "info time", group: .time, summary: "show how many instructions have been executed",
      help: "In the simulator time is counted in instructions. Example: info time",
      needs: .machine, body: time),
  ]

  @Sendable private static func time(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    let count = try session.machine().machine.cpu.instructionsRetired
    let text =
      count.map { "\(Show.count($0, "instruction")) executed since the machine was made" }
      ?? "\(session.backendName) does not count instructions; the simulator does"
    return Answer(text, .object([(key: "instructions", value: .count(count))]))
  }
}

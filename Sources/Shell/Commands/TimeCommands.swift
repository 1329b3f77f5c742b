import Monitor
import X86

/// Going back, and knowing when it is.
enum TimeCommands {
  static let rows: [Command] = [
    Command(
      name: "reverse-stepi", aliases: ["rsi"], group: .time, syntax: "[N]",
      summary: "step back by one instruction, or N",
      help: """
        Registers, memory, devices, console output and VMCS are as they were. What the guest does
        from there is new history; what came after is forgotten. What you typed is not undone step
        by step: it goes with the instruction before it. Enter repeats it. Example: reverse-stepi 3
        """,
      completers: [.number], repetition: .same, needs: .past, body: reverseStep),
    Command(
      name: "reverse-continue", aliases: ["rc"], group: .time,
      summary: "run back to the last breakpoint, watchpoint or exit that stops",
      help: """
        Stops at the latest moment before this one at which `continue` would have stopped: in front
        of a breakpoint, behind a write that changed watched memory, at an exit that `break exit` or
        `handle` stops; without any, at the start of time. Searching takes as long as the guest ran;
        ^C leaves the guest where it is. Example: watch 0x500, then reverse-continue
        """,
      repetition: .same, needs: .past, body: reverseContinue),
    Command(
      name: "goto", group: .time, syntax: "COUNT", summary: "go to an instruction count",
      help: """
        Back, or on, to the moment at which the guest had executed COUNT instructions. `info time`
        tells the count of now. Breakpoints do not stop it. Example: goto 1000
        """,
      completers: [.number], needs: .past, body: goTo),
    Command(
      name: "info time", group: .time,
      summary: "show how many instructions have been executed, and how far back one can go",
      help: """
        In the simulator time is counted in instructions. Going back means: to the checkpoint before,
        and on from there by executing again. `set checkpoint-memory SIZE` says how much memory
        checkpoints may take; what does not fit is forgotten from its beginning.
        Example: info time
        """,
      needs: .machine, body: time),
  ]

  @Sendable private static func reverseStep(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let count = try session.count(from: &arguments, orElse: 1)
    try arguments.end()
    return try session.travel { monitor in
      try monitor.reverseStep(UInt64(count), interrupt: session.interrupt)
    }
  }

  @Sendable private static func reverseContinue(
    _ session: Session, _ arguments: inout Arguments
  ) throws -> Answer {
    try arguments.end()
    let watched = session.breakpoints.watched.map {
      ReverseTargets.Watch(number: $0.number, address: $0.address, length: $0.length)
    }
    return try session.travel { monitor in
      try monitor.reverseContinue(
        to: ReverseTargets(
          breakpoints: session.breakpoints.addresses, watched: watched,
          interrupt: session.interrupt))
    }
  }

  @Sendable private static func goTo(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let count = try session.number("the instruction count", from: &arguments)
    try arguments.end()
    guard count >> 63 == 0 else {
      throw CommandError(
        "bad-number", "an instruction count is not negative; `reverse-stepi N` goes N back")
    }
    return try session.travel { monitor in
      try monitor.go(to: count, interrupt: session.interrupt)
    }
  }

  @Sendable private static func time(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    let status = try session.machine().timeStatus
    return TimeRendering(status: status, backend: session.backendName).answer
  }
}

extension Session {
  /// Carries out a journey in time, and says where it has led.
  func travel(_ journey: (any MonitorNeeds) throws -> Stop) throws -> Answer {
    let monitor = try prepareToRun()
    interruptAt = nil
    defer { interrupt.clear() }
    let before = monitor.timeStatus.count ?? 0
    let stop = try journey(monitor)
    // What the guest printed before this moment was shown when it did.
    consoleShown = min(consoleShown, monitor.consoleOutput.count)
    return arrived(stop, monitor, from: before)
  }
}

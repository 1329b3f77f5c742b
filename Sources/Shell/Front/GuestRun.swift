import Monitor
import X86

/// `ringside run`: a guest to its end, its console on standard output, exits on standard error.
public struct GuestRun {
  /// Nil for a ROM alone.
  public var guest: String?
  public var isBare = false
  /// For a bare machine: the kernel's command line, its modules and a ROM image.
  public var append: String?
  public var modules: [String] = []
  public var rom: String?
  /// Expressions, as `load` takes them.
  public var at: String?
  public var entry: String?
  public var mode: String?
  public var maxInstructions: UInt64?

  public init(guest: String?) { self.guest = guest }

  /// Instructions after which what the guest has printed is written.
  private static let slice: UInt64 = 20_000_000
  /// The same where instructions are not counted.
  private static let pause = Duration.milliseconds(100)

  /// Returns the exit status.
  public func run(_ session: Session) -> Int32 {
    let errors = StandardError()
    let output = StandardOutput()
    InterruptSignals.install(interrupt: session.interrupt)
    // Nobody will ask to go back.
    session.options.checkpointMemory = 0
    do {
      try load(session)
      return try run(session, output, errors)
    } catch {
      let error = CommandError(of: error)
      if session.options.json {
        var result = CommandResult(command: "run")
        result.error = error
        output.write(result.json.text + "\n")
      }
      errors.write(line: "error: \(error.message)")
      return output.exitStatus ?? 1
    }
  }

  private func load(_ session: Session) throws {
    guard let command = CommandTable.named("load") else { return }
    var words: [Word] = []
    for (name, value) in [("--at", at), ("--entry", entry), ("--mode", mode)] {
      if let value { words.append(Word(text: "\(name)=\(value)")) }
    }
    if isBare { words.append(Word(text: "--bare")) }
    for (name, value) in [("--append", append), ("--rom", rom)] + modules.map({ ("--module", $0) })
    {
      if let value, !value.isEmpty { words.append(Word(text: "\(name)=\(value)")) }
    }
    let arguments = try Arguments(command, words: words, format: nil)
    try session.load(GuestLookup(session: session).image(guest, arguments), isBare: isBare)
  }

  private func run(
    _ session: Session, _ output: StandardOutput, _ errors: StandardError
  ) throws -> Int32 {
    let monitor = try session.guest()
    let clock = ContinuousClock()
    let start = clock.now
    var executed: UInt64? = 0
    var written = 0
    var stop: Stop
    repeat {
      let left = maxInstructions.map { $0 &- (executed ?? 0) }
      stop = try runSlice(monitor, left: left, session.interrupt)
      executed = stop.instructions.flatMap { count in executed.map { $0 &+ count } }
      if !session.options.json {
        output.write(Array(monitor.consoleOutput[written...]))
        written = monitor.consoleOutput.count
      }
      for line in monitor.takeUnimplemented() { errors.write(line: line) }
    } while stop.reason == .limit && executed ?? 0 < maxInstructions ?? .max
      && output.failure == nil
    let report = Report(
      monitor: monitor, stop: stop, executed: executed, seconds: Self.seconds(clock.now - start))
    if session.options.json {
      output.write(report.json.text + "\n")
    } else {
      for line in report.lines(session.format) { errors.write(line: line) }
    }
    return output.exitStatus ?? monitor.debugExitStatus.map { Int32($0) }
      ?? Self.status(stop.reason)
  }

  /// Runs for a while; `.limit` if the guest is to go on.
  ///
  /// A limit of instructions would single-step a backend that does not count them, so there an
  /// interrupt ends the slice.
  private func runSlice(
    _ monitor: any MonitorNeeds, left: UInt64?, _ interrupt: Interrupt
  ) throws -> Stop {
    guard left == nil, !monitor.machine.capabilities.contains(.instructionCount) else {
      let instructions = min(left ?? .max, Self.slice)
      return try monitor.run(until: RunLimit(instructions: instructions, interrupt: interrupt))
    }
    let pause = Interrupt()
    let timer = Task.detached {
      try await Task.sleep(for: Self.pause)
      pause.raise()
    }
    defer { timer.cancel() }
    var stop = try monitor.run(until: RunLimit(interrupt: pause))
    if stop.reason == .interrupt, !interrupt.isRaised { stop.reason = .limit }
    return stop
  }

  /// 0 for a guest that came to its end.
  private static func status(_ reason: Stop.Reason) -> Int32 {
    switch reason {
    case .halt: 0
    case .interrupt: 130
    default: 1
    }
  }

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }

  /// What is said at the end.
  private struct Report {
    let monitor: any MonitorNeeds
    let stop: Stop
    let executed: UInt64?
    let seconds: Double

    private var table: ExitTableRendering {
      ExitTableRendering(
        statistics: monitor.statistics, unit: ExitTableRendering.unit(monitor))
    }

    func lines(_ format: TextFormat) -> [String] {
      var lines: [String] = []
      if let exit = stop.exit, stop.reason == .exit || exit.isEntryFailure {
        lines += ExitRendering(exit: exit).lines(format)
      }
      // What the monitor says of a limit or ^C is meant for the prompt.
      let isOver = stop.reason != .limit && stop.reason != .interrupt
      let why = isOver && !stop.explanation.isEmpty ? ": \(stop.explanation)" : ""
      let count = executed.map { ", \(Show.count($0, "instruction"))" } ?? ""
      lines.append("stopped (\(stop.reason.rawValue))\(why)\(count), \(Show.fixed(seconds, 3)) s")
      return lines + (table.rows.isEmpty ? ["no exits"] : table.lines(format))
    }

    var json: JSON {
      .object([
        (key: "guest", value: .string(monitor.image?.name ?? "")),
        (key: "console", value: .string(Show.raw(monitor.consoleOutput))),
        (key: "stopped", value: .string(stop.reason.rawValue)),
        (key: "instructions", value: .count(executed)), (key: "seconds", value: .double(seconds)),
        (key: "explanation", value: .string(stop.explanation)),
        (key: "exit", value: stop.exit.map { ExitRendering(exit: $0).json } ?? .null),
        (key: "exits", value: table.json),
      ])
    }
  }
}

import Monitor
import X86

/// One learner at one machine: carries out command lines, one after the other.
///
/// It prints nothing: `execute(_:)` returns what is to be shown.
public final class Session {
  public internal(set) var options: SessionOptions
  /// Raised by ^C; stops a running guest.
  public let interrupt: Interrupt
  /// Lines that were executed, oldest first.
  public internal(set) var history: [String] = []
  /// What carries out `lesson`.
  public var lessons: (any LessonControl)?
  /// What carries out `record` and `replay`.
  public var transcripts: (any TranscriptControl)?

  /// The monitor; nil until a command needs a machine.
  var monitor: (any MonitorNeeds)?
  var breakpoints = BreakpointList()
  /// Policies that `handle` has set, by basic exit reason.
  var handled: [UInt16: ExitPolicy] = [:]
  var examination = Examination()
  /// Commands that failed since the session began.
  public internal(set) var failureCount = 0
  /// The last stop, for goals and for text that refers to it.
  var lastStop: Stop?
  /// What the processor answered to the last VMX instruction typed.
  var lastAnswer: VMXAnswer?
  /// The last command's result.
  var lastCommand: CommandResult?
  /// Instructions after which the next run counts as interrupted.
  var interruptAt: UInt64?
  /// The last run stopped because of `interruptAfter`, not because of ^C.
  var wasPinned = false
  /// `set ioctls on`.
  var echoesIoctls = false
  /// Instructions are recorded for `info trace`.
  var isTracing = false
  /// How many of them.
  static var traceCapacity: Int { 1 << 16 }
  /// `run` or stepping has executed the guest since it was loaded.
  var guestHasStarted = false
  /// Bytes of the guest's console that have been shown.
  var consoleShown = 0
  /// The line that Enter stands for.
  var repeatable: String?
  /// Files that `source` is reading, outermost first.
  var sourcing: [String] = []
  /// Lines below the output of a command, e.g. ioctls; taken by `execute(_:)`.
  var notes: [String] = []

  public init(_ options: SessionOptions = SessionOptions(), interrupt: Interrupt = Interrupt()) {
    self.options = options
    self.interrupt = interrupt
    installControls()
  }

  /// Carries out one line. An empty line, or a comment, does nothing, unless Enter repeats.
  @discardableResult
  public func execute(_ line: String) -> CommandResult {
    let line = lessons?.isAnswer(line) == true ? "answer \(line)" : expanded(line)
    return afterwards(line, perform(line))
  }

  /// What `line` stands for: itself, or for an empty one the command that Enter repeats.
  public func expanded(_ line: String) -> String {
    let isEmpty = line.allSatisfy { $0 == " " || $0 == "\t" }
    return isEmpty && options.repeatsOnEnter ? repeatable ?? "" : line
  }

  /// Carries out one line without telling the lesson or the recording.
  public func perform(_ line: String) -> CommandResult {
    var result = carryOut(line)
    if result.error != nil { failureCount &+= 1 }
    guard !result.command.isEmpty else { return result }
    var below = notes
    notes = []
    if let monitor, monitor.keepsIoctls { below += monitor.takeIoctls() }
    if let monitor { below += monitor.takeUnimplemented() }
    result.append(below)
    lastCommand = result
    return result
  }

  private func carryOut(_ line: String) -> CommandResult {
    // Until the line is understood, its first word stands for the command.
    var result = CommandResult(command: Words.scan(line).words.first?.text ?? "")
    do {
      guard let parsed = try ParsedLine(line) else { return result }
      history.append(line)
      result.command = parsed.name
      repeatable = nil
      let (command, arguments) = try CommandTable.resolve(parsed)
      result.command = command.name
      try answer(command, arguments, into: &result)
      repeatable = command.repetition.line(for: line)
    } catch {
      result.error = CommandError(of: error)
      result.output = ""
    }
    return result
  }

  private func answer(
    _ command: Command, _ arguments: Arguments, into result: inout CommandResult
  ) throws {
    if case .later(let instead) = command.status {
      throw CommandError("not-yet", "`\(command.name)` is not built yet: \(instead)")
    }
    try checkNeeds(of: command)
    var arguments = arguments
    let answer = try command.body(self, &arguments)
    result.output = answer.text
    result.data = answer.data
    result.quits = answer.quits
    result.error = answer.error
  }

  private func afterwards(_ line: String, _ result: CommandResult) -> CommandResult {
    var result = result
    guard !result.command.isEmpty else { return result }
    if !["lesson", "answer"].contains(result.command),
      let text = lessons?.afterCommand(line, result, in: self)
    {
      result.append([text])
    }
    if result.command != "record", sourcing.isEmpty,
      let text = transcripts?.afterCommand(line, result, in: self)
    {
      result.append([text])
    }
    return result
  }
}

extension CommandResult {
  /// Puts lines below the output.
  fileprivate mutating func append(_ lines: [String]) {
    output = ([output] + lines).filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

extension CommandError {
  /// Any error as one that a command fails with.
  init(of error: any Error) {
    switch error {
    case let error as CommandError: self = error
    case let error as MachineError: self.init("machine", error.description)
    default: self.init("failed", "\(error)")
    }
  }
}

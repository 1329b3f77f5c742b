import Glibc

/// One process: scripts first, then lines from standard input or the terminal.
public final class ShellProcess {
  /// What is carried out before standard input is read.
  public enum Source: Sendable, Equatable {
    case file(String)
    case command(String)
  }

  public let session: Session
  let output = StandardOutput()
  let errors = StandardError()
  private let keepsGoing: Bool
  private var hasFailed = false
  /// Set when nothing more is to be carried out.
  private var status: Int32?

  public init(_ session: Session, keepGoing: Bool = false) {
    self.session = session
    keepsGoing = keepGoing
    InterruptSignals.install(interrupt: session.interrupt)
  }

  /// Carries out `sources`, then what comes in, unless `batch`. Returns the exit status.
  public func run(_ sources: [Source], batch: Bool) -> Int32 {
    var commands = 0
    for source in sources where status == nil {
      switch source {
      case .file(let path): runFile(path)
      case .command(let line):
        commands += 1
        run(line, at: "-e:\(commands)")
      }
    }
    if !batch, status == nil {
      if TerminalSize.isTerminal(0) {
        interact(greeting: sources.isEmpty)
      } else {
        runStandardInput()
      }
    }
    return output.exitStatus ?? status ?? (hasFailed ? 1 : 0)
  }

  /// Carries out one line without a place, as a subcommand of the process does.
  public func runOne(_ result: CommandResult) -> Int32 {
    show(result)
    if let error = result.error, !session.options.json {
      errors.write(line: "error: \(error.message)")
    }
    return output.exitStatus ?? (result.error == nil ? 0 : 1)
  }

  private func runFile(_ path: String) {
    do {
      for (number, line) in try ScriptFile(path: path).lines where status == nil {
        run(line, at: "\(path):\(number)")
      }
    } catch {
      var result = CommandResult(command: "source")
      result.error = error.error
      finish(result, at: "\(path):\(error.line)")
    }
  }

  private func runStandardInput() {
    let reader = PlainLineReader()
    while status == nil {
      switch reader.next() {
      case .line(let line): run(line, at: "<stdin>:\(reader.lineNumber)")
      case .unreadable(let reason):
        var result = CommandResult(command: "")
        result.error = CommandError("bad-line", "the line \(reason)")
        finish(result, at: "<stdin>:\(reader.lineNumber)")
      case .interrupted: status = 130
      case .endOfFile: return
      }
    }
  }

  /// Carries out a line of a script; one that fails stops the script.
  private func run(_ line: String, at place: String) {
    session.interrupt.clear()
    finish(session.execute(line), at: place)
  }

  private func finish(_ result: CommandResult, at place: String) {
    show(result)
    if let error = result.error { fail(place, error.message) }
    if result.quits { status = status ?? (hasFailed ? 1 : 0) }
    if session.wasInterrupted { status = 130 }
  }

  private func fail(_ place: String, _ message: String) {
    errors.write(line: "\(place): error: \(message)")
    hasFailed = true
    if !keepsGoing { status = 1 }
  }

  /// Writes a result; what is an error goes elsewhere, unless it is JSON.
  private func show(_ result: CommandResult) {
    guard !result.command.isEmpty || result.error != nil else { return }
    if session.options.json {
      output.write(result.json.text + "\n")
    } else if !result.output.isEmpty {
      output.write(result.output + "\n")
    }
    if output.failure != nil { status = output.exitStatus }
  }

  // MARK: At the terminal

  /// Whoever has given commands already needs no greeting.
  private func interact(greeting: Bool) {
    guard let editor = LineEditor(historyPath: StatePaths.history) else {
      runStandardInput()
      return
    }
    session.options.repeatsOnEnter = true
    if greeting, !session.options.json { output.write(session.greeting + "\n") }
    editor.completer = { [session] line, cursor in session.complete(line, cursor: cursor) }
    while status == nil {
      session.interrupt.clear()
      switch editor.readLine(prompt: session.prompt, preset: session.lessons?.takePreset() ?? "") {
      case .line(let line): carryOut(line)
      case .interrupted: continue
      case .endOfFile:
        output.write("\n")
        status = hasFailed && keepsGoing ? 1 : 0
      }
    }
  }

  private func carryOut(_ line: String) {
    let result = session.execute(line)
    show(result)
    if let error = result.error, !session.options.json {
      output.write(session.format.style("error:", .bold, .red) + " \(error.message)\n")
    }
    if result.quits { status = 0 }
  }
}

extension Session {
  /// ^C stopped the last command, and not a recording's pinned interrupt.
  var wasInterrupted: Bool {
    lastCommand?.data["stopped"] == .string("interrupt") && !wasPinned
  }
}

/// Where files of this user lie.
public enum StatePaths {
  /// `$XDG_STATE_HOME/ringside`, `~/.local/state/ringside`; nil without a home.
  public static var folder: String? {
    if let state = Environment.value("XDG_STATE_HOME"), state.hasPrefix("/") {
      return state + "/ringside"
    }
    return Environment.value("HOME").map { $0 + "/.local/state/ringside" }
  }

  static var history: String? { folder.map { $0 + "/history" } }
}

/// The process's environment.
public enum Environment {
  /// nil if it is not set, or empty.
  public static func value(_ name: String) -> String? {
    // SAFETY: the text is copied at once, and nothing in this process changes the environment.
    guard let text = unsafe getenv(name) else { return nil }
    let value = unsafe String(cString: text)
    return value.isEmpty ? nil : value
  }
}

import ArgumentParser
import Shell

/// `ringside compare`.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a workload by several techniques, and compare exits and cost.")

  @Argument(help: "The workload, and techniques if not all of them.")
  var words: [String] = []

  @OptionGroup var backend: BackendOption
  @OptionGroup var output: OutputOptions

  func run() throws {
    var options = output.sessionOptions
    options.backend = backend.backend
    throw ExitCode(Session.carryOut(["compare"] + words, options))
  }
}

/// `ringside lesson`.
struct Lesson: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, show, prove or start lessons: list, show ID, check [PATH…], start ID.")

  @Argument(help: "list, show ID, check [PATH…] or start ID.")
  var words: [String]

  @OptionGroup var shell: ShellOptions

  func validate() throws {
    guard ["list", "show", "check", "start"].contains(words.first) else {
      throw ValidationError("'\(words.first ?? "")' is none of list, show, check and start")
    }
  }

  func run() throws {
    guard words.first == "start" else {
      throw ExitCode(Session.carryOut(["lesson"] + words, shell.sessionOptions))
    }
    let process = ShellProcess(Session(shell.sessionOptions))
    throw ExitCode(process.run([.command(Session.line(["lesson"] + words))], batch: false))
  }
}

/// `ringside replay`.
struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Replay transcripts; the status is 0 only if all of them match.")

  @Argument(help: "Transcripts, or folders of them.")
  var paths: [String]

  @Flag(help: "Rewrite them to what happens now, keeping every hole that still matches.")
  var update = false

  @OptionGroup var output: OutputOptions

  func run() throws {
    let words = ["replay"] + (update ? ["--update"] : []) + paths
    throw ExitCode(Session.carryOut(words, output.sessionOptions))
  }
}

/// `ringside doctor`.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what this computer can do, and the one line that mends what it cannot.")

  @OptionGroup var output: OutputOptions

  func run() throws {
    throw ExitCode(Session.carryOut(["doctor"], output.sessionOptions))
  }
}

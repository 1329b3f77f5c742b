import ArgumentParser
import Monitor
import Shell

/// The process's options; what happens then is the shell's.
struct Ringside: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ringside",
    abstract: "A shell in which you see how hardware virtualisation works.",
    discussion: """
      Without a subcommand it starts the shell: `help` there lists its commands. Standard input \
      that is not a terminal is read as a script.
      """,
    version: "ringside \(ringsideVersion)",
    subcommands: [Run.self, Compare.self, Lesson.self, Replay.self, Doctor.self])

  @OptionGroup var shell: ShellOptions

  @Option(
    name: .customShort("x"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Run a script of shell commands (repeatable).", valueName: "file"))
  var scripts: [String] = []

  @Option(
    name: .customShort("e"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Run one command (repeatable, in order with -x).", valueName: "command"))
  var commands: [String] = []

  @Flag(help: "Leave after the scripts instead of prompting.")
  var batch = false

  @Flag(help: "A script goes on after a command that failed; the exit status still tells.")
  var keepGoing = false

  mutating func run() throws {
    let process = ShellProcess(Session(shell.sessionOptions), keepGoing: keepGoing)
    throw ExitCode(process.run(sources, batch: batch))
  }

  /// Scripts and commands in the order in which they were given: the parser keeps two lists.
  private var sources: [ShellProcess.Source] {
    var files = scripts[...]
    var lines = commands[...]
    var result: [ShellProcess.Source] = []
    var isValue = false
    for argument in CommandLine.arguments.dropFirst() {
      defer { isValue = !isValue && Self.takesValue(argument) }
      if isValue { continue }
      if argument.hasPrefix("-x"), let file = files.popFirst() { result.append(.file(file)) }
      if argument.hasPrefix("-e"), let line = lines.popFirst() { result.append(.command(line)) }
    }
    return result + files.map { .file($0) } + lines.map { .command($0) }
  }

  /// The arguments with a kernel's command line joined to its option: the parser would take one that
  /// begins with a dash for options of its own.
  static func joined(_ arguments: [String]) -> [String] {
    var result: [String] = []
    for argument in arguments {
      if argument.hasPrefix("-"), let last = result.last, ["--append", "--module"].contains(last) {
        result[result.count - 1] = "\(last)=\(argument)"
      } else {
        result.append(argument)
      }
    }
    return result
  }

  /// Whether the next argument is this one's value.
  private static func takesValue(_ argument: String) -> Bool {
    ["-x", "-e", "--backend", "--color", "--seed", "--memory"].contains(argument)
  }
}

/// Options of everything that has a session.
struct ShellOptions: ParsableArguments {
  @OptionGroup var backend: BackendOption
  @OptionGroup var output: OutputOptions

  @Option(help: "Seed of everything random in the machine.")
  var seed: UInt64 = 1

  @OptionGroup var memory: MemoryOption

  var sessionOptions: SessionOptions {
    var options = output.sessionOptions
    options.backend = backend.backend
    options.seed = seed
    memory.set(&options)
    return options
  }
}

struct BackendOption: ParsableArguments {
  @Option(help: "What runs the guest: sim or kvm.")
  var backend = Monitor.Backend.sim
}

/// A group of its own, because the parser lets a command and its subcommand share groups, not options.
struct MemoryOption: ParsableArguments {
  @Option(
    help: "Guest memory, e.g. 64M or 4G (default: 16M, 128M for a bare machine).",
    transform: Size.parse)
  var memory: UInt64?

  func set(_ options: inout SessionOptions) {
    guard let memory else { return }
    options.memorySize = memory
    options.bareMemorySize = memory
  }
}

struct OutputOptions: ParsableArguments {
  @Flag(help: "One JSON object a command on standard output, nothing else there.")
  var json = false

  @Flag(help: "No box drawing, nothing by colour or position alone, one fact a line.")
  var plain = false

  @Option(help: "Colour: auto, always or never.")
  var color = ColourPolicy.auto

  var sessionOptions: SessionOptions {
    var options = SessionOptions()
    options.json = json
    options.plain = plain
    var environment: [String: String] = [:]
    for name in ["NO_COLOR", "TERM"] { environment[name] = Environment.value(name) }
    options.colour =
      !json && color.isEnabled(environment: environment, isTerminal: TerminalSize.isTerminal(1))
    return options
  }
}

extension Monitor.Backend: ExpressibleByArgument {}
extension ColourPolicy: ExpressibleByArgument {}

/// Sizes in bytes.
enum Size {
  static func parse(_ text: String) throws -> UInt64 {
    do { return try SessionOptions.size(text) } catch {
      throw ValidationError(error.message)
    }
  }
}

import ArgumentParser
import Shell

/// `ringside run`.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a guest to its end: its console on standard output, exits on standard error.")

  @Argument(help: "A built-in guest, an ELF file or a flat binary.")
  var guest: String

  @OptionGroup var backend: BackendOption
  @OptionGroup var output: OutputOptions

  @Flag(help: "Run on the bare simulated machine, without a VMM.")
  var bare = false

  @Option(help: ArgumentHelp("Where a flat binary is loaded.", valueName: "addr"))
  var at: String?

  @Option(help: ArgumentHelp("Where it starts.", valueName: "addr"))
  var entry: String?

  @Option(help: "real, protected or long.")
  var mode: String?

  @Option(help: ArgumentHelp("Stop after so many instructions.", valueName: "n"))
  var maxInstructions: UInt64?

  @OptionGroup var memory: MemoryOption

  @Option(help: "Processors.")
  var cpus: Int = 1

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Command line of the kernel, with --bare.", valueName: "args"))
  var append: String?

  @Option(help: ArgumentHelp("A multiboot module (repeatable), with --bare.", valueName: "file"))
  var module: [String] = []

  @Option(help: ArgumentHelp("A ROM image that ends at 1 MiB, with --bare.", valueName: "file"))
  var rom: String?

  func validate() throws {
    guard bare || (append == nil && module.isEmpty && rom == nil) else {
      throw ValidationError("--append, --module and --rom go with --bare")
    }
    guard cpus >= 1 else { throw ValidationError("--cpus is 1 or more") }
  }

  func run() throws {
    var options = output.sessionOptions
    options.backend = backend.backend
    options.memorySize = memory.memory
    guard cpus == 1 else { throw notYet("--cpus \(cpus)", "one processor works") }
    guard append == nil, module.isEmpty, rom == nil else {
      throw notYet("--append, --module and --rom", "ELF files and flat images work with --bare")
    }
    var run = GuestRun(guest: guest)
    run.isBare = bare
    run.at = at
    run.entry = entry
    run.mode = mode
    run.maxInstructions = maxInstructions
    throw ExitCode(run.run(Session(options)))
  }

  private func notYet(_ what: String, _ instead: String) -> ExitCode {
    StandardError().write(line: "error: \(what) is not built yet; \(instead)")
    return ExitCode(1)
  }
}

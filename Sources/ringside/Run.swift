import ArgumentParser
import Shell

/// `ringside run`.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a guest to its end: its console on standard output, exits on standard error.")

  @Argument(help: "A built-in guest, an ELF file or a flat binary; none with --rom.")
  var guest: String?

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

  @Option(help: "Processors, more than one with --bare.")
  var cpus: Int = 1

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Command line of the kernel, with --bare.", valueName: "args"))
  var append: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A multiboot module, a file name and perhaps arguments (repeatable), with --bare.",
      valueName: "file"))
  var module: [String] = []

  @Option(help: ArgumentHelp("A ROM image that ends at 1 MiB, with --bare.", valueName: "file"))
  var rom: String?

  func validate() throws {
    guard bare || (append == nil && module.isEmpty && rom == nil) else {
      throw ValidationError("--append, --module and --rom go with --bare")
    }
    guard bare || cpus == 1 else { throw ValidationError("--cpus goes with --bare") }
    guard SessionOptions.processorCounts.contains(UInt64(clamping: cpus)) else {
      throw ValidationError("--cpus is 1 to \(SessionOptions.processorCounts.upperBound)")
    }
    guard guest != nil || rom != nil else {
      throw ValidationError("which guest? `guests` lists them")
    }
  }

  func run() throws {
    var options = output.sessionOptions
    options.backend = backend.backend
    memory.set(&options)
    options.processorCount = cpus
    var run = GuestRun(guest: guest)
    run.isBare = bare
    run.at = at
    run.entry = entry
    run.mode = mode
    run.maxInstructions = maxInstructions
    run.append = append
    run.modules = module
    run.rom = rom
    throw ExitCode(run.run(Session(options)))
  }
}

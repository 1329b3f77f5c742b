import Foundation

/// Host instructions, counted by running this program under valgrind.
struct HostInstructions {
  private let valgrind: String
  /// A copy without debug information, which valgrind is slow to read.
  private let program: String

  /// nil if valgrind is not there.
  init?() {
    let places = ["/usr/bin/valgrind", "/usr/local/bin/valgrind"]
    guard let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else { return nil }
    valgrind = found
    let copy = FileManager.default.temporaryDirectory
      .appendingPathComponent("ringside-benchmarks-\(getpid())").path
    let own = "/proc/self/exe"
    let original = (try? FileManager.default.destinationOfSymbolicLink(atPath: own)) ?? own
    let stripped = HostInstructions.output(of: "/usr/bin/strip", ["-g", "-o", copy, original])
    program = stripped == nil ? original : copy
  }

  /// Host instructions a unit; what starting and stopping costs is taken out.
  func count(_ benchmark: Benchmark) -> Double? {
    guard let one = run(benchmark, benchmark.sample),
      let two = run(benchmark, benchmark.sample * 3), two.units > one.units
    else { return nil }
    return (two.instructions - one.instructions) / Double(two.units - one.units)
  }

  private func run(
    _ benchmark: Benchmark, _ count: UInt64
  ) -> (instructions: Double, units: UInt64)? {
    let text = HostInstructions.output(
      of: valgrind,
      [
        "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "--only", benchmark.name,
        "\(count)",
      ])
    guard let text else { return nil }
    var instructions: Double?
    var units: UInt64?
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.contains("Collected") { instructions = words.last.flatMap { Double($0) } }
      if words.first == "units" { units = words.last.flatMap { UInt64($0) } }
    }
    guard let instructions, let units else { return nil }
    return (instructions, units)
  }

  func removeCopy() { try? FileManager.default.removeItem(atPath: program) }

  private static func output(of path: String, _ arguments: [String]) -> String? {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = pipe
    guard (try? process.run()) != nil else { return nil }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
  }
}

import Foundation

// Benchmarks [--record | NAME…]; `--only NAME COUNT` is what it runs itself with under valgrind.

/// Units and seconds.
func timed(_ benchmark: Benchmark, _ count: UInt64) throws -> (UInt64, Double)? {
  let start = ContinuousClock.now
  guard let units = try benchmark.run(count) else { return nil }
  let time = start.duration(to: .now).components
  return (units, Double(time.seconds) + Double(time.attoseconds) / 1e18)
}

func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(1, width - text.count))
}

/// Measures one, prints its line, and says whether it has passed.
func measure(
  _ benchmark: Benchmark, _ counter: HostInstructions?, _ thresholds: inout Thresholds,
  records: Bool
) -> Bool {
  var line = padded(benchmark.name, 20)
  do {
    guard let (units, seconds) = try timed(benchmark, benchmark.count) else {
      print(line + "FAIL: wrong result")
      return false
    }
    let rate = tenths(Double(units) / seconds / 1e3)
    line += padded("\(rate) thousand \(benchmark.unit)/s", 36)
  } catch {
    print(line + "FAIL: \(error)")
    return false
  }
  guard let cost = counter?.count(benchmark) else {
    print(line)
    return true
  }
  line += padded("\(tenths(cost)) host instructions each", 34)
  if records { thresholds.values[benchmark.name] = cost }
  guard let threshold = thresholds.values[benchmark.name] else {
    print(line + "no threshold")
    return true
  }
  let passes = cost <= threshold * Thresholds.tolerance
  print(
    line + (passes ? "pass" : "FAIL") + ", \(tenths(cost / threshold * 100)) % of the threshold")
  return passes
}

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.first == "--only", arguments.count == 3, let count = UInt64(arguments[2]),
  let benchmark = Suite.all.first(where: { $0.name == arguments[1] })
{
  print("units \(try benchmark.run(count) ?? 0)")
  exit(0)
}

let records = arguments.contains("--record")
let names = arguments.filter { !$0.hasPrefix("--") }
let counter = HostInstructions()
if counter == nil {
  print("Host instructions are not counted, and thresholds not compared: there is no valgrind.")
}
var thresholds = Thresholds.load()
var hasPassed = true
for benchmark in Suite.all where names.isEmpty || names.contains(benchmark.name) {
  hasPassed = measure(benchmark, counter, &thresholds, records: records) && hasPassed
}
counter?.removeCopy()
if records { try thresholds.save() }
print(hasPassed ? "pass" : "FAIL")
exit(hasPassed ? 0 : 1)

/// Prints a figure: how many, how long, how many a second, in millions.
func report(_ name: String, _ unit: String, _ body: () throws -> UInt64?) {
  let clock = ContinuousClock()
  let start = clock.now
  do {
    guard let count = try body() else {
      print("\(name): wrong result")
      return
    }
    let (seconds, attoseconds) = (clock.now - start).components
    let time = Double(seconds) + Double(attoseconds) / 1e18
    let rate = Double(count) / time / 1e6
    print("\(name): \(count) \(unit) in \(time) s, \(rate) million a second")
  } catch {
    print("\(name): \(error)")
  }
}
let arguments = CommandLine.arguments
if arguments.count == 3, let n = UInt64(arguments[2]) {
  if arguments[1] == "sieve" { report("sieve", "instructions") { try Sieve.run() } }
  if arguments[1] == "cpuid" { report("cpuid", "instructions") { try ExitRoundTrips.run(n) } }
} else {
  report("sieve", "instructions") { try Sieve.run() }
  report("CPUID round trips", "exits") { try ExitRoundTrips.run(1_000_000) }
}

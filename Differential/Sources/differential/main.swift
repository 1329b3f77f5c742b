import Glibc

guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
  print(Options.usage)
  exit(2)
}
var session = Session(
  options, simulator: try Oracles.simulator(), oracles: options.oracles.compactMap(Oracles.make))
let isClean = try session.run()
print(session.summary)
if options.listsUncovered { for form in session.uncovered { print("not covered: \(form)") } }
exit(isClean ? 0 : 1)

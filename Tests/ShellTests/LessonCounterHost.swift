@testable import Shell

/// A machine that only counts: enough of a shell to follow lessons and replay transcripts.
final class CounterHost: CommandHost {
  struct CannotSave: Error {}

  var count = 0
  var name: String?
  var backendName = "sim"
  var hasKVM = false
  var canSave = true
  /// The banner that `load` prints, to be varied by tests.
  var base: UInt64 = 0x1000
  var interrupt: UInt64?
  var executed: [String] = []

  func execute(_ line: String) -> CommandResult {
    executed.append(line)
    var words = line.split(separator: " ").map(String.init)
    let aliases = ["i": "inc", "r": "run"]
    let first = words.first.map { aliases[$0] ?? $0 } ?? ""
    if !words.isEmpty { words.removeFirst() }
    var result = CommandResult(command: first)
    switch first {
    case "load":
      name = words.first
      result.output = "loaded \(name ?? "nothing") at 0x\(String(base, radix: 16))\nnext: inc"
    case "inc":
      count &+= words.first.flatMap { Int($0) } ?? 1
      result.output = "count \(count)\nat 0x\(String(base &+ UInt64(count), radix: 16))"
    case "run":
      count = Int(interrupt ?? 100_000)
      interrupt = nil
      result.output = "stopped at \(count)"
    case "info": result.output = "count is \(count)"
    case "say": result.output = words.joined(separator: " ")
    case "blank": result.output = "a\n\nb\n"
    case "nothing": break
    case "quit": result.quits = true
    case "break": result.error = CommandError("no-guest", "nothing to break")
    default: result.error = CommandError("unknown-command", "unknown command '\(first)'")
    }
    return result
  }

  func value(of path: String) -> JSON? {
    switch path {
    case "count": .int(count)
    case "address": .hex(base &+ UInt64(count))
    case "name": name.map { .string($0) } ?? .null
    case "loaded": .bool(name != nil)
    default: nil
    }
  }

  func saveState() throws -> any Sendable {
    guard canSave else { throw CannotSave() }
    return Saved(count: count, name: name)
  }

  func restoreState(_ state: any Sendable) throws {
    guard let saved = state as? Saved else { throw CannotSave() }
    count = saved.count
    name = saved.name
  }

  private struct Saved {
    var count: Int
    var name: String?
  }

  func startFresh(backend: String, seed: UInt64) throws {
    if backend == "kvm", !hasKVM { throw CommandError("backend", "no /dev/kvm here") }
    backendName = backend
    count = 0
    name = nil
  }

  func interruptAfter(instructions: UInt64) throws { interrupt = instructions }
  func interruptAfter(milliseconds: UInt32) throws { interrupt = UInt64(milliseconds) }
}

/// A lesson of two steps, the second a question.
let counterLesson = """
  ---
  format: 1
  id: counting
  title: Counting
  backend: sim
  ---
  An introduction.

  ## three: Count to three
  Prose with `code`.
  ~~~setup
  load counter
  ~~~
  ~~~goal
  count == 3
  loaded == true
  ~~~
  ~~~hint
  What adds one?
  ~~~
  ~~~hint
  Type `inc 3`.
  ~~~
  ~~~solution
  inc
  inc 2
  ~~~
  ~~~wrong "That is one too many."
  inc 4
  ~~~
  ~~~after
  Three it is.
  ~~~

  ## which: Which number
  ~~~question
  What comes after three?
  a) two
  b) four
  ~~~
  ~~~goal
  answer == "b"
  ~~~
  ~~~hint
  It is `answer b`.
  ~~~
  ~~~solution
  answer b
  ~~~
  ~~~wrong "Two comes before."
  answer a
  ~~~
  ~~~after
  Four.
  ~~~
  """

func library(_ texts: String...) -> LessonLibrary {
  var library = LessonLibrary()
  for (index, text) in texts.enumerated() {
    library.add(LessonParser(text, file: "lesson\(index + 1).md"))
  }
  return library
}

/// A small generator with a fixed seed (SplitMix64), so that a failure can be seen again.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}

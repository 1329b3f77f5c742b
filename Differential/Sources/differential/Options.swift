import X86

/// The command line.
struct Options {
  var seed: UInt64 = 1
  var count: UInt64 = 20_000
  var oracles = ["native", "kvm", "unicorn"]
  var modes = CaseMode.allCases
  var only: Set<Mnemonic> = []
  var without: Set<Mnemonic> = []
  var blocks = false
  var listsUncovered = false
  /// Go on after a difference, to this many.
  var differences = 1
  var replay: UInt64?

  static let usage = """
    usage: differential [--seed N] [--count N] [--oracles native,kvm,unicorn] [--modes 16,32,64]
                        [--only MNEMONIC,…] [--without MNEMONIC,…] [--blocks] [--differences N] [--replay SEED:INDEX]
                        [--uncovered]
    Runs random instructions on the simulator and on each oracle and reports differences.
    """

  init?(_ arguments: [String]) {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      if name == "--blocks" {
        blocks = true
        continue
      }
      if name == "--uncovered" {
        listsUncovered = true
        continue
      }
      guard let value = rest.popFirst(), take(name, value) else { return nil }
    }
  }

  private static func mnemonics(_ words: [String]) -> Set<Mnemonic> {
    Set(Mnemonic.allCases.filter { words.contains("\($0)") })
  }

  private mutating func take(_ name: String, _ value: String) -> Bool {
    let words = value.split(separator: ",").map(String.init)
    switch name {
    case "--seed":
      guard let number = UInt64(value) else { return false }
      seed = number
    case "--count":
      guard let number = UInt64(value) else { return false }
      count = number
    case "--differences":
      guard let number = Int(value) else { return false }
      differences = number
    case "--oracles": oracles = words
    case "--modes":
      modes = words.compactMap { UInt64($0) }.compactMap { CaseMode(rawValue: $0) }
      return modes.count == words.count && !modes.isEmpty
    case "--only": only = Self.mnemonics(words)
    case "--without": without = Self.mnemonics(words)
    case "--replay":
      let numbers = value.split(separator: ":").compactMap { UInt64($0) }
      guard numbers.count == 2 else { return false }
      (seed, replay) = (numbers[0], numbers[1])
    default: return false
    }
    return true
  }
}

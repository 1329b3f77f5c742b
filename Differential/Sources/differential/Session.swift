import X86

/// Runs cases in batches on the simulator and the oracles, compares, and keeps the books.
struct Session {
  private static let batch: UInt64 = 1024

  let options: Options
  let simulator: any Oracle
  let oracles: [any Oracle]
  let maker: CaseMaker
  private var cases: UInt64 = 0
  private var comparisons: [String: UInt64] = [:]
  private var excepted: [String: UInt64] = [:]
  private var undefined: UInt64 = 0
  private var lost: UInt64 = 0
  private var covered: [CaseMode: Set<OpcodeForm>] = [:]
  private var timesFound: [String: Int] = [:]
  private(set) var differing: UInt64 = 0

  init(_ options: Options, simulator: any Oracle, oracles: [any Oracle]) {
    self.options = options
    self.simulator = simulator
    self.oracles = oracles
    maker = CaseMaker(options)
  }

  private struct Item {
    var index: UInt64
    var test: TestCase
    /// Of an instruction; nil for a block.
    var form: OpcodeForm?
    var decoded: Instruction?
    /// Of a block: flags that it may leave undefined.
    var undefinedFlags: UInt64 = 0

    var mnemonic: Mnemonic { decoded?.mnemonic ?? form?.mnemonic ?? .nop }
    var name: String { form?.name ?? "block" }

    var undefined: UndefinedResults {
      guard form != nil else { return UndefinedResults(flags: undefinedFlags) }
      return decoded.map { UndefinedResults.after($0, test.registers) } ?? .none
    }

    func exceptions(_ oracle: String) -> [OracleException] {
      form == nil
        ? OracleException.forBlocks(oracle, test)
        : OracleException.matching(oracle, test, mnemonic, decoded)
    }
  }

  /// True if nothing differed.
  mutating func run() throws -> Bool {
    if let index = options.replay {
      try run(index..<index + 1)
      return differing == 0
    }
    var next: UInt64 = 0
    while next < options.count, differing < UInt64(options.differences) {
      let end = min(next + Self.batch, options.count)
      try run(next..<end)
      next = end
    }
    return differing == 0
  }

  private func instruction(_ index: UInt64) -> Item? {
    guard let (test, form) = maker.instruction(index) else { return nil }
    let decoded = try? Decoder.decode(InstructionBytes(test.code), test.mode.codeSize)
    return Item(index: index, test: test, form: form, decoded: decoded)
  }

  private func block(_ index: UInt64) -> Item? {
    guard let (test, undefined) = maker.block(index, oracles: oracles.map(\.name)) else {
      return nil
    }
    return Item(index: index, test: test, undefinedFlags: undefined)
  }

  private mutating func run(_ indices: Range<UInt64>) throws {
    let items = indices.compactMap { options.blocks ? block($0) : instruction($0) }
    cases += UInt64(items.count)
    // What no oracle answers the simulator is not asked either.
    let chosen = oracles.map { oracle in items.indices.filter { isFit(items[$0], for: oracle) } }
    let asked = Set(chosen.joined()).sorted()
    let answers = try simulator.run(asked.map { items[$0].test })
    let actual = Dictionary(uniqueKeysWithValues: zip(asked, answers))
    for (oracle, all) in zip(oracles, chosen) {
      let chosen = all.filter {
        oracle.endsLoops || actual[$0]?.vector != Outcome.timeout
      }
      let expected = try oracle.run(chosen.map { items[$0].test })
      for (index, expected) in zip(chosen, expected) {
        if let actual = actual[index] { compare(items[index], oracle, expected, actual) }
      }
    }
  }

  private mutating func isFit(_ item: Item, for oracle: any Oracle) -> Bool {
    guard oracle.modes.contains(item.test.mode),
      !OracleException.notSimulated.contains(item.mnemonic)
    else { return false }
    let exceptions = item.exceptions(oracle.name)
    guard let exception = exceptions.first(where: { $0.tolerates == nil }) else { return true }
    excepted["\(oracle.name): \(exception.why)", default: 0] += 1
    return false
  }

  private mutating func compare(
    _ item: Item, _ oracle: any Oracle, _ expected: Outcome, _ actual: Outcome
  ) {
    var undefined = item.undefined
    if undefined.destination {
      self.undefined += 1
      return
    }
    if expected.vector == Outcome.crash {
      lost += 1
      return
    }
    undefined.flags |= oracle.hiddenFlags
    comparisons[oracle.name, default: 0] += 1
    let comparison = Comparison(
      item.test, expected: expected, actual: actual, undefined: undefined)
    if comparison.differences.isEmpty {
      if let form = item.form, item.decoded?.mnemonic == form.mnemonic {
        covered[item.test.mode, default: []].insert(form)
      }
      return
    }
    let tolerant = item.exceptions(oracle.name).first { $0.tolerates?(expected, actual) == true }
    if let tolerant {
      excepted["\(oracle.name): \(tolerant.why)", default: 0] += 1
      return
    }
    differing += 1
    let what = "\(oracle.name) \(item.name)"
    timesFound[what, default: 0] += 1
    guard differing <= UInt64(options.differences), timesFound[what] == 1 || options.replay != nil
    else { return }
    print(
      Report.text(
        item.test, "case \(options.seed):\(item.index), \(item.name), oracle \(oracle.name)",
        expected: expected, actual: actual, differences: comparison.differences), "\n")
  }

  var summary: String {
    var lines = ["\(cases) cases, seed \(options.seed)"]
    for (name, count) in comparisons.sorted(by: { $0.key < $1.key }) {
      lines.append("compared with \(name): \(count)")
    }
    for mode in options.modes {
      let forms = maker.forms[mode]?.count ?? 0
      if options.blocks { continue }
      lines.append(
        "\(mode.rawValue)-bit code: \(covered[mode]?.count ?? 0) of \(forms) instruction forms agree"
      )
    }
    if !options.blocks {
      let all = Set(options.modes.flatMap { maker.forms[$0] ?? [] })
      let agreed = covered.values.reduce(Set()) { $0.union($1) }
      lines.append("in any mode: \(agreed.count) of \(all.count) forms agree")
    }
    lines.append("destination undefined by the manual, not compared: \(undefined)")
    if lost > 0 { lines.append("lost with their process: \(lost)") }
    for (why, count) in excepted.sorted(by: { $0.key < $1.key }) {
      lines.append("excepted: \(count), \(why)")
    }
    lines.append("differences: \(differing)")
    for (what, count) in timesFound.sorted(by: { $0.value > $1.value }).prefix(80) {
      lines.append("  \(count) × \(what)")
    }
    return lines.joined(separator: "\n")
  }

  /// Forms that no case has covered, in modes that an oracle has.
  var uncovered: [String] {
    options.modes.flatMap { mode in
      (maker.forms[mode] ?? []).filter { covered[mode]?.contains($0) != true }
        .map { "\(mode.rawValue): \($0.name)" }
    }
  }
}

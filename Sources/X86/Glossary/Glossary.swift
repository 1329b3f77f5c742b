/// Everything that has a name or number in the tables of this floor, found by what people type.
public enum Glossary {
  /// What `text` can mean, best first; empty if nothing is called so.
  ///
  /// A bare number may be an exit reason, an exception, an instruction error, the encoding of a
  /// VMCS field or the number of an MSR, in this order. A word in front decides: "error 7",
  /// "exit 7", "vector 13", "field 0x681e", "msr 0x10".
  public static func lookup(_ text: String) -> [Explanation] {
    let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    guard let first = words.first else { return [] }
    let rest = words.dropFirst().joined(separator: " ")
    if !rest.isEmpty, let kind = kindWords[first.lowercased()] {
      let found = lookup(rest, as: kind)
      if !found.isEmpty { return found }
    }
    if let last = words.last, TableText.number(last) != nil, words.count > 1,
      let kind = kindWords[words.dropLast().joined(separator: " ").lowercased()]
    {
      return lookup(last, as: kind)
    }
    let whole = words.joined(separator: " ")
    if TableText.number(whole) != nil { return numberOrder.flatMap { lookup(whole, as: $0) } }
    return nameOrder.flatMap { lookup(whole, as: $0) }
  }

  /// Every name that `lookup` finds by, for completion: sorted, and each once whatever its case.
  public static let names: [String] = {
    var all = VMCSField.rows.map(\.symbol)
    all += VMXControl.rows.map(\.name)
    all += VMXInstruction.rows.map(\.name)
    all += ExitReason.rows.map(\.identifier)
    all += ExceptionVector.rows.map(\.mnemonic)
    all += MSR.rows.map(\.name)
    all += terms.map(\.names[0])
    var seen: Set<String> = []
    return all.filter { seen.insert(TableText.key($0)).inserted }.sorted()
  }()

  /// The names nearest to a mistyped `text`, nearest first, at most `count`; empty if none is near.
  public static func near(_ text: String, count: Int = 5) -> [String] {
    // More letters than any name has can't be near one.
    let key = Array(TableText.key(text).utf8.prefix(64))
    guard !key.isEmpty else { return [] }
    let limit = max(1, key.count / 3)
    return
      keyedNames
      .map { (name: $0.name, distance: distance(key, to: $0.key, limit: limit)) }
      .filter { $0.distance <= limit }
      .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
      .prefix(count).map(\.name)
  }

  private static let kindWords: [String: Explanation.Kind] = [
    "field": .field, "vmcs": .field, "encoding": .field, "control": .control,
    "exit": .exitReason, "reason": .exitReason, "exit reason": .exitReason,
    "error": .instructionError, "instruction error": .instructionError,
    "vm-instruction error": .instructionError, "msr": .msr, "exception": .exception,
    "vector": .exception, "instruction": .instruction, "term": .term,
  ]

  private static let numberOrder: [Explanation.Kind] = [
    .exitReason, .exception, .instructionError, .field, .msr,
  ]

  private static let nameOrder: [Explanation.Kind] = [
    .field, .control, .instruction, .exitReason, .exception, .msr, .instructionError, .term,
  ]

  private static let keyedNames: [(name: String, key: [UInt8])] = names.map {
    ($0, Array(TableText.key($0).utf8))
  }

  /// Edit distance (insert, delete, replace, swap neighbours); anything above `limit` may come back
  /// as `limit + 1`.
  private static func distance(_ a: [UInt8], to b: [UInt8], limit: Int) -> Int {
    guard abs(a.count - b.count) <= limit else { return limit + 1 }
    var before: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
        row.append(best)
      }
      before = previous
      previous = row
    }
    return previous[b.count]
  }
}

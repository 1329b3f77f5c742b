import Monitor

/// Techniques side by side.
struct ComparisonRendering {
  let comparison: Comparison

  func lines(_ format: TextFormat) -> [String] {
    let hasTime = comparison.rows.contains { $0.nanoseconds != nil }
    var columns: [(title: String, alignment: TextTable.Alignment)] = [
      ("technique", .left), ("operations", .right), ("exits", .right), ("exits/operation", .right),
    ]
    columns.append((hasTime ? "nanoseconds" : "cycles", .right))
    columns.append((hasTime ? "ns/operation" : "cycles/operation", .right))
    if hasTime { columns.append(("spread", .right)) }
    let rows = comparison.rows.filter { $0.unavailable == nil }.map { row(of: $0, hasTime) }
    let missing = comparison.rows.compactMap { row in
      row.unavailable.map { "\(row.technique): not here, \($0)" }
    }
    return ["\(comparison.workload): one operation is one \(comparison.operation)"]
      + TextTable(columns, rows).lines(format) + missing + comparison.notes
  }

  private func row(of row: Comparison.Row, _ hasTime: Bool) -> [String] {
    let cost = hasTime ? row.nanoseconds : row.cycles.map { Double($0) }
    var cells = [
      row.technique, "\(row.operations)", "\(row.exits)",
      Show.fixed(Self.ratio(Double(row.exits), row.operations), 3),
      cost.map { Show.fixed($0, 0) } ?? "-",
      cost.map { Show.fixed(Self.ratio($0, row.operations), 1) } ?? "-",
    ]
    if hasTime { cells.append(row.spread.map { "±" + Show.fixed($0, 0) } ?? "-") }
    return cells
  }

  var json: JSON {
    .object([
      (key: "workload", value: .string(comparison.workload)),
      (
        key: "rows",
        value: .array(
          comparison.rows.map { row in
            .object([
              (key: "technique", value: .string(row.technique)),
              (key: "operations", value: .int(row.operations)),
              (key: "exits", value: .int(row.exits)),
              (
                key: "exitsPerOperation",
                value: .double(Self.ratio(Double(row.exits), row.operations))
              ),
              (key: "cycles", value: .count(row.cycles)),
              (key: "nanoseconds", value: row.nanoseconds.map { .double($0) } ?? .null),
              (key: "spread", value: row.spread.map { .double($0) } ?? .null),
              (key: "unavailable", value: row.unavailable.map { .string($0) } ?? .null),
            ])
          })
      ),
      (key: "notes", value: .strings(comparison.notes)),
    ])
  }

  private static func ratio(_ part: Double, _ whole: Int) -> Double {
    whole == 0 ? 0 : part / Double(whole)
  }
}

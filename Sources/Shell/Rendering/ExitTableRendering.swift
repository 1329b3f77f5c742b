import Monitor

/// Counts of exits in the columns of `perf kvm stat`.
struct ExitTableRendering {
  let statistics: ExitStatistics
  /// What costs are counted in: `cycles` or `ns`.
  let unit: String

  /// Most frequent first; equal ones by reason.
  var rows: [ExitStatistics.Row] {
    statistics.rows.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map(\.value)
  }

  func lines(_ format: TextFormat) -> [String] {
    guard !rows.isEmpty else { return ["no exits yet; `run` lets the guest go"] }
    let total = Double(statistics.total)
    let time = rows.reduce(0.0) { $0 + Double($1.total) }
    let cells = rows.map { row in
      [
        row.name, "\(row.count)", percent(Double(row.count), of: total),
        percent(Double(row.total), of: time), "\(row.count == 0 ? 0 : row.min)", "\(row.max)",
        Show.fixed(mean(row), 1),
      ]
    }
    let table = TextTable(
      [
        ("exit", .left), ("samples", .right), ("samples %", .right), ("time %", .right),
        ("min", .right), ("max", .right), ("mean", .right),
      ], cells)
    return table.lines(format)
      + ["\(Show.count(statistics.total, "exit")); min, max and mean are in \(unit)"]
  }

  var json: JSON {
    .array(
      rows.map { row in
        .object([
          (key: "name", value: .string(row.name)), (key: "count", value: .int(row.count)),
          (key: "min", value: .count(row.count == 0 ? 0 : row.min)),
          (key: "max", value: .count(row.max)), (key: "mean", value: .double(mean(row))),
        ])
      })
  }

  private func mean(_ row: ExitStatistics.Row) -> Double {
    row.count == 0 ? 0 : Double(row.total) / Double(row.count)
  }

  private func percent(_ part: Double, of whole: Double) -> String {
    Show.fixed(whole == 0 ? 0 : 100 * part / whole, 2) + "%"
  }
}

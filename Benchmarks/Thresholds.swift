import Foundation

/// Host instructions a unit, as they were recorded: one line a benchmark, its name and the figure.
struct Thresholds {
  static let path = "Benchmarks/thresholds.txt"
  /// More than this much above its threshold, a benchmark has failed.
  static let tolerance = 1.3

  var values: [String: Double] = [:]

  static func load() -> Thresholds {
    var result = Thresholds()
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      if words.count == 2, let value = Double(words[1]) { result.values[String(words[0])] = value }
    }
    return result
  }

  func save() throws {
    let head =
      "# Host instructions a unit. `swift run -c release Benchmarks --record` writes this file.\n"
    let lines = values.sorted { $0.key < $1.key }.map { "\($0.key) \(tenths($0.value))\n" }
    try (head + lines.joined()).write(toFile: Thresholds.path, atomically: true, encoding: .utf8)
  }
}

/// One digit behind the point.
func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

/// The output that a command must have against the output that it has.
struct TranscriptComparison {
  /// Where they part.
  struct Mismatch: Equatable {
    /// Index into the expected lines; their count if only the actual ones go on.
    var expected: Int
    /// Index into the actual lines; their count if only the expected ones go on.
    var actual: Int
  }

  /// nil if every line fits. `captures` takes what the holes have captured.
  static func mismatch(
    _ expected: [TranscriptLine], _ actual: [String], _ captures: inout TranscriptCaptures
  ) -> Mismatch? {
    let runs = expected.indices.split(omittingEmptySubsequences: false) {
      expected[$0].pattern.isEllipsis
    }
    let patterns = expected.map(\.pattern)
    guard let first = runs.first, let last = runs.last else { return nil }
    var at = 0
    if let part = part(patterns, first, actual, from: 0, &captures) { return part }
    at += first.count
    guard runs.count > 1 else {
      return at == actual.count ? nil : Mismatch(expected: expected.count, actual: at)
    }
    for run in runs.dropFirst().dropLast() {
      guard let start = find(patterns, run, actual, from: at, &captures) else {
        return Mismatch(expected: run.lowerBound, actual: at)
      }
      at = start + run.count
    }
    let start = actual.count - last.count
    guard start >= at else { return Mismatch(expected: last.lowerBound, actual: at) }
    return part(patterns, last, actual, from: start, &captures)
  }

  /// The leftmost place at or after `from` where the lines of `run` fit.
  private static func find(
    _ patterns: [TranscriptPattern], _ run: Range<Int>, _ actual: [String], from: Int,
    _ captures: inout TranscriptCaptures
  ) -> Int? {
    var start = from
    while start + run.count <= actual.count {
      var tried = captures
      if part(patterns, run, actual, from: start, &tried) == nil {
        captures = tried
        return start
      }
      start += 1
    }
    return nil
  }

  /// Where the lines of `run` and those of `actual` from `from` on part.
  private static func part(
    _ patterns: [TranscriptPattern], _ run: Range<Int>, _ actual: [String], from: Int,
    _ captures: inout TranscriptCaptures
  ) -> Mismatch? {
    for (offset, index) in run.enumerated() {
      let line = actual[safe: from + offset]
      guard let line, patterns[index].matches(line, &captures) else {
        return Mismatch(expected: index, actual: min(from + offset, actual.count))
      }
    }
    return nil
  }
}

/// Writes a transcript anew with the output that its commands have now.
struct TranscriptUpdater {
  /// Commands whose output or status is not what it was.
  private(set) var changed = 0
  private var lines: [String]
  private let trailer: [String]
  private var captures = TranscriptCaptures()

  init(_ transcript: Transcript) {
    lines = transcript.header
    trailer = transcript.trailer
  }

  var text: String { (lines + trailer).joined(separator: "\n") + "\n" }

  mutating func add(_ entry: TranscriptEntry, _ actual: [String], status: Int) {
    lines += entry.leading
    lines.append(
      entry.command.isEmpty ? Transcript.prompt : "\(Transcript.prompt) \(entry.command)")
    var tried = captures
    let fits = TranscriptComparison.mismatch(entry.expected, actual, &tried) == nil
    if fits {
      captures = tried
      lines += entry.expected.map(\.pattern.source)
    } else {
      lines += rewritten(entry.expected.map(\.pattern), actual)
    }
    if status != 0 { lines.append("? \(status)") }
    if !fits || status != entry.status { changed += 1 }
  }

  private mutating func rewritten(_ expected: [TranscriptPattern], _ actual: [String]) -> [String] {
    let steps = TranscriptAlignment.align(expected, actual, &captures)
    return steps.compactMap { step in
      switch step {
      case .keep(let index): expected[index].source
      case .replace(let index, let new): Self.line(expected[index], actual[new], &captures)
      case .insert(let new): TranscriptText.escape(actual[new])
      case .absorb, .delete: nil
      }
    }
  }

  /// A changed line, word by word, so that its holes that still fit stay.
  private static func line(
    _ expected: TranscriptPattern, _ actual: String, _ captures: inout TranscriptCaptures
  ) -> String {
    guard expected.hasHoles else { return TranscriptText.escape(actual) }
    let words = expected.source.split(separator: " ", omittingEmptySubsequences: false).map {
      // `[..]` among the words is what `...` is among the lines.
      TranscriptPattern($0 == "[..]" ? TranscriptPattern.ellipsis : String($0))
    }
    let have = actual.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let steps = TranscriptAlignment.align(words, have, &captures)
    let merged = steps.compactMap { step -> String? in
      switch step {
      case .keep(let index): words[index].isEllipsis ? "[..]" : words[index].source
      case .replace(_, let new), .insert(let new): escapeWord(have[new])
      case .absorb, .delete: nil
      }
    }
    let line = merged.joined(separator: " ")
    var tried = captures
    // What was put together must fit; otherwise the plain line is right.
    return TranscriptPattern(line).matches(actual, &tried) ? line : TranscriptText.escape(actual)
  }

  /// Only what stands at the beginning of a line can be a marker; there the whole line decides.
  private static func escapeWord(_ word: String) -> String { TranscriptText.escape(word) }
}

/// The cheapest way from expected lines (or words) to actual ones.
enum TranscriptAlignment {
  enum Step: Equatable {
    /// The expected one at this index fits, or is `...` and stays.
    case keep(Int)
    /// `...` covers one more actual one.
    case absorb
    case replace(Int, Int)
    case insert(Int)
    case delete
  }

  private static let costs = (replace: 2, insert: 3, delete: 3)
  /// Above so many pairs nothing is aligned: all is written anew.
  private static let mostPairs = 4_000_000

  static func align(
    _ expected: [TranscriptPattern], _ actual: [String], _ captures: inout TranscriptCaptures
  ) -> [Step] {
    let width = actual.count + 1
    guard (expected.count + 1) * width <= mostPairs else { return actual.indices.map(Step.insert) }
    // fits[i][j]: whether expected i fits actual j, with the captures so far.
    var fits = [Bool](repeating: false, count: expected.count * width)
    for i in expected.indices where !expected[i].isEllipsis {
      for j in actual.indices {
        var tried = captures
        fits[i * width + j] = expected[i].matches(actual[j], &tried)
        if fits[i * width + j] { captures = tried }
      }
    }
    let cost = costTable(expected, actual.count, fits)
    return walk(expected, actual.count, fits, cost)
  }

  /// cost[i][j]: of turning expected[i...] into actual[j...].
  private static func costTable(
    _ expected: [TranscriptPattern], _ count: Int, _ fits: [Bool]
  ) -> [Int] {
    let width = count + 1
    var cost = [Int](repeating: 0, count: (expected.count + 1) * width)
    for j in 0..<count { cost[expected.count * width + j] = (count - j) * costs.insert }
    for i in expected.indices.reversed() {
      for j in (0...count).reversed() {
        let down = cost[(i + 1) * width + j]
        let isEllipsis = expected[i].isEllipsis
        var best = isEllipsis ? down : down + costs.delete
        if j < count {
          let right = cost[i * width + j + 1]
          best = min(best, isEllipsis ? right : right + costs.insert)
          if !isEllipsis {
            let diagonal = cost[(i + 1) * width + j + 1]
            best = min(best, diagonal + (fits[i * width + j] ? 0 : costs.replace))
          }
        }
        cost[i * width + j] = best
      }
    }
    return cost
  }

  private static func walk(
    _ expected: [TranscriptPattern], _ count: Int, _ fits: [Bool], _ cost: [Int]
  ) -> [Step] {
    let width = count + 1
    var steps: [Step] = []
    var i = 0
    var j = 0
    while i < expected.count || j < count {
      let here = cost[i * width + j]
      if i == expected.count {
        steps.append(.insert(j))
        j += 1
      } else if expected[i].isEllipsis {
        if here == cost[(i + 1) * width + j] {
          steps.append(.keep(i))
          i += 1
        } else {
          steps.append(.absorb)
          j += 1
        }
      } else if j < count,
        here == cost[(i + 1) * width + j + 1] + (fits[i * width + j] ? 0 : costs.replace)
      {
        steps.append(fits[i * width + j] ? .keep(i) : .replace(i, j))
        i += 1
        j += 1
      } else if j < count, here == cost[i * width + j + 1] + costs.insert {
        steps.append(.insert(j))
        j += 1
      } else {
        steps.append(.delete)
        i += 1
      }
    }
    return steps
  }
}

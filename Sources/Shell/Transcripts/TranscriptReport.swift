/// The first place where a replayed transcript differs.
public struct TranscriptDivergence: Sendable, Equatable, CustomStringConvertible {
  public var file: String
  public var line: Int
  /// The last few commands, the one that differs last.
  public var context: [String]
  /// Lines of that command that still fit.
  public var matched: [String] = []
  /// As it is written in the transcript, from the first difference on.
  public var expected: [String]
  /// What the command printed, from the first difference on.
  public var actual: [String]

  private static let mostLines = 10

  public var description: String {
    var lines = ["\(file):\(line): the output differs"]
    lines += context.map { "  \($0)" }
    lines += matched.suffix(3).map { "  \($0)" }
    lines += Self.marked("-", expected) + Self.marked("+", actual)
    return lines.joined(separator: "\n")
  }

  private static func marked(_ mark: String, _ lines: [String]) -> [String] {
    let more = lines.count - mostLines
    return lines.prefix(mostLines).map { "\(mark)\($0)" }
      + (more > 0 ? ["\(mark)(\(more) more lines)"] : [])
  }
}

/// What came of several transcripts.
public struct TranscriptReport: Sendable, Equatable {
  public struct Item: Sendable, Equatable {
    public var file: String
    public var outcome: TranscriptReplayer.Outcome
  }

  public var outcomes: [Item] = []

  public init() {}

  /// Nothing differed, nothing was rewritten and there was at least one transcript. Skipped ones
  /// are reported and do not fail.
  public var isSuccess: Bool {
    !outcomes.isEmpty
      && outcomes.allSatisfy {
        switch $0.outcome {
        case .matched, .skipped: true
        case .diverged, .malformed, .updated, .failed: false
        }
      }
  }

  /// For people: each file, and the sum.
  public var lines: [String] {
    guard !outcomes.isEmpty else { return ["no transcripts found"] }
    var matched = 0
    var skipped = 0
    var lines: [String] = []
    for item in outcomes {
      switch item.outcome {
      case .matched(let commands):
        matched += 1
        lines.append("\(item.file): matched, \(commands) commands")
      case .skipped(let reason):
        skipped += 1
        lines.append("\(item.file): skipped: \(reason)")
      case .updated(let commands):
        lines.append("\(item.file): recorded a new baseline, \(commands) commands changed")
      case .diverged(let divergence): lines.append(divergence.description)
      case .malformed(let problems): lines += problems.map(\.description)
      case .failed(let problem): lines.append(problem.description)
      }
    }
    let others = outcomes.count - matched - skipped
    lines.append("\(matched) matched, \(skipped) skipped, \(others) not matched")
    return lines
  }
}

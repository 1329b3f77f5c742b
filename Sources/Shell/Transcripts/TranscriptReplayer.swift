import Foundation

/// Plays transcripts again and says where the output differs.
public struct TranscriptReplayer {
  /// What came of one file.
  public enum Outcome: Sendable, Equatable {
    case matched(commands: Int)
    case diverged(TranscriptDivergence)
    /// Not passed: this computer cannot play it.
    case skipped(reason: String)
    case malformed([FileProblem])
    /// `--update` has rewritten the file.
    case updated(commands: Int)
    /// The file cannot be read or written.
    case failed(FileProblem)
  }

  private let host: any CommandHost

  public init(host: any CommandHost) { self.host = host }

  /// Plays files and all `*.transcript` files of folders, each on a new machine. Throws
  /// `CommandError` if `update` is wanted where CI is set.
  public func replay(
    _ paths: [String], update: Bool = false, environment: [String: String]
  ) throws(CommandError) -> TranscriptReport {
    if update, let value = environment["CI"], !value.isEmpty {
      throw CommandError(
        "refused",
        "transcripts are not rewritten where CI is set: update them by hand and look at "
          + "the difference")
    }
    var report = TranscriptReport()
    for file in paths.flatMap(Self.files) {
      report.outcomes.append(.init(file: file, outcome: replayFile(file, update: update)))
    }
    return report
  }

  private static func files(_ path: String) -> [String] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      return [path]
    }
    return names.filter { $0.hasSuffix(".transcript") }.sorted().map {
      (path as NSString).appendingPathComponent($0)
    }
  }

  private func replayFile(_ file: String, update: Bool) -> Outcome {
    guard let bytes = FileManager.default.contents(atPath: file) else {
      return .failed(FileProblem(file: file, line: 1, message: "there is no such file to read"))
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return .malformed([FileProblem(file: file, line: 1, message: "the file is not UTF-8 text")])
    }
    let outcome = replay(text, file: file)
    guard update, case .diverged = outcome else { return outcome }
    return rewrite(text, file)
  }

  /// Plays one transcript up to its first divergence.
  public func replay(_ text: String, file: String) -> Outcome {
    let parsed = TranscriptParser(text, file: file)
    guard let transcript = parsed.transcript else { return .malformed(parsed.problems) }
    if let outcome = prepare(transcript) { return outcome }
    var captures = TranscriptCaptures()
    for (index, entry) in transcript.entries.enumerated() {
      let actual = play(entry)
      if let divergence = divergence(transcript, index, actual, &captures) {
        return .diverged(divergence)
      }
      if actual.quits, let next = transcript.entries[safe: index + 1] {
        return .diverged(
          TranscriptDivergence(
            file: file, line: next.line, context: Self.context(transcript, index),
            expected: ["\(Transcript.prompt) \(next.command)"], actual: ["(the shell has ended)"]))
      }
    }
    return .matched(commands: transcript.entries.count)
  }

  /// A new machine; an outcome if there can be none.
  private func prepare(_ transcript: Transcript) -> Outcome? {
    for backend in transcript.conditions + [transcript.backend] {
      do {
        try host.startFresh(backend: backend, seed: transcript.seed)
      } catch {
        let reason = FileProblem.reason(of: error)
        if backend == "kvm" { return .skipped(reason: reason) }
        return .failed(
          FileProblem(file: transcript.file, line: 1, message: "\(backend) cannot start: \(reason)")
        )
      }
    }
    return nil
  }

  private struct Played {
    var lines: [String]
    var status: Int
    var quits = false
  }

  private func play(_ entry: TranscriptEntry) -> Played {
    if let interrupt = entry.interrupt {
      do {
        switch interrupt {
        case .instructions(let count): try host.interruptAfter(instructions: count)
        case .milliseconds(let time): try host.interruptAfter(milliseconds: time)
        }
      } catch {
        let reason = FileProblem.reason(of: error)
        return Played(lines: ["error: ^C \(interrupt.text): \(reason)"], status: 1)
      }
    }
    let result = host.execute(entry.command)
    return Played(
      lines: TranscriptText.lines(of: result), status: TranscriptText.status(of: result),
      quits: result.quits)
  }

  private func divergence(
    _ transcript: Transcript, _ index: Int, _ actual: Played, _ captures: inout TranscriptCaptures
  ) -> TranscriptDivergence? {
    let entry = transcript.entries[index]
    let mismatch = TranscriptComparison.mismatch(entry.expected, actual.lines, &captures)
    if mismatch == nil, entry.status == actual.status { return nil }
    var divergence = TranscriptDivergence(
      file: transcript.file, line: entry.line, context: Self.context(transcript, index),
      expected: [], actual: [])
    if let mismatch {
      divergence.line = entry.expected[safe: mismatch.expected]?.line ?? entry.line
      divergence.matched = entry.expected[..<mismatch.expected].map(\.pattern.source)
      divergence.expected = entry.expected[mismatch.expected...].map(\.pattern.source)
      divergence.actual = Array(actual.lines[mismatch.actual...])
    }
    if entry.status != actual.status {
      divergence.expected.append("? \(entry.status)")
      divergence.actual.append("? \(actual.status)")
    }
    return divergence
  }

  /// The last few commands, ending with the one at `index`.
  private static func context(_ transcript: Transcript, _ index: Int) -> [String] {
    transcript.entries[max(0, index - 3)...index].map { "\(Transcript.prompt) \($0.command)" }
  }

  // MARK: Update

  private func rewrite(_ text: String, _ file: String) -> Outcome {
    let (updated, outcome) = update(text, file: file)
    guard case .updated = outcome else { return outcome }
    do {
      try Data(updated.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
      return outcome
    } catch {
      return .failed(
        FileProblem(
          file: file, line: 1, message: "cannot be rewritten: \(error.localizedDescription)"))
    }
  }

  /// Plays the whole transcript and returns it with the output that it has now; every hole that
  /// still fits stays.
  public func update(_ text: String, file: String) -> (text: String, outcome: Outcome) {
    let parsed = TranscriptParser(text, file: file)
    guard let transcript = parsed.transcript else { return (text, .malformed(parsed.problems)) }
    if let outcome = prepare(transcript) { return (text, outcome) }
    var updater = TranscriptUpdater(transcript)
    for entry in transcript.entries {
      let actual = play(entry)
      updater.add(entry, actual.lines, status: actual.status)
      if actual.quits { break }
    }
    guard updater.changed > 0 else { return (text, .matched(commands: transcript.entries.count)) }
    return (updater.text, .updated(commands: updater.changed))
  }
}

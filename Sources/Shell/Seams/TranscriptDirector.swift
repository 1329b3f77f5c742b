/// The `record` and `replay` commands.
final class TranscriptDirector: TranscriptControl {
  private var recorder: TranscriptRecorder?

  var recording: String? { recorder?.file }

  func startRecording(_ path: String, cast: String?, in session: Session) throws -> String {
    if let recorder {
      throw CommandError(
        "recording", "\(recorder.file) is being recorded; `record stop` ends that first")
    }
    recorder = try TranscriptRecorder(
      file: path, backend: session.backendName, seed: session.options.seed, castFile: cast)
    return "recording into \(path); `record stop` ends it"
  }

  func stopRecording() throws -> String {
    guard let recorder else {
      throw CommandError("not-recording", "nothing is recorded; `record FILE` begins")
    }
    recorder.finish()
    self.recorder = nil
    return "recorded \(recorder.file); `replay \(recorder.file)` checks it"
  }

  func afterCommand(_ line: String, _ result: CommandResult, in session: Session) -> String? {
    guard let recorder else { return nil }
    do {
      var result = result
      result.output = Style.removed(from: result.output)
      try recorder.record(line, result, interrupt: interruption(result, session))
      return nil
    } catch {
      self.recorder = nil
      return "the recording has ended: \(error.message)"
    }
  }

  /// When ^C stopped a run: after so many instructions, or after a while if nobody counted them.
  private func interruption(
    _ result: CommandResult, _ session: Session
  ) -> TranscriptInterrupt? {
    guard result.data["stopped"] == .string("interrupt") else { return nil }
    return session.lastStop?.instructions.map { .instructions($0) } ?? .milliseconds(100)
  }

  func replay(_ paths: [String], updating: Bool, options: SessionOptions) throws -> ReplayAnswer {
    var options = options
    options.repeatsOnEnter = false
    options.colour = false
    options.plain = false
    options.json = false
    let report = try TranscriptReplayer(host: SessionHost(options: options))
      .replay(paths, update: updating, environment: Environment.ofLessons)
    return ReplayAnswer(
      text: report.lines.joined(separator: "\n"),
      data: .object([(key: "files", value: .strings(report.outcomes.map(\.file)))]),
      allMatched: report.isSuccess)
  }
}

extension Style {
  /// `text` without SGR sequences: a transcript has no colours.
  static func removed(from text: String) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstIndex(of: "\u{1b}") {
      result += rest[..<start]
      rest = rest[start...]
      rest = rest.firstIndex(of: "m").map { rest[rest.index(after: $0)...] } ?? ""
    }
    return result + rest
  }
}

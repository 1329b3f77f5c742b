/// What carries out `record` and `replay`.
public protocol TranscriptControl: AnyObject {
  /// Starts to record into a file, and into `cast` as an asciicast; returns a line for people.
  /// Throws if a file can't be made, or if a recording is going on.
  func startRecording(_ path: String, cast: String?, in session: Session) throws -> String
  /// Ends the recording; returns a line for people. Throws if there is none.
  func stopRecording() throws -> String
  /// The file that is recorded into.
  var recording: String? { get }
  /// Called after each command except `record`, with the line as it was carried out. Returns what
  /// is to be printed below its output: that writing failed; nil for nothing.
  func afterCommand(_ line: String, _ result: CommandResult, in session: Session) -> String?
  /// Replays files, each in a session of its own with `options` as a start.
  func replay(_ paths: [String], updating: Bool, options: SessionOptions) throws -> ReplayAnswer
}

public struct ReplayAnswer: Sendable {
  public var text: String
  public var data: JSON
  /// Whether all of them matched; one that was skipped does not count as a mismatch.
  public var allMatched: Bool

  public init(text: String, data: JSON = .null, allMatched: Bool) {
    self.text = text
    self.data = data
    self.allMatched = allMatched
  }
}

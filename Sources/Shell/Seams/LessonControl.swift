/// What carries out the `lesson` command and watches the session for goals that are met.
///
/// The session owns it and hands itself over in every call, so that it need not keep the session.
public protocol LessonControl: AnyObject {
  /// Carries out `lesson WORDS…`, e.g. `["start", "first-exit"]`.
  func command(_ words: [String], in session: Session) throws -> LessonAnswer
  /// Called after each command other than `lesson`, successful or not. Returns what is to be
  /// printed below its output: a goal met, a wrong answer noticed; nil for nothing.
  func afterCommand(_ line: String, _ result: CommandResult, in session: Session) -> String?
  /// Whether a line typed at the prompt answers the question under way, e.g. `b`.
  func isAnswer(_ line: String) -> Bool
  /// What stands in the prompt, e.g. `first-exit 2/4`; nil if no lesson is going on.
  var promptTag: String? { get }
  /// What the next line of the editor begins as; reading it takes it away.
  func takePreset() -> String?
  /// The lessons' names, for completion.
  var lessonIDs: [String] { get }
}

/// Text for people and data for programs.
public struct LessonAnswer: Sendable {
  public var text: String
  public var data: JSON
  /// Whether everything that was to be proved is proved (`lesson check`).
  public var isGood: Bool

  public init(text: String, data: JSON = .null, isGood: Bool = true) {
    self.text = text
    self.data = data
    self.isGood = isGood
  }
}

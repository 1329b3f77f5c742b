/// Takes a learner through a lesson: sets up each step, watches the machine for its goal, gives
/// hints, and keeps the books of progress.
///
/// A step with a set-up begins on a new machine; one without goes on where the step before it
/// ended, or, if that was left unmet, where that one's solution ends.
public final class LessonEngine {
  public let library: LessonLibrary
  let host: any CommandHost
  let progress: LessonProgress
  var current: LessonPosition?
  /// Columns into which paragraphs are broken; nil: as they are written.
  public var columns: Int?

  public init(library: LessonLibrary, host: any CommandHost, progress: LessonProgress) {
    self.library = library
    self.host = host
    self.progress = progress
  }

  /// The lesson and step under way.
  public var lesson: Lesson? { current?.lesson }
  public var step: LessonStep? { current?.step }
  /// Whether the goal of the step under way is met.
  public var isMet: Bool { current?.isMet ?? false }

  /// `first-exit 2/4`, to stand in the prompt; nil outside lessons.
  public var tag: String? {
    guard let current else { return nil }
    return "\(current.lesson.id) \(current.index + 1)/\(current.lesson.steps.count)"
  }

  /// `lesson first-exit 2/4> `; nil outside lessons.
  public var prompt: String? { tag.map { "lesson \($0)> " } }

  // MARK: Commands

  /// `lesson`: the step under way with what is still wanted, or the list.
  public func status() -> String {
    guard let current else { return list() }
    var parts = [
      current.step.introduction(index: current.index, of: current.lesson, columns: columns)
    ]
    if current.isMet {
      parts.append(whatFollows(current))
    } else if let text = unmetText(current) {
      parts.append(text)
    }
    return withMessages(parts)
  }

  /// Every lesson with how far the learner is.
  public func list() -> String {
    guard !library.lessons.isEmpty else {
      return withMessages(
        ["no lessons found: name their folder in RINGSIDE_LESSONS"]
          + library.problems.map(\.description))
    }
    let width = library.lessons.map(\.id.count).max() ?? 0
    var lines = library.lessons.map { lesson in
      let padding = String(repeating: " ", count: width - lesson.id.count)
      let finished = lesson.steps.count { record(lesson, $0).isFinished }
      return "\(lesson.id)\(padding)  \(finished)/\(lesson.steps.count)  \(lesson.title)"
    }
    lines += library.problems.map { "\($0)" }
    lines.append("`lesson start ID` begins one.")
    return withMessages([lines.joined(separator: "\n")])
  }

  /// The whole lesson as text, without hints and solutions.
  public func show(_ id: String) throws(CommandError) -> String {
    let lesson = try find(id)
    var parts = ["\(lesson.title) (\(lesson.id))"]
    if !lesson.introduction.isEmpty { parts.append(lesson.introduction.reflowed(columns: columns)) }
    for (index, step) in lesson.steps.enumerated() {
      parts.append(
        "\(index + 1). \(step.title) (\(step.id))\n\n\(step.prose.reflowed(columns: columns))"
          .trimmed)
    }
    return parts.joined(separator: "\n\n")
  }

  /// Begins a lesson at its first unfinished step.
  public func start(_ id: String) throws(CommandError) -> String {
    let lesson = try find(id)
    let first = lesson.steps.firstIndex { !record(lesson, $0).isFinished } ?? 0
    var parts = ["\(lesson.title)"]
    if first > 0 {
      parts.append(
        "You have finished \(first) of \(lesson.steps.count) steps; going on from there.")
    } else if !lesson.introduction.isEmpty {
      parts.append(lesson.introduction.reflowed(columns: columns))
    }
    parts.append(try begin(lesson, first, continuing: false))
    return withMessages(parts)
  }

  /// Goes to the next step; a step that is not met counts as skipped.
  public func next() throws(CommandError) -> String {
    let position = try active()
    var parts: [String] = []
    if !position.isMet, !record(position.lesson, position.step).isFinished {
      progress.update(lesson: position.lesson.id, step: position.step.id) { $0.isSkipped = true }
      parts.append("Skipped: \(position.step.title).")
    }
    guard position.index + 1 < position.lesson.steps.count else {
      parts.append(finish(position.lesson))
      return withMessages(parts)
    }
    parts.append(try begin(position.lesson, position.index + 1, continuing: position.isMet))
    return withMessages(parts)
  }

  /// Goes to a step by its id or number.
  public func goTo(_ name: String) throws(CommandError) -> String {
    let position = try active()
    let steps = position.lesson.steps
    let byNumber = Int(name).flatMap { steps.indices.contains($0 &- 1) ? $0 - 1 : nil }
    guard let index = steps.firstIndex(where: { $0.id == name }) ?? byNumber else {
      let known = steps.map(\.id).joined(separator: ", ")
      throw CommandError("unknown-step", "this lesson has no step '\(name)'; it has \(known)")
    }
    return withMessages([try begin(position.lesson, index, continuing: false)])
  }

  /// Back to the state in which the step began.
  public func reset() throws(CommandError) -> String {
    let position = try active()
    if let snapshot = position.snapshot, (try? host.restoreState(snapshot)) != nil {
      enter(position.lesson, position.index, snapshot: snapshot)
    } else {
      // The backend cannot keep a state, so the step is set up again.
      _ = try begin(position.lesson, position.index, continuing: false)
    }
    return withMessages(["Back at the start of step '\(position.step.id)': \(position.step.title)."]
    )
  }

  /// Leaves the lesson; the machine stays as it is.
  public func quit() throws(CommandError) -> String {
    let position = try active()
    current = nil
    return withMessages([
      "Left the lesson; `lesson start \(position.lesson.id)` goes on where you were.",
      summary(position.lesson),
    ])
  }

  /// The next hint; the last one gives the command.
  public func hint() throws(CommandError) -> String {
    var position = try active()
    let hints = position.step.hints
    guard position.hintsShown < hints.count else {
      return "That was the last hint; `lesson solution` puts the command into the line."
    }
    let text = hints[position.hintsShown].text
    position.hintsShown += 1
    current = position
    return "Hint \(position.hintsShown) of \(hints.count): \(text)".reflowed(columns: columns)
  }

  /// The next command of the solution, to be put into the edit line and not run. The step counts as
  /// revealed.
  public func solution() throws(CommandError) -> LessonReply {
    var position = try active()
    guard !position.isMet else { return LessonReply(text: "This step is already done.") }
    if !position.isRevealed {
      position.isRevealed = true
      progress.update(lesson: position.lesson.id, step: position.step.id) { $0.isRevealed = true }
    }
    let lines = position.step.solution
    let index = position.solutionAt < lines.count ? position.solutionAt : 0
    position.solutionAt = index
    current = position
    guard lines.indices.contains(index) else { return LessonReply(text: "") }
    var text = "The command stands in the line: Enter runs it."
    if lines.count > 1 {
      text = "Command \(index + 1) of \(lines.count) stands in the line: Enter runs it."
      if index == 0 {
        text += " It is meant from the step's start: `lesson reset` goes back there."
      }
    }
    return LessonReply(
      text: withMessages([text.reflowed(columns: columns)]), preset: lines[index].text.trimmed)
  }
}

/// What the shell shows, and what it puts into the edit line.
public struct LessonReply: Sendable, Equatable {
  public var text: String
  /// Text to be edited or run with Enter.
  public var preset: String?

  public init(text: String, preset: String? = nil) {
    self.text = text
    self.preset = preset
  }
}

/// Where the learner is.
struct LessonPosition {
  var lesson: Lesson
  var index: Int
  var step: LessonStep
  /// nil if the backend cannot keep a state.
  var snapshot: (any Sendable)?
  var answer: JSON?
  var hintsShown = 0
  var solutionAt = 0
  var isRevealed = false
  var isMet = false
  /// The commands since the step's start, with full command names.
  var typed: [String] = []
  /// What was last said to be missing, so that a look at something does not repeat it.
  var lastUnmet: String?
}

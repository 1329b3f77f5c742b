extension LessonEngine {
  /// Begins a step. `continuing`: the machine is where the step before it left it, met.
  func begin(_ lesson: Lesson, _ index: Int, continuing: Bool) throws(CommandError) -> String {
    guard let step = lesson.steps[safe: index] else {
      throw CommandError("unknown-step", "lesson '\(lesson.id)' has no step \(index + 1)")
    }
    if !continuing || step.setup != nil { try build(lesson, index) }
    enter(lesson, index, snapshot: try? host.saveState())
    guard var position = current else { return "" }
    let text = step.introduction(index: position.index, of: lesson, columns: columns)
    guard unmet(position).isEmpty else { return text }
    // The learner has been here already, on the way to the step before.
    position.isMet = true
    current = position
    return text + "\n\n" + complete(position)
  }

  /// The books of a step's start.
  func enter(_ lesson: Lesson, _ index: Int, snapshot: (any Sendable)?) {
    guard let step = lesson.steps[safe: index] else { return }
    var position = LessonPosition(lesson: lesson, index: index, step: step, snapshot: snapshot)
    position.lastUnmet = unmetText(position)
    current = position
    if step.question == nil {
      progress.update(lesson: lesson.id, step: step.id) { $0.attempts += 1 }
    }
  }

  /// Makes the state in which a step begins: a new machine, the nearest set-up at or before it, and
  /// the solutions from there on.
  private func build(_ lesson: Lesson, _ index: Int) throws(CommandError) {
    let backend = lesson.backend == .any ? host.backendName : lesson.backend.rawValue
    do {
      try host.startFresh(backend: backend, seed: lesson.seed)
    } catch {
      throw CommandError(
        "no-backend",
        "this lesson needs the backend \(backend): \(FileProblem.reason(of: error))")
    }
    let base = lesson.steps[...index].lastIndex { $0.setup != nil } ?? 0
    for line in lesson.steps[base].setup ?? [] { try run(line, of: lesson, "set-up") }
    for step in lesson.steps[base..<index] {
      // An answer changes nothing in the machine.
      for line in step.solution where Self.answerText(line.text) == nil {
        try run(line, of: lesson, "solution")
      }
    }
  }

  private func run(
    _ line: SourceLine, of lesson: Lesson, _ part: String
  ) throws(CommandError) {
    guard let error = host.execute(line.text.trimmed).error else { return }
    throw CommandError(
      "lesson-\(part)",
      "\(lesson.file):\(line.line): the \(part) failed at '\(line.text.trimmed)': \(error.message)")
  }

  /// What stands behind `answer`, if the line is that command.
  static func answerText(_ line: String) -> String? {
    let words = line.split { $0.isWhitespace }
    return words.first == "answer" ? words.dropFirst().joined(separator: " ") : nil
  }

  func active() throws(CommandError) -> LessonPosition {
    guard let current else {
      throw CommandError("no-lesson", "no lesson is under way; `lesson list` names them")
    }
    return current
  }

  func find(_ id: String) throws(CommandError) -> Lesson {
    if let lesson = library.lesson(id) { return lesson }
    let close = library.lessons.filter { $0.id.hasPrefix(id) }
    if let only = close.first, close.count == 1, !id.isEmpty { return only }
    let known = library.lessons.map(\.id).joined(separator: ", ")
    throw CommandError(
      "unknown-lesson",
      known.isEmpty
        ? "no lessons found: name their folder in RINGSIDE_LESSONS"
        : "there is no lesson '\(id)'; there are \(known)")
  }

  func record(_ lesson: Lesson, _ step: LessonStep) -> LessonRecord {
    progress.record(lesson: lesson.id, step: step.id)
  }

  func whatFollows(_ position: LessonPosition) -> String {
    guard let next = position.lesson.steps[safe: position.index + 1] else {
      return "That was the last step: `lesson next` ends the lesson."
    }
    return "`lesson next` goes on to step \(position.index + 2): \(next.title)."
  }

  func finish(_ lesson: Lesson) -> String {
    current = nil
    var text = "End of the lesson. \(summary(lesson))"
    if let index = library.lessons.firstIndex(where: { $0.id == lesson.id }),
      let next = library.lessons[safe: index + 1]
    {
      text += "\n`lesson start \(next.id)` begins the next one: \(next.title)."
    }
    return text
  }

  func summary(_ lesson: Lesson) -> String {
    let records = lesson.steps.map { record(lesson, $0) }
    let solved = records.count { $0.isSolved }
    let revealed = records.count { $0.isRevealed && !$0.isSolved }
    let skipped = records.count { $0.isSkipped && !$0.isFinished }
    return "Of \(records.count) steps: \(solved) solved, \(revealed) revealed, \(skipped) skipped."
  }

  func withMessages(_ parts: [String]) -> String {
    (parts + progress.takeMessages()).filter { !$0.isEmpty }.joined(separator: "\n\n")
  }
}

extension LessonStep {
  /// What the learner reads when the step begins.
  func introduction(index: Int, of lesson: Lesson, columns: Int?) -> String {
    var parts = ["Step \(index + 1) of \(lesson.steps.count): \(title)"]
    if !prose.isEmpty { parts.append(prose.reflowed(columns: columns)) }
    if let setup {
      let commands = setup.map(\.text.trimmed).joined(separator: ", ")
      parts.append(
        "Done for you, on a new machine: \(commands)".reflowed(columns: columns))
    }
    let wanted = goals.filter { $0.path != LessonGoal.answerPath }.map { "  \($0.source)" }
    if !wanted.isEmpty { parts.append((["Goal:"] + wanted).joined(separator: "\n")) }
    if let question { parts.append(question.asked(columns: columns)) }
    return parts.joined(separator: "\n\n")
  }
}

extension LessonQuestion {
  /// The question, its choices and how to answer.
  func asked(columns: Int?) -> String {
    var lines = [text.reflowed(columns: columns)]
    lines += choices.map { "  \($0.letter)) \($0.text)" }
    lines.append(choices.isEmpty ? "Type the number." : "Type the letter.")
    return lines.joined(separator: "\n")
  }
}

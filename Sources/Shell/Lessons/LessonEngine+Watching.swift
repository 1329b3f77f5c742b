extension LessonEngine {
  /// Call after each command that is not about the lesson itself. `line` is as typed.
  public func afterCommand(_ line: String, _ result: CommandResult) -> LessonReply {
    guard var position = current, !position.isMet else { return LessonReply(text: "") }
    let mistyped = ["unknown-command", "ambiguous-command", "usage"]
    if let error = result.error, mistyped.contains(error.code) { return LessonReply(text: "") }
    let typed = Self.normal(line, command: result.command)
    // What is kept is bounded: no mistake is that long.
    position.typed = position.typed.suffix(63) + [typed]
    var preset: String?
    if position.isRevealed, let shown = position.step.solution[safe: position.solutionAt],
      Self.normal(shown.text) == typed || Self.normal(shown.text) == Self.normal(line)
    {
      position.solutionAt += 1
      preset = position.step.solution[safe: position.solutionAt]?.text.trimmed
    }
    let text = judge(&position)
    current = position
    return LessonReply(text: text, preset: position.isMet ? nil : preset)
  }

  /// Whether a line typed at the prompt is an answer to the question under way: one of its letters,
  /// or a number if it wants one.
  public func isAnswer(_ line: String) -> Bool {
    guard let current, !current.isMet, let question = current.step.question else { return false }
    return Self.answer(line, to: question) != nil
  }

  /// `answer X`.
  public func answer(_ text: String) throws(CommandError) -> String {
    var position = try active()
    guard let question = position.step.question else {
      throw CommandError("no-question", "this step asks nothing; `lesson` shows what it wants")
    }
    guard let answer = Self.answer(text, to: question) else {
      let letters = question.choices.map(\.letter).joined(separator: ", ")
      throw CommandError(
        "usage",
        question.choices.isEmpty
          ? "the answer is a number, such as `answer 3` or `answer 0x10`"
          : "answer with one of \(letters)")
    }
    if position.isMet { return "Already answered. \(whatFollows(position))" }
    progress.update(lesson: position.lesson.id, step: position.step.id) { $0.attempts += 1 }
    position.answer = answer
    position.typed = position.typed.suffix(63) + [Self.normal("answer " + text)]
    var reply = judge(&position)
    if reply.isEmpty, !position.isMet { reply = "No, not \(text.trimmed). `lesson hint` helps." }
    current = position
    return withMessages([reply])
  }

  private static func answer(_ text: String, to question: LessonQuestion) -> JSON? {
    let text = text.trimmed.lowercased()
    if question.choices.isEmpty {
      guard let number = LessonGoal.Literal.number(text) else { return nil }
      if let small = Int(exactly: number) { return .int(small) }
      return UInt64(exactly: number).map { .hex($0) }
    }
    let letter = text.hasSuffix(")") ? String(text.dropLast()) : text
    return question.choices.contains { $0.letter == letter } ? .string(letter) : nil
  }

  /// What to say now that something has happened.
  private func judge(_ position: inout LessonPosition) -> String {
    if unmet(position).isEmpty {
      position.isMet = true
      return complete(position)
    }
    if let wrong = mistake(position) { return wrong.text.reflowed(columns: columns) }
    let text = unmetText(position)
    defer { position.lastUnmet = text }
    return text == position.lastUnmet ? "" : text ?? ""
  }

  private func mistake(_ position: LessonPosition) -> LessonMistake? {
    position.step.wrongs.first { wrong in
      let commands = wrong.commands.map { Self.normal($0.text) }
      return Array(position.typed.suffix(commands.count)) == commands
    }
  }

  /// The goals that do not hold now.
  func unmet(_ position: LessonPosition) -> [LessonGoal] {
    position.step.goals.filter { !$0.isMet(by: value($0, position)) }
  }

  /// `want …` and `have …` for each unmet goal; nil if only the answer is missing, which must not
  /// be told.
  func unmetText(_ position: LessonPosition) -> String? {
    let goals = unmet(position).filter { $0.path != LessonGoal.answerPath }
    guard !goals.isEmpty else { return nil }
    return goals.map { goal in
      "want \(goal.source)\nhave \(goal.path): \(goal.have(value(goal, position)))"
    }.joined(separator: "\n")
  }

  private func value(_ goal: LessonGoal, _ position: LessonPosition) -> JSON? {
    goal.path == LessonGoal.answerPath ? position.answer ?? .null : host.value(of: goal.path)
  }

  func complete(_ position: LessonPosition) -> String {
    if !position.isRevealed {
      progress.update(lesson: position.lesson.id, step: position.step.id) {
        $0.isSolved = true
        $0.isSkipped = false
      }
    }
    let parts = [
      "Done: \(position.step.title).", position.step.after.reflowed(columns: columns),
      whatFollows(position),
    ]
    return withMessages(parts)
  }

  /// The line with single spaces, and with `command`, its full name, for the words that were typed.
  static func normal(_ line: String, command: String = "") -> String {
    let words = line.split { $0.isWhitespace }.map(String.init)
    guard let first = words.first, !command.isEmpty else { return words.joined(separator: " ") }
    // An alias is one word; a prefix has as many words as the name: `inf reg` for `info registers`.
    let names = command.split(separator: " ").map(String.init)
    let isPrefix = zip(names, words).allSatisfy { $0.hasPrefix($1) } && words.count >= names.count
    let rest = words.dropFirst(isPrefix ? names.count : 1)
    // `x/8xb` keeps its format.
    return ([command + first.drop { $0 != "/" }] + rest).joined(separator: " ")
  }
}

extension Array {
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

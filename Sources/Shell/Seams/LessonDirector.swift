/// The `lesson` command, carried out by a `LessonEngine` that is made when it is first needed:
/// reading lessons would stand in the way of the first prompt.
final class LessonDirector: LessonControl {
  static let firstLesson = "first-exit"

  private var engine: LessonEngine?
  private var preset: String?

  func command(_ words: [String], in session: Session) throws -> LessonAnswer {
    let engine = engine(for: session)
    switch words.first ?? "status" {
    case "check": return try check(Array(words.dropFirst()), in: session)
    case "solution":
      let reply = try engine.solution()
      preset = reply.preset
      return LessonAnswer(
        text: reply.text,
        data: .object([
          (key: "line", value: reply.preset.map { .string($0) } ?? .null)
        ]))
    case let word:
      let text = try answer(word, words.dropFirst().first, engine)
      return LessonAnswer(text: text, data: state(engine))
    }
  }

  private func answer(_ word: String, _ argument: String?, _ engine: LessonEngine) throws -> String
  {
    switch word {
    case "status": return engine.status()
    case "list": return engine.list()
    case "next": return try engine.next()
    case "hint": return try engine.hint()
    case "reset": return try engine.reset()
    case "quit": return try engine.quit()
    case "show": return try engine.show(try named(argument, "the lesson"))
    case "start": return try engine.start(try named(argument, "the lesson"))
    case "goto": return try engine.goTo(try named(argument, "the step"))
    case "answer": return try engine.answer(try named(argument, "the answer"))
    default:
      let hint = Nearest.match(word, among: LessonCommand.words).map {
        "did you mean `lesson \($0)`?"
      }
      throw CommandError(
        "usage", "no `lesson \(word)`; " + (hint ?? LessonCommand.words.joined(separator: ", ")))
    }
  }

  private func named(_ argument: String?, _ what: String) throws(CommandError) -> String {
    guard let argument else {
      throw CommandError("usage", "\(what) is missing; `lesson list` shows the lessons")
    }
    return argument
  }

  /// Proves lessons in a session of its own.
  private func check(_ paths: [String], in session: Session) throws -> LessonAnswer {
    let library =
      paths.isEmpty
      ? LessonLibrary.installed(environment: Environment.ofLessons) : LessonLibrary(paths: paths)
    let report = LessonChecker(host: SessionHost(options: session.options)).check(library)
    return LessonAnswer(
      text: report.lines.joined(separator: "\n"),
      data: .object([
        (key: "passed", value: .strings(report.passed)),
        (key: "skipped", value: .strings(report.skipped)),
        (key: "problems", value: .strings(report.problems.map(\.description))),
      ]), isGood: report.isSuccess)
  }

  private func state(_ engine: LessonEngine) -> JSON {
    .object([
      (key: "lesson", value: engine.lesson.map { .string($0.id) } ?? .null),
      (key: "step", value: engine.step.map { .string($0.id) } ?? .null),
      (key: "met", value: .bool(engine.isMet)),
      (key: "lessons", value: .strings(engine.library.lessons.map(\.id))),
    ])
  }

  func afterCommand(_ line: String, _ result: CommandResult, in session: Session) -> String? {
    guard let engine, engine.lesson != nil else { return nil }
    engine.columns = Self.columns
    let reply = engine.afterCommand(line, result)
    preset = reply.preset
    return reply.text.isEmpty ? nil : reply.text
  }

  func isAnswer(_ line: String) -> Bool { engine?.isAnswer(line) ?? false }

  var promptTag: String? { engine?.tag }

  func takePreset() -> String? {
    defer { preset = nil }
    return preset
  }

  var lessonIDs: [String] {
    (engine?.library ?? LessonLibrary.installed(environment: Environment.ofLessons))
      .lessons.map(\.id)
  }

  /// Long lines are hard to read, and broken ones harder: as wide as the terminal, up to a limit.
  private static var columns: Int? {
    TerminalSize.isTerminal(1) ? TerminalSize.current().map { min($0.columns, 90) } : nil
  }

  private func engine(for session: Session) -> LessonEngine {
    if let engine {
      engine.columns = Self.columns
      return engine
    }
    let environment = Environment.ofLessons
    let made = LessonEngine(
      library: .installed(environment: environment), host: SessionHost(session),
      progress: LessonProgress(file: LessonProgress.defaultFile(environment: environment)))
    made.columns = Self.columns
    engine = made
    return made
  }
}

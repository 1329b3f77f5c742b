/// `ringside lesson check`: proves that every lesson can be followed as it is written.
public struct LessonChecker {
  /// What a check found.
  public struct Report: Sendable, Equatable {
    public var problems: [FileProblem] = []
    /// `first-exit on sim: 4 steps hold`.
    public var passed: [String] = []
    /// `first-exit on kvm: skipped: no /dev/kvm`.
    public var skipped: [String] = []

    public var isSuccess: Bool { problems.isEmpty && !(passed.isEmpty && skipped.isEmpty) }

    /// One line each; at least one.
    public var lines: [String] {
      let all = passed + skipped + problems.map(\.description)
      return all.isEmpty ? ["no lessons found: name their folder in RINGSIDE_LESSONS"] : all
    }
  }

  private let host: any CommandHost
  private let look: String

  /// `look` is a command that changes nothing, which learners type in between.
  public init(host: any CommandHost, look: String = "info registers") {
    self.host = host
    self.look = look
  }

  /// Checks every lesson on every backend that it names.
  public func check(_ library: LessonLibrary) -> Report {
    var report = Report(problems: library.problems)
    for lesson in library.lessons {
      for backend in lesson.backend.names { check(lesson, on: backend, &report) }
    }
    return report
  }

  private func check(_ lesson: Lesson, on backend: String, _ report: inout Report) {
    do {
      try host.startFresh(backend: backend, seed: lesson.seed)
    } catch {
      let reason = FileProblem.reason(of: error)
      report.skipped.append("\(lesson.id) on \(backend): skipped: \(reason)")
      return
    }
    var one = LessonProof(lesson: lesson, backend: backend, host: host, look: look)
    one.prove()
    report.problems += one.problems.filter { !report.problems.contains($0) }
    if one.problems.isEmpty {
      report.passed.append("\(lesson.id) on \(backend): \(lesson.steps.count) steps hold")
    }
  }
}

/// The proof of one lesson on one backend.
private struct LessonProof {
  let lesson: Lesson
  let backend: String
  let host: any CommandHost
  let look: String
  var problems: [FileProblem] = []

  /// What no command table has.
  static let mistyped = "no-such-command-as-this"

  mutating func prove() {
    for index in lesson.steps.indices { prove(index) }
  }

  private mutating func prove(_ index: Int) {
    let step = lesson.steps[index]
    guard let engine = begin(index) else { return }
    if engine.holds {
      add(step.goals.first?.line ?? step.line, "the goal holds already after the set-up")
      return
    }
    proveSolution(step, index, disturbed: false)
    proveSolution(step, index, disturbed: true)
    for wrong in step.wrongs { prove(wrong, index) }
    proveLastHint(step, index)
  }

  private mutating func proveSolution(_ step: LessonStep, _ index: Int, disturbed: Bool) {
    guard let engine = begin(index) else { return }
    for line in step.solution {
      if disturbed {
        perform(Self.mistyped, engine)
        if let error = perform(look, engine) {
          add(line.line, "the extra look '\(look)' failed: \(error.message)")
        }
      }
      if let error = perform(line.text, engine) {
        if !disturbed { add(line.line, "the solution failed at '\(line.text)': \(error.message)") }
        return
      }
    }
    if engine.isMet { return }
    let line = step.solution.first?.line ?? step.line
    let state = engine.stillUnmet
    if !disturbed {
      add(line, "the solution does not lead to the goal: \(state)")
    } else if problems.last?.line != line {
      add(line, "after a mistyped command and an extra look the solution fails: \(state)")
    }
  }

  private mutating func prove(_ wrong: LessonMistake, _ index: Int) {
    guard let engine = begin(index) else { return }
    for line in wrong.commands { perform(line.text, engine) }
    if engine.isMet {
      add(wrong.line, "this 'wrong' leads to the goal")
    } else if !engine.said.contains(wrong.text) {
      add(
        wrong.line,
        "this 'wrong' does not show its text; write full command names, as the table has them")
    }
  }

  private mutating func proveLastHint(_ step: LessonStep, _ index: Int) {
    guard let hint = step.hints.last, let engine = begin(index) else { return }
    let commands = Self.codeSpans(hint.text)
    guard !commands.isEmpty else {
      add(hint.line, "the last hint gives no command in `…`")
      return
    }
    for command in commands where !engine.isMet { perform(command, engine) }
    if !engine.isMet {
      add(hint.line, "the last hint does not lead to the goal: \(engine.stillUnmet)")
    }
  }

  /// What stands between backticks.
  static func codeSpans(_ text: String) -> [String] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().compactMap {
      $0.offset % 2 == 1 && !$0.element.trimmed.isEmpty ? String($0.element) : nil
    }
  }

  private mutating func begin(_ index: Int) -> ProofEngine? {
    do {
      try host.startFresh(backend: backend, seed: lesson.seed)
      return try ProofEngine(lesson, index, host)
    } catch let error as CommandError {
      if !problems.contains(where: { error.message.hasPrefix("\(lesson.file):\($0.line):") }) {
        add(place(error) ?? lesson.steps[index].line, error.message)
      }
    } catch {
      add(lesson.steps[index].line, "\(backend) cannot start: \(FileProblem.reason(of: error))")
    }
    return nil
  }

  /// The line that a set-up error names.
  private func place(_ error: CommandError) -> Int? {
    guard error.message.hasPrefix("\(lesson.file):") else { return nil }
    return Int(error.message.dropFirst(lesson.file.count + 1).prefix { $0.isNumber })
  }

  @discardableResult
  private func perform(_ line: String, _ engine: ProofEngine) -> CommandError? {
    engine.perform(line)
  }

  private mutating func add(_ line: Int, _ message: String) {
    let prefix = "\(lesson.file):\(line): "
    let bare = message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message
    let problem = FileProblem(file: lesson.file, line: line, message: "on \(backend): \(bare)")
    if !problems.contains(problem) { problems.append(problem) }
  }
}

/// An engine at the start of a step, and what it has said since.
private final class ProofEngine {
  private let engine: LessonEngine
  private let host: any CommandHost
  private(set) var said: [String] = []

  init(_ lesson: Lesson, _ index: Int, _ host: any CommandHost) throws {
    self.host = host
    engine = LessonEngine(
      library: LessonLibrary(), host: host, progress: LessonProgress(file: nil))
    _ = try engine.begin(lesson, index, continuing: false)
  }

  var isMet: Bool { engine.isMet }
  var holds: Bool { engine.current.map { engine.unmet($0).isEmpty } ?? false }

  var stillUnmet: String {
    guard let position = engine.current else { return "" }
    return engine.unmetText(position)?.replacing("\n", with: ", ")
      ?? "the answer is not the one wanted"
  }

  func perform(_ line: String) -> CommandError? {
    if let answer = LessonEngine.answerText(line) {
      do {
        said.append(try engine.answer(answer))
        return nil
      } catch {
        return error
      }
    }
    let result = host.execute(line.trimmed)
    said.append(engine.afterCommand(line, result).text)
    return result.error
  }
}

/// Reads a lesson file: front matter, then sections `## step-id: Title` with fenced blocks.
public struct LessonParser {
  /// The lesson, if nothing is wrong with the file.
  public private(set) var lesson: Lesson?
  /// Everything that is wrong with the file, in the order of its lines.
  public var problems: [FileProblem] { found.list.sorted { $0.line < $1.line } }

  private let file: String
  private let lines: [String]
  private var at = 0
  private var found: LessonProblems
  private var introduction: [String] = []
  private var steps: [LessonStep] = []
  private var prose: [String] = []

  /// The block kinds that a step may have.
  static let kinds = ["setup", "goal", "hint", "solution", "wrong", "question", "after"]
  private static let largestFile = 1 << 20

  /// Reads `text`; `file` names it in problems.
  public init(_ text: String, file: String) {
    self.file = file
    found = LessonProblems(file: file)
    guard text.utf8.count <= Self.largestFile else {
      lines = []
      found.add(1, "the file is larger than 1 MiB: that is no lesson")
      return
    }
    lines = text.fileLines
    parse()
  }

  /// Whether `text` can be the id of a lesson or step.
  static func isIdentifier(_ text: String) -> Bool {
    guard let first = text.utf8.first, first != UInt8(ascii: "-") else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }

  private mutating func parse() {
    guard let matter = parseFrontMatter() else { return }
    var fence: String?
    while at < lines.count {
      let line = lines[at]
      if let open = fence {
        if line.hasPrefix(open) { fence = nil }
        prose.append(line)
        at += 1
      } else if line.hasPrefix("```") {
        fence = "```"
        prose.append(line)
        at += 1
      } else if line.hasPrefix("## ") {
        startStep(line)
        at += 1
      } else if line.hasPrefix("~~~") {
        parseBlock()
      } else {
        prose.append(line)
        at += 1
      }
    }
    finishStep()
    if steps.isEmpty { found.add(lines.count, "the lesson has no step ('## step-id: Title')") }
    guard found.list.isEmpty else { return }
    lesson = Lesson(
      file: file, id: matter.id, title: matter.title, backend: matter.backend ?? .any,
      seed: matter.seed ?? 1, introduction: introduction.trimmedText, steps: steps)
  }

  private mutating func parseFrontMatter() -> LessonFrontMatter? {
    guard lines.first == "---" else {
      found.add(1, "a lesson begins with front matter between two '---' lines")
      return nil
    }
    guard let end = lines.dropFirst().firstIndex(of: "---") else {
      found.add(1, "the front matter has no closing '---'")
      return nil
    }
    at = end + 1
    switch LessonFrontMatter.parse(Array(lines[1..<end]), file: file, firstLine: 2) {
    case .success(let matter): return matter
    case .failure(let problems):
      found.add(problems)
      return nil
    }
  }

  private mutating func startStep(_ heading: String) {
    finishStep()
    let parts = heading.dropFirst(3).split(separator: ":", maxSplits: 1)
    let id = parts.first.map { $0.trimmed } ?? ""
    let title = parts.count > 1 ? parts[1].trimmed : ""
    if !Self.isIdentifier(id) || title.isEmpty {
      found.add(at + 1, "a step begins with '## step-id: Title', the id in small letters")
    } else if let earlier = steps.first(where: { $0.id == id }) {
      found.add(at + 1, "step id '\(id)' stands already in line \(earlier.line)")
    }
    steps.append(LessonStep(id: id, title: title, line: at + 1))
  }

  private mutating func finishStep() {
    defer { prose = [] }
    guard !steps.isEmpty else {
      introduction = prose
      return
    }
    var step = steps.removeLast()
    step.prose = prose.trimmedText
    checkWhole(step)
    steps.append(step)
  }

  private mutating func checkWhole(_ step: LessonStep) {
    if step.goals.isEmpty { found.add(step.line, "step '\(step.id)' has no goal") }
    if step.hints.isEmpty { found.add(step.line, "step '\(step.id)' has no hint") }
    if step.solution.isEmpty { found.add(step.line, "step '\(step.id)' has no solution") }
    let asked = step.goals.first { $0.path == LessonGoal.answerPath }
    if let question = step.question, asked == nil {
      found.add(question.line, "the question has no goal 'answer == …'")
    }
    if let asked, step.question == nil {
      found.add(asked.line, "the goal wants an answer, but the step has no question")
    }
    if let question = step.question, let asked { check(asked, of: question) }
  }

  /// A wanted answer must be one that can be given.
  private mutating func check(_ asked: LessonGoal, of question: LessonQuestion) {
    switch asked.literal {
    case .number where question.choices.isEmpty: break
    case .string(let letter) where question.choices.contains { $0.letter == letter }: break
    default:
      found.add(
        asked.line,
        question.choices.isEmpty
          ? "a question without choices wants a number" : "no choice of the question is that")
    }
  }

  private mutating func parseBlock() {
    let opening = at + 1
    let info = lines[at].dropFirst(3).trimmed
    at += 1
    var body: [SourceLine] = []
    while at < lines.count, lines[at] != "~~~" {
      body.append(SourceLine(text: lines[at], line: at + 1))
      at += 1
    }
    if at < lines.count {
      at += 1
    } else {
      found.add(opening, "this block has no closing '~~~'")
      return
    }
    guard !steps.isEmpty else {
      found.add(opening, "a block stands in a step, after its '## step-id: Title'")
      return
    }
    var step = steps.removeLast()
    addBlock(info, body, opening, to: &step)
    steps.append(step)
  }

  private mutating func addBlock(
    _ info: String, _ body: [SourceLine], _ line: Int, to step: inout LessonStep
  ) {
    let kind = String(info.prefix { !$0.isWhitespace })
    let rest = info.dropFirst(kind.count).trimmed
    guard Self.kinds.contains(kind) else {
      found.add(
        line, "unknown block '\(kind)'; known are \(Self.kinds.joined(separator: ", "))")
      return
    }
    if kind != "wrong", !rest.isEmpty {
      found.add(line, "nothing may follow '~~~\(kind)'")
    }
    let commands = body.filter { !$0.text.trimmed.isEmpty && !$0.text.trimmed.hasPrefix("#") }
    let text = body.map(\.text).trimmedText
    if kind == "setup" || kind == "solution" || kind == "wrong" || kind == "goal" {
      if commands.isEmpty { found.add(line, "the block '\(kind)' is empty") }
    } else if text.isEmpty {
      found.add(line, "the block '\(kind)' is empty")
    }
    switch kind {
    case "setup": once(step.setup == nil, kind, line) { step.setup = commands }
    case "solution": once(step.solution.isEmpty, kind, line) { step.solution = commands }
    case "after": once(step.after.isEmpty, kind, line) { step.after = text }
    case "hint": step.hints.append(SourceText(text: text, line: line))
    case "goal": step.goals += commands.compactMap { parseGoal($0) }
    case "question":
      let question = parseQuestion(body, line)
      once(step.question == nil, kind, line) { step.question = question }
    default: addMistake(rest, commands, line, to: &step)
    }
  }

  private mutating func once(_ isFirst: Bool, _ kind: String, _ line: Int, _ set: () -> Void) {
    if isFirst { set() } else { found.add(line, "a step has one block '\(kind)'; this is another") }
  }

  private mutating func addMistake(
    _ quoted: String, _ commands: [SourceLine], _ line: Int, to step: inout LessonStep
  ) {
    guard quoted.count > 2, let text = LessonGoal.Literal.quoted(quoted) else {
      found.add(line, "write what to tell the learner: ~~~wrong \"text\"")
      return
    }
    step.wrongs.append(LessonMistake(text: text, line: line, commands: commands))
  }

  private mutating func parseGoal(_ source: SourceLine) -> LessonGoal? {
    switch LessonGoal.parse(source.text, line: source.line) {
    case .success(let goal): return goal
    case .failure(let problem):
      found.add(source.line, problem.message)
      return nil
    }
  }

  private mutating func parseQuestion(_ body: [SourceLine], _ line: Int) -> LessonQuestion {
    var question = LessonQuestion(line: line, text: "", choices: [])
    var text: [String] = []
    for source in body {
      let bare = source.text.trimmed
      if let letter = bare.first, bare.dropFirst().hasPrefix(") "), letter.isASCII,
        letter.isLowercase
      {
        if question.choices.contains(where: { $0.letter == String(letter) }) {
          found.add(source.line, "there are two choices '\(letter)'")
        }
        question.choices.append(.init(letter: String(letter), text: bare.dropFirst(3).trimmed))
      } else if question.choices.isEmpty {
        text.append(source.text)
      } else if !bare.isEmpty {
        found.add(source.line, "after the first choice only choices follow ('b) …')")
      }
    }
    question.text = text.trimmedText
    if question.choices.count == 1 { found.add(line, "a question with choices needs two or more") }
    return question
  }
}

import Testing

@testable import Shell

@Suite struct LessonParserTests {
  @Test func readsAWholeLesson() throws {
    let parser = LessonParser(counterLesson, file: "x.md")
    #expect(parser.problems == [])
    let lesson = try #require(parser.lesson)
    #expect(lesson.id == "counting")
    #expect(lesson.backend == .sim)
    #expect(lesson.seed == 1)
    #expect(lesson.introduction == "An introduction.")
    #expect(lesson.steps.map(\.id) == ["three", "which"])
    let step = lesson.steps[0]
    #expect(step.prose == "Prose with `code`.")
    #expect(step.setup?.map(\.text) == ["load counter"])
    #expect(step.goals.map(\.source) == ["count == 3", "loaded == true"])
    #expect(step.goals.map(\.line) == [15, 16])
    #expect(step.hints.map(\.text) == ["What adds one?", "Type `inc 3`."])
    #expect(step.solution.map(\.text) == ["inc", "inc 2"])
    #expect(step.wrongs.map(\.text) == ["That is one too many."])
    #expect(step.after == "Three it is.")
    #expect(lesson.steps[1].question?.choices.map(\.letter) == ["a", "b"])
  }

  @Test func readsLinesThatEndInCRLF() {
    let parser = LessonParser(counterLesson.replacing("\n", with: "\r\n"), file: "x.md")
    #expect(parser.problems == [])
    #expect(parser.lesson == LessonParser(counterLesson, file: "x.md").lesson)
  }

  @Test func takesHeadingsInCodeFencesAsProse() throws {
    let text = counterLesson.replacing("Prose with `code`.", with: "```\n## no: step\n~~~no\n```")
    let lesson = try #require(LessonParser(text, file: "x.md").lesson)
    #expect(lesson.steps.count == 2)
    #expect(lesson.steps[0].prose.contains("## no: step"))
  }

  /// What replaces what, the line of the problem, and a part of its message.
  static let slips: [(old: String, new: String, line: Int, part: String)] = [
    ("---\nformat", "----\nformat", 1, "begins with front matter"),
    ("backend: sim\n---", "backend: sim\n", 1, "no closing '---'"),
    ("backend: sim", "beckend: sim", 5, "unknown key 'beckend'"),
    ("backend: sim", "title: Again", 5, "stands already in line 4"),
    ("backend: sim", "backend: no", 5, "backend must be sim, kvm or any"),
    ("backend: sim", "backend", 5, "one 'key: value' a line"),
    ("backend: sim", "  nested: 1", 5, "unknown key"),
    ("format: 1", "format: 2", 2, "update ringside"),
    ("format: 1", "format: 0", 2, "no lesson format 0"),
    ("format: 1", "format: one", 2, "format must be a number"),
    ("format: 1\n", "", 2, "'format' is missing"),
    ("id: counting", "id: Counting!", 3, "is no id"),
    ("title: Counting", "title: [", 4, "plain text"),
    ("## three: Count to three", "## Three", 9, "a step begins with"),
    ("## which:", "## three:", 35, "stands already in line 9"),
    ("~~~after\nThree", "~~~afterwards\nThree", 31, "unknown block 'afterwards'"),
    ("~~~goal\ncount == 3\nloaded == true\n~~~\n", "", 9, "step 'three' has no goal"),
    ("~~~solution\ninc\ninc 2\n~~~\n", "", 9, "step 'three' has no solution"),
    ("~~~hint\nIt is `answer b`.\n~~~\n", "", 35, "step 'which' has no hint"),
    ("count == 3", "count = 3", 15, "after 'count' stands one of"),
    ("count == 3", "count == three", 15, "is no number"),
    ("count == 3", "count < \"3\"", 15, "compares numbers only"),
    ("count == 3", "== 3", 15, "begins with a path"),
    ("~~~wrong \"That is one too many.\"", "~~~wrong That", 28, "what to tell"),
    ("~~~wrong \"That is one too many.\"\ninc 4", "~~~wrong \"No\"", 28, "is empty"),
    ("~~~setup", "~~~setup now", 11, "nothing may follow"),
    ("~~~hint\nWhat adds one?", "~~~setup\nWhat", 18, "this is another"),
    ("Four.\n~~~", "Four.", 53, "no closing '~~~'"),
    ("An introduction.", "~~~hint\nEarly.\n~~~", 7, "a block stands in a step"),
    ("answer == \"b\"", "answer == \"c\"", 42, "no choice of the question is that"),
    ("answer == \"b\"", "count == 9", 36, "has no goal 'answer == …'"),
    ("loaded == true", "answer == 1", 16, "the step has no question"),
    ("b) four", "b four", 36, "two or more"),
    ("b) four", "a) four", 39, "two choices 'a'"),
  ]

  @Test(arguments: slips.indices) func saysWhereASlipIs(_ index: Int) {
    let slip = Self.slips[index]
    #expect(counterLesson.contains(slip.old), "the slip changes nothing")
    let text = counterLesson.replacing(slip.old, with: slip.new, maxReplacements: 1)
    let parser = LessonParser(text, file: "x.md")
    #expect(parser.lesson == nil)
    let places = parser.problems.map { "\($0)" }
    #expect(
      places.contains { $0.hasPrefix("x.md:\(slip.line): error: ") && $0.contains(slip.part) },
      "\(slip.part) at \(slip.line), but: \(places)")
  }

  @Test func tellsAllProblemsAtOnce() {
    let text = counterLesson.replacing("count == 3", with: "count").replacing(
      "~~~after\nFour", with: "~~~behind\nFour")
    #expect(LessonParser(text, file: "x.md").problems.count == 2)
  }

  @Test func takesNoAsAWord() throws {
    let text = counterLesson.replacing("title: Counting", with: "title: no")
    #expect(try #require(LessonParser(text, file: "x.md").lesson).title == "no")
  }

  @Test func survivesRandomBytes() {
    var random = SeededGenerator(state: 2)
    let pieces = [
      "---\n", "format: 1\n", "id: a\n", "title: [", "## a: B\n", "~~~goal\n", "~~~\n",
      "~~~wrong \"",
      "a) ", "```", "answer == ",
      "\"", "\r\n", "\\", "0x", "-", ": ", "{", "&a *a", "\u{301}", "é",
    ]
    var read = 0
    for _ in 0..<20_000 {
      var bytes: [UInt8] = Int.random(in: 0..<4, using: &random) == 0 ? [] : Array("---\n".utf8)
      for _ in 0..<Int.random(in: 0..<24, using: &random) {
        if Bool.random(using: &random), let piece = pieces.randomElement(using: &random) {
          bytes += Array(piece.utf8)
        } else {
          bytes.append(UInt8.random(in: 0...255, using: &random))
        }
      }
      let parser = LessonParser(String(decoding: bytes, as: UTF8.self), file: "x.md")
      // Either a lesson or a reason, never both and never neither.
      #expect((parser.lesson == nil) == !parser.problems.isEmpty)
      read += 1
    }
    #expect(read == 20_000)
  }

  @Test func survivesCutAndChangedLessons() {
    var random = SeededGenerator(state: 3)
    let bytes = Array(counterLesson.utf8)
    for _ in 0..<2000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        changed[Int.random(in: changed.indices, using: &random)] =
          UInt8.random(in: 0...255, using: &random)
      }
      changed.removeLast(Int.random(in: 0..<changed.count, using: &random))
      let parser = LessonParser(String(decoding: changed, as: UTF8.self), file: "x.md")
      #expect((parser.lesson == nil) == !parser.problems.isEmpty)
    }
  }
}

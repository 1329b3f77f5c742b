import Testing

@testable import Shell

@Suite struct LessonCheckerTests {
  let host = CounterHost()

  func check(_ texts: String...) -> LessonChecker.Report {
    var library = LessonLibrary()
    for (index, text) in texts.enumerated() {
      library.add(LessonParser(text, file: "lesson\(index + 1).md"))
    }
    return LessonChecker(host: host).check(library)
  }

  /// The problem that one change to the good lesson makes.
  func problem(_ old: String, _ new: String) -> String {
    #expect(counterLesson.contains(old), "the slip changes nothing")
    let report = check(counterLesson.replacing(old, with: new, maxReplacements: 1))
    #expect(!report.isSuccess)
    return report.problems.map { "\($0)" }.joined(separator: "\n")
  }

  @Test func aGoodLessonPasses() {
    let report = check(counterLesson)
    #expect(report.problems == [])
    #expect(report.passed == ["counting on sim: 2 steps hold"])
    #expect(report.isSuccess)
  }

  @Test func bothBackendsAreTriedForAny() {
    let text = counterLesson.replacing("backend: sim", with: "backend: any")
    let one = check(text)
    #expect(one.passed == ["counting on sim: 2 steps hold"])
    #expect(one.skipped == ["counting on kvm: skipped: no /dev/kvm here"])
    host.hasKVM = true
    #expect(check(text).passed.count == 2)
  }

  @Test func malformedFilesFail() {
    #expect(problem("~~~after\nThree", "~~~later\nThree").contains("lesson1.md:31: error: unknown"))
  }

  @Test func idsAreUnique() {
    let report = check(counterLesson, counterLesson)
    #expect(report.problems.map { "\($0)" }.joined().contains("already used by lesson1.md"))
  }

  @Test func theGoalIsFalseAfterTheSetUp() {
    let text = problem("load counter", "load counter\ninc 3")
    #expect(text.contains("lesson1.md:16: error: on sim: the goal holds already"))
  }

  @Test func theSetUpMayNotFail() {
    let text = problem("load counter", "break")
    #expect(text.contains("lesson1.md:12: error: on sim: the set-up failed at 'break'"))
  }

  @Test func theSolutionLeadsToTheGoal() {
    let text = problem("inc\ninc 2", "inc\ninc 1")
    #expect(text.contains("lesson1.md:25: error: on sim: the solution does not lead to the goal"))
    #expect(text.contains("want count == 3, have count: 2"))
  }

  @Test func theSolutionMayNotFail() {
    let text = problem("inc\ninc 2", "inc 3x\nbreak\ninc 2")
    #expect(text.contains("lesson1.md:26: error: on sim: the solution failed at 'break'"))
  }

  @Test func aWrongMayNotLeadToTheGoal() {
    let text = problem("inc 4", "inc 3")
    #expect(text.contains("lesson1.md:28: error: on sim: this 'wrong' leads to the goal"))
  }

  @Test func aWrongShowsItsText() {
    let text = problem("inc 4", "i 4")
    #expect(text.contains("lesson1.md:28: error: on sim: this 'wrong' does not show its text"))
  }

  @Test func theLastHintGivesACommand() {
    let text = problem("Type `inc 3`.", "Count.")
    #expect(text.contains("lesson1.md:21: error: on sim: the last hint gives no command"))
  }

  @Test func theLastHintLeadsToTheGoal() {
    let text = problem("Type `inc 3`.", "Type `inc 2`.")
    #expect(text.contains("lesson1.md:21: error: on sim: the last hint does not lead to the goal"))
  }

  @Test func theSolutionBearsAMistypedCommand() {
    let fragile = FragileHost()
    var library = LessonLibrary()
    library.add(LessonParser(counterLesson, file: "lesson1.md"))
    let text = LessonChecker(host: fragile).check(library).problems.map { "\($0)" }.joined()
    #expect(text.contains("lesson1.md:25: error: on sim: after a mistyped command"))
  }

  @Test func theExtraLookMayNotFail() {
    let checker = LessonChecker(host: host, look: "bogus")
    let text = checker.check(library(counterLesson)).problems.map { "\($0)" }.joined()
    #expect(text.contains("lesson1.md:25: error: on sim: the extra look 'bogus' failed"))
  }

  @Test func noLessonsAreNoSuccess() {
    #expect(!check().isSuccess)
    #expect(check().lines.count == 1)
  }

  /// Counts mistyped commands too, as no shell should.
  final class FragileHost: CommandHost {
    let inner = CounterHost()
    var backendName: String { inner.backendName }

    func execute(_ line: String) -> CommandResult {
      let result = inner.execute(line)
      if result.error != nil { inner.count += 10 }
      return result
    }
    func value(of path: String) -> JSON? { inner.value(of: path) }
    func saveState() throws -> any Sendable { try inner.saveState() }
    func restoreState(_ state: any Sendable) throws { try inner.restoreState(state) }
    func startFresh(backend: String, seed: UInt64) throws {
      try inner.startFresh(backend: backend, seed: seed)
    }
    func interruptAfter(instructions: UInt64) throws {}
    func interruptAfter(milliseconds: UInt32) throws {}
  }
}

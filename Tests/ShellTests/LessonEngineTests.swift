import Testing

@testable import Shell

@Suite struct LessonEngineTests {
  let host = CounterHost()
  let progress = LessonProgress(file: nil)
  let engine: LessonEngine

  init() {
    engine = LessonEngine(library: library(counterLesson), host: host, progress: progress)
  }

  @discardableResult
  func type(_ line: String) -> LessonReply { engine.afterCommand(line, host.execute(line)) }

  func record(_ step: String) -> LessonRecord { progress.record(lesson: "counting", step: step) }

  @Test func beginsWithTheSetUpAndNamesTheStepInThePrompt() throws {
    #expect(engine.prompt == nil)
    let text = try engine.start("counting")
    #expect(host.name == "counter")
    #expect(engine.prompt == "lesson counting 1/2> ")
    #expect(text.contains("An introduction.") && text.contains("Step 1 of 2: Count to three"))
    #expect(text.contains("load counter") && text.contains("count == 3"))
  }

  @Test func anyRoadToTheGoalCounts() throws {
    _ = try engine.start("counting")
    #expect(type("inc 5").text == "want count == 3\nhave count: 5")
    #expect(type("info").text == "")
    let met = type("inc -2").text
    #expect(met.contains("Done: Count to three.") && met.contains("Three it is."))
    #expect(met.contains("lesson next"))
    #expect(record("three").isSolved && !record("three").isRevealed)
    #expect(type("inc").text == "")
  }

  @Test func tellsAboutTheKnownMistakeByAnyNameOfTheCommand() throws {
    _ = try engine.start("counting")
    #expect(type("i  4").text == "That is one too many.")
  }

  @Test(arguments: [
    ("si  4", "stepi", "stepi 4"), ("stepi", "stepi", "stepi"), ("x/8xb 0", "x", "x/8xb 0"),
    ("regs control", "info registers", "info registers control"),
    ("inf reg control", "info registers", "info registers control"),
    ("info registers", "info registers", "info registers"), ("", "", ""),
  ]) func commandsAreKnownByTheirFullNames(_ line: String, _ command: String, _ normal: String) {
    #expect(LessonEngine.normal(line, command: command) == normal)
  }

  @Test func aMistypedCommandIsNoAttempt() throws {
    _ = try engine.start("counting")
    #expect(type("nonsense").text == "")
    #expect(type("inc 4").text == "That is one too many.")
  }

  @Test func hintsComeOneAtATime() throws {
    _ = try engine.start("counting")
    #expect(try engine.hint() == "Hint 1 of 2: What adds one?")
    #expect(try engine.hint() == "Hint 2 of 2: Type `inc 3`.")
    #expect(try engine.hint().contains("lesson solution"))
  }

  @Test func theSolutionIsPutIntoTheLineAndCountsAsRevealed() throws {
    _ = try engine.start("counting")
    let first = try engine.solution()
    #expect(first.preset == "inc")
    #expect(host.count == 0)
    #expect(type("inc").preset == "inc 2")
    let last = type("inc 2")
    #expect(last.preset == nil && last.text.contains("Done"))
    #expect(record("three").isRevealed && !record("three").isSolved)
  }

  @Test func resetGoesBackToTheStepsStart() throws {
    _ = try engine.start("counting")
    type("inc 5")
    host.executed = []
    #expect(try engine.reset().contains("Back at the start"))
    #expect(host.count == 0 && host.name == "counter")
    #expect(host.executed == [])
    #expect(record("three").attempts == 2)
  }

  @Test func resetWorksWhereNoStateCanBeKept() throws {
    host.canSave = false
    _ = try engine.start("counting")
    type("inc 5")
    _ = try engine.reset()
    #expect(host.count == 0 && host.name == "counter")
  }

  @Test func questionsAreAnswered() throws {
    _ = try engine.start("counting")
    #expect(!engine.isAnswer("b"))
    #expect(throws: CommandError.self) { try engine.answer("b") }
    type("inc 3")
    let text = try engine.next()
    #expect(text.contains("a) two") && text.contains("b) four"))
    #expect(!text.contains("answer =="))
    #expect(engine.isAnswer("b") && engine.isAnswer("A)") && !engine.isAnswer("c"))
    #expect(try engine.answer("a") == "Two comes before.")
    #expect(throws: CommandError.self) { try engine.answer("z") }
    #expect(try engine.answer("b").contains("Four."))
    #expect(record("which").isSolved && record("which").attempts == 2)
    #expect(try engine.next().contains("2 solved, 0 revealed, 0 skipped"))
    #expect(engine.prompt == nil)
  }

  @Test func aQuestionMayWantANumber() throws {
    let text = counterLesson.replacing("a) two\nb) four\n", with: "").replacing(
      "answer == \"b\"", with: "answer == 16")
    let engine = LessonEngine(library: library(text), host: host, progress: progress)
    _ = try engine.start("counting")
    _ = try engine.goTo("which")
    #expect(engine.isAnswer("15") && !engine.isAnswer("inc"))
    #expect(try engine.answer("15") == "No, not 15. `lesson hint` helps.")
    #expect(try engine.answer("0x10").contains("Done"))
  }

  @Test func whatIsLeftUnmetIsSkipped() throws {
    _ = try engine.start("counting")
    let text = try engine.next()
    #expect(text.contains("Skipped: Count to three."))
    #expect(record("three").isSkipped && !record("three").isSolved)
    // The step without a set-up begins where the skipped one's solution ends.
    #expect(host.count == 3 && host.name == "counter")
    #expect(engine.prompt == "lesson counting 2/2> ")
  }

  @Test func aStepThatHoldsAlreadyIsDoneAtOnce() throws {
    let more = """
      ## loaded: Have it loaded
      ~~~goal
      loaded == true
      ~~~
      ~~~hint
      `load x`
      ~~~
      ~~~solution
      load x
      ~~~

      ## which:
      """
    let engine = LessonEngine(
      library: library(counterLesson.replacing("## which:", with: more)), host: host,
      progress: progress)
    _ = try engine.start("counting")
    _ = engine.afterCommand("inc 3", host.execute("inc 3"))
    #expect(try engine.next().contains("Done: Have it loaded."))
    #expect(engine.isMet && record("loaded").isSolved)
  }

  @Test func goesToAStepByNameOrNumber() throws {
    _ = try engine.start("counting")
    _ = try engine.goTo("2")
    #expect(host.count == 3)
    _ = try engine.goTo("three")
    #expect(host.count == 0 && engine.prompt == "lesson counting 1/2> ")
    #expect(throws: CommandError.self) { try engine.goTo("four") }
    #expect(throws: CommandError.self) { try engine.goTo("\(Int.min)") }
  }

  @Test func goesOnWhereTheLearnerWas() throws {
    _ = try engine.start("counting")
    type("inc 3")
    #expect(try engine.quit().contains("1 solved"))
    #expect(engine.prompt == nil)
    #expect(try engine.start("count").contains("finished 1 of 2"))
    #expect(engine.prompt == "lesson counting 2/2> ")
  }

  @Test func outsideALessonItSaysSo() {
    #expect(type("inc").text == "")
    #expect(throws: CommandError.self) { try engine.hint() }
    #expect(throws: CommandError.self) { try engine.start("nothing") }
    #expect(engine.list().contains("counting  0/2  Counting"))
  }

  @Test func aBackendThatIsMissingIsNamed() {
    let engine = LessonEngine(
      library: library(counterLesson.replacing("backend: sim", with: "backend: kvm")), host: host,
      progress: progress)
    let error = #expect(throws: CommandError.self) { try engine.start("counting") }
    #expect(error?.message.contains("no /dev/kvm here") == true)
  }

  @Test func aSetUpThatFailsNamesItsLine() {
    let engine = LessonEngine(
      library: library(counterLesson.replacing("load counter", with: "break")), host: host,
      progress: progress)
    let error = #expect(throws: CommandError.self) { try engine.start("counting") }
    #expect(error?.message.contains("lesson1.md:12:") == true)
  }
}

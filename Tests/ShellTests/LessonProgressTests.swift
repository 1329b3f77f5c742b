import Foundation
import Testing

@testable import Shell

@Suite final class LessonProgressTests {
  let folder = NSTemporaryDirectory() + "ringside-progress-\(UUID().uuidString)"
  var file: String { folder + "/state/lessons.progress" }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func write(_ bytes: [UInt8]) throws {
    try FileManager.default.createDirectory(
      atPath: folder + "/state", withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
  }

  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder + "/state").sorted()
  }

  @Test func keepsWhatItIsTold() throws {
    let progress = LessonProgress(file: file)
    progress.update(lesson: "a", step: "one") {
      $0.isSolved = true
      $0.attempts = 2
    }
    progress.update(lesson: "a", step: "two") { $0.isSkipped = true }
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(
      text == "# ringside lesson progress 1\na/one solved attempts=2\na/two skipped attempts=0\n")
    let again = LessonProgress(file: file)
    #expect(again.record(lesson: "a", step: "one").isSolved)
    #expect(again.record(lesson: "a", step: "one").attempts == 2)
    #expect(again.record(lesson: "a", step: "two").isSkipped)
    #expect(again.takeMessages() == [])
    // Replaced as a whole: nothing else is left in the folder.
    #expect(try names() == ["lessons.progress"])
  }

  @Test func twoShellsDoNotLoseEachOthersSteps() {
    let one = LessonProgress(file: file)
    let two = LessonProgress(file: file)
    one.update(lesson: "a", step: "one") { $0.isSolved = true }
    two.update(lesson: "a", step: "two") { $0.isSolved = true }
    let both = LessonProgress(file: file)
    #expect(both.record(lesson: "a", step: "one").isSolved)
    #expect(both.record(lesson: "a", step: "two").isSolved)
  }

  @Test func keepsADamagedFileAsideAndUsesWhatIsWhole() throws {
    let damaged = "# ringside lesson progress 1\na/one solved attempts=2\na/two sol"
    try write(Array(damaged.utf8))
    let progress = LessonProgress(file: file)
    #expect(progress.record(lesson: "a", step: "one").isSolved)
    #expect(!progress.record(lesson: "a", step: "two").isSolved)
    #expect(progress.takeMessages().first?.contains(".kept-1") == true)
    #expect(try String(contentsOfFile: file + ".kept-1", encoding: .utf8) == damaged)
    progress.update(lesson: "a", step: "two") { $0.isSolved = true }
    #expect(LessonProgress(file: file).takeMessages() == [])
  }

  @Test(arguments: [
    [0xff, 0xfe, 0x00], [], Array("solved\n".utf8), Array("a/b attempts=-1\n".utf8),
  ])
  func keepsAnyOtherContentAside(_ bytes: [UInt8]) throws {
    try write(bytes)
    try write(bytes)
    _ = LessonProgress(file: file)
    let kept = FileManager.default.contents(atPath: file + ".kept-1")
    #expect(kept == Data(bytes))
    try write(bytes)
    _ = LessonProgress(file: file)
    #expect(FileManager.default.contents(atPath: file + ".kept-2") == Data(bytes))
  }

  @Test func doesNotTouchWhatItCannotRead() throws {
    // A folder in the file's place cannot be read as a file, not even by root.
    try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
    let progress = LessonProgress(file: file)
    #expect(progress.takeMessages().count == 1)
    progress.update(lesson: "a", step: "one") { $0.isSolved = true }
    #expect(progress.record(lesson: "a", step: "one").isSolved)
    #expect(try names() == ["lessons.progress"])
  }

  @Test func goesOnWhereNothingCanBeWritten() {
    let progress = LessonProgress(file: "/proc/no-such-folder/lessons.progress")
    progress.update(lesson: "a", step: "one") { $0.isSolved = true }
    #expect(progress.takeMessages().count == 1)
    progress.update(lesson: "a", step: "two") { $0.isSolved = true }
    #expect(progress.takeMessages() == [])
    #expect(progress.record(lesson: "a", step: "one").isSolved)
  }

  @Test func standsWhereXDGSays() {
    let home = ["HOME": "/home/x"]
    #expect(
      LessonProgress.defaultFile(environment: home)
        == "/home/x/.local/state/ringside/lessons.progress")
    #expect(
      LessonProgress.defaultFile(environment: ["HOME": "/home/x", "XDG_STATE_HOME": "/s"])
        == "/s/ringside/lessons.progress")
    #expect(
      LessonProgress.defaultFile(environment: ["HOME": "/home/x", "XDG_STATE_HOME": "s"])
        == "/home/x/.local/state/ringside/lessons.progress")
    #expect(LessonProgress.defaultFile(environment: [:]) == nil)
  }
}

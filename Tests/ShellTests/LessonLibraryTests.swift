import Foundation
import Testing

@testable import Shell

@Suite final class LessonLibraryTests {
  let folder = NSTemporaryDirectory() + "ringside-library-\(UUID().uuidString)"

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func write(_ name: String, _ text: String) throws {
    let url = URL(fileURLWithPath: folder + "/" + name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  @Test func readsAFolderInTheOrderOfItsNames() throws {
    try write("lessons/02-b.md", counterLesson.replacing("id: counting", with: "id: b"))
    try write("lessons/01-a.md", counterLesson.replacing("id: counting", with: "id: a"))
    try write("lessons/03-bad.md", "nothing")
    try write("lessons/note.txt", "nothing")
    let library = LessonLibrary(paths: [folder + "/lessons"])
    #expect(library.lessons.map(\.id) == ["a", "b"])
    #expect(library.problems.map(\.line) == [1])
    #expect(library.problems[0].file.hasSuffix("03-bad.md"))
  }

  @Test func theRepositorysLessonsAreWellFormed() {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let library = LessonLibrary(paths: [root.path + "/lessons"])
    #expect(library.problems == [])
    #expect(library.lessons.map(\.id) == ["first-exit", "vmcs-anatomy", "entry-fails"])
    #expect(library.lessons.allSatisfy { (4...6).contains($0.steps.count) })
  }

  @Test func saysWhatItCannotRead() throws {
    let library = LessonLibrary(paths: [folder + "/none.md"])
    #expect(library.problems.count == 1)
  }

  @Test func refusesTheSameIDTwice() {
    let twice = library(counterLesson, counterLesson)
    #expect(twice.lessons.count == 1)
    #expect(twice.problems.map(\.file) == ["lesson2.md"])
  }

  @Test func findsTheFolder() throws {
    try write("clone/lessons/a.md", counterLesson)
    try write("clone/.build/release/ringside", "")
    try write("here/lessons/a.md", counterLesson)
    let program = folder + "/clone/.build/release/ringside"
    func find(_ environment: [String: String], _ working: String) -> String? {
      LessonLibrary.findFolder(
        environment: environment, workingFolder: folder + working, program: program)
    }
    #expect(find(["RINGSIDE_LESSONS": "/l"], "/here") == "/l")
    #expect(find([:], "/here") == folder + "/here/lessons")
    #expect(find([:], "/nowhere") == folder + "/clone/lessons")
    #expect(
      LessonLibrary.findFolder(environment: [:], workingFolder: folder, program: nil) == nil)
  }
}

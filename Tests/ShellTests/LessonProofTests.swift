import Testing

@testable import Shell

/// The lessons of the repository, proved in a real session.
@Suite struct LessonProofTests {
  @Test(arguments: ["01-first-exit", "02-anatomy-of-the-vmcs", "03-why-entry-fails"])
  func itCanBeFollowedAsItIsWritten(_ file: String) throws {
    let library = LessonLibrary(paths: [RepositoryFiles.path("lessons/\(file).md")])
    let report = LessonChecker(host: SessionHost(options: SessionOptions())).check(library)
    for line in report.skipped { print(line) }
    #expect(report.problems.map(\.description) == [])
    let lesson = try #require(library.lessons.first)
    let backends = lesson.backend.names
    #expect(report.passed.count + report.skipped.count == backends.count)
    #expect(report.skipped.allSatisfy { $0.contains("on kvm: skipped: ") })
    if backends.contains("sim") { #expect(report.passed.contains { $0.contains(" on sim: ") }) }
  }

  @Test func everyLessonIsProved() throws {
    let all = LessonLibrary(paths: [RepositoryFiles.path("lessons")])
    #expect(all.lessons.count == 3)
  }
}

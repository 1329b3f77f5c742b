import Foundation

/// The lessons of a folder, in the order of their file names.
public struct LessonLibrary: Sendable {
  public private(set) var lessons: [Lesson] = []
  /// What is wrong with files; the other lessons work all the same.
  public private(set) var problems: [FileProblem] = []
  /// The folder; empty if there is none.
  public private(set) var folder = ""

  public init() {}

  /// Reads the given files, and all `*.md` files of given folders.
  public init(paths: [String]) {
    for path in paths {
      for file in Self.files(at: path) { read(file) }
    }
  }

  /// Reads the folder that `findFolder` finds.
  public static func installed(environment: [String: String]) -> LessonLibrary {
    guard let folder = findFolder(environment: environment) else { return LessonLibrary() }
    var library = LessonLibrary(paths: [folder])
    library.folder = folder
    return library
  }

  /// `$RINGSIDE_LESSONS`; else `lessons` in the working folder; else the nearest `lessons` upwards
  /// from the program's own file, so that a build in a clone finds the clone's lessons.
  public static func findFolder(
    environment: [String: String],
    workingFolder: String = FileManager.default.currentDirectoryPath,
    program: String? = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  ) -> String? {
    if let given = environment["RINGSIDE_LESSONS"], !given.isEmpty { return given }
    if hasLessons(workingFolder + "/lessons") { return workingFolder + "/lessons" }
    var folder = (program ?? "") as NSString
    while folder.length > 1 {
      folder = folder.deletingLastPathComponent as NSString
      let candidate = folder.appendingPathComponent("lessons")
      if hasLessons(candidate) { return candidate }
    }
    return nil
  }

  public func lesson(_ id: String) -> Lesson? { lessons.first { $0.id == id } }

  private static func hasLessons(_ folder: String) -> Bool {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
    return names?.contains { $0.hasSuffix(".md") } ?? false
  }

  private static func files(at path: String) -> [String] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      return [path]
    }
    return names.filter { $0.hasSuffix(".md") && $0 != "README.md" }.sorted().map {
      (path as NSString).appendingPathComponent($0)
    }
  }

  private mutating func read(_ file: String) {
    guard let bytes = FileManager.default.contents(atPath: file) else {
      problems.append(FileProblem(file: file, line: 1, message: "there is no such file to read"))
      return
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      problems.append(FileProblem(file: file, line: 1, message: "the file is not UTF-8 text"))
      return
    }
    add(LessonParser(text, file: file))
  }

  /// Adds what a parser has read.
  public mutating func add(_ parsed: LessonParser) {
    problems += parsed.problems
    guard let lesson = parsed.lesson else { return }
    if let other = self.lesson(lesson.id) {
      problems.append(
        FileProblem(
          file: lesson.file, line: 1,
          message: "lesson id '\(lesson.id)' is already used by \(other.file)"))
    } else {
      lessons.append(lesson)
    }
  }
}

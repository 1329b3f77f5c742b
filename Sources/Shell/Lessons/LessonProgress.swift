import Foundation

/// How far a learner is with one step.
public struct LessonRecord: Sendable, Equatable {
  /// Met without being shown the solution.
  public var isSolved = false
  /// The solution was shown.
  public var isRevealed = false
  /// Left behind unmet.
  public var isSkipped = false
  /// How often the step was begun (also by `reset`) or its question answered.
  public var attempts = 0

  public init() {}

  /// Nothing more to do here.
  public var isFinished: Bool { isSolved || isRevealed }
}

/// The learner's progress: a plain text file, one step a line, replaced as a whole.
///
///     # ringside lesson progress 1
///     first-exit/make-it-exit solved attempts=2
///
/// A file that cannot be understood is kept aside under another name; lines that can be are used.
public final class LessonProgress {
  /// nil: progress is kept in memory only.
  public let file: String?
  /// What people should be told; empty after it was read.
  private var messages: [String] = []
  private var records: [String: LessonRecord] = [:]
  /// Reading failed in a way that makes writing dangerous, or writing failed.
  private var isDetached = false
  private static let heading = "# ringside lesson progress 1"
  private static let largestFile = 4 << 20

  /// Progress in `file`, or in memory only.
  public init(file: String?) {
    self.file = file
    load()
  }

  /// `$XDG_STATE_HOME/ringside/lessons.progress`, by default below `~/.local/state`; nil without a
  /// home folder. XDG Base Directory Specification: a relative path counts as unset.
  public static func defaultFile(environment: [String: String]) -> String? {
    let name = "/ringside/lessons.progress"
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + name }
    if let home = environment["HOME"], home.hasPrefix("/") { return home + "/.local/state" + name }
    return nil
  }

  /// The record of a step; an empty one if there is none.
  public func record(lesson: String, step: String) -> LessonRecord {
    records["\(lesson)/\(step)"] ?? LessonRecord()
  }

  /// Changes the record of a step and replaces the file, with what another shell wrote meanwhile.
  public func update(lesson: String, step: String, _ change: (inout LessonRecord) -> Void) {
    load()
    change(&records["\(lesson)/\(step)", default: LessonRecord()])
    save()
  }

  /// What went wrong since the last call, for people.
  public func takeMessages() -> [String] {
    defer { messages = [] }
    return messages
  }

  private func load() {
    guard let file, !isDetached, FileManager.default.fileExists(atPath: file) else { return }
    guard let bytes = FileManager.default.contents(atPath: file) else {
      detach(
        "the lesson progress in \(file) cannot be read; it stays as it is, and this session's "
          + "progress is not kept")
      return
    }
    let text = bytes.count <= Self.largestFile ? String(validating: bytes, as: UTF8.self) : nil
    let (read, isWhole) = Self.parse(text ?? "")
    records.merge(read) { _, new in new }
    if !isWhole { keepAside(file) }
  }

  /// The records of all lines that are well formed, and whether that is every line.
  static func parse(_ text: String) -> (records: [String: LessonRecord], isWhole: Bool) {
    let lines = text.fileLines
    var records: [String: LessonRecord] = [:]
    var isWhole = lines.first == heading
    for line in lines where !line.isEmpty && !line.hasPrefix("#") {
      if let (key, record) = parseLine(line) { records[key] = record } else { isWhole = false }
    }
    return (records, isWhole)
  }

  private static func parseLine(_ line: String) -> (String, LessonRecord)? {
    let words = line.split(separator: " ").map(String.init)
    let ids = words.first?.split(separator: "/", omittingEmptySubsequences: false) ?? []
    guard let key = words.first, ids.count == 2,
      ids.allSatisfy({ LessonParser.isIdentifier(String($0)) })
    else { return nil }
    var record = LessonRecord()
    for word in words.dropFirst() {
      switch word {
      case "solved": record.isSolved = true
      case "revealed": record.isRevealed = true
      case "skipped": record.isSkipped = true
      case _ where word.hasPrefix("attempts="):
        guard let count = Int(word.dropFirst(9)), count >= 0 else { return nil }
        record.attempts = count
      default: return nil
      }
    }
    return (key, record)
  }

  private func save() {
    guard let file, !isDetached else { return }
    var lines = [Self.heading]
    for (key, record) in records.sorted(by: { $0.key < $1.key }) {
      var words = [key]
      if record.isSolved { words.append("solved") }
      if record.isRevealed { words.append("revealed") }
      if record.isSkipped { words.append("skipped") }
      words.append("attempts=\(record.attempts)")
      lines.append(words.joined(separator: " "))
    }
    do {
      let folder = (file as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      // A new file that takes the old one's name: a crash leaves one or the other, whole.
      let text = lines.joined(separator: "\n") + "\n"
      try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    } catch {
      detach("the lesson progress cannot be written to \(file): \(Self.reason(error))")
    }
  }

  private func keepAside(_ file: String) {
    for number in 1...999 {
      let aside = "\(file).kept-\(number)"
      if FileManager.default.fileExists(atPath: aside) { continue }
      do {
        try FileManager.default.moveItem(atPath: file, toPath: aside)
        messages.append(
          "the lesson progress in \(file) is damaged; it is kept as \(aside), and what could be "
            + "read of it still counts")
        save()
      } catch {
        detach(
          "the lesson progress in \(file) is damaged and cannot be moved aside; it stays as "
            + "it is, and this session's progress is not kept")
      }
      return
    }
    detach(
      "the lesson progress in \(file) is damaged, and 999 damaged copies stand beside it; "
        + "remove them")
  }

  private func detach(_ message: String) {
    isDetached = true
    messages.append(message)
  }

  private static func reason(_ error: any Error) -> String {
    let posix = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
    return (posix ?? error).localizedDescription
  }
}

import Yams

/// The keys between the two `---` lines. Decoded through Codable, so that `no` stays a word and
/// `010` is no octal number.
struct LessonFrontMatter: Codable, Equatable {
  var format: Int
  var id: String
  var title: String
  var backend: Lesson.Backend?
  var seed: UInt64?

  /// The newest lesson format that this program reads.
  static let newestFormat = 1
  private static let keys = ["format", "id", "title", "backend", "seed"]
  private static let longestLine = 400

  /// `lines` stand between the `---` lines; the first of them is line `firstLine` of `file`.
  static func parse(
    _ lines: [String], file: String, firstLine: Int
  ) -> Result<LessonFrontMatter, LessonProblems> {
    var problems = LessonProblems(file: file)
    let keyLines = checkKeys(lines, firstLine: firstLine, &problems)
    guard problems.list.isEmpty else { return .failure(problems) }
    do {
      let matter = try YAMLDecoder().decode(
        LessonFrontMatter.self, from: lines.joined(separator: "\n"))
      matter.check(keyLines, firstLine: firstLine, &problems)
      return problems.list.isEmpty ? .success(matter) : .failure(problems)
    } catch {
      let (line, message) = place(of: error, keyLines, firstLine: firstLine)
      problems.add(min(line, firstLine + max(lines.count, 1) - 1), message)
      return .failure(problems)
    }
  }

  /// One `key: value` a line and nothing nested: that keeps a hostile file from driving the YAML
  /// parser into deep recursion, and gives every key its line.
  private static func checkKeys(
    _ lines: [String], firstLine: Int, _ problems: inout LessonProblems
  ) -> [String: Int] {
    var keyLines: [String: Int] = [:]
    for (offset, line) in lines.enumerated() {
      let number = firstLine + offset
      let bare = line.drop { $0 == " " }
      if bare.isEmpty || bare.hasPrefix("#") { continue }
      guard line.utf8.count <= longestLine, let colon = line.firstIndex(of: ":") else {
        problems.add(number, "front matter is one 'key: value' a line")
        continue
      }
      let key = String(line[..<colon])
      guard keys.contains(key) else {
        problems.add(number, "unknown key '\(key)'; known are \(keys.joined(separator: ", "))")
        continue
      }
      let value = line[line.index(after: colon)...].trimmed
      if let first = value.first, "[{&*!|>%@".contains(first) {
        problems.add(number, "the value of '\(key)' must be plain text, or text in quotes")
      }
      if let earlier = keyLines.updateValue(number, forKey: key) {
        problems.add(number, "key '\(key)' stands already in line \(earlier)")
      }
    }
    for key in ["format", "id", "title"] where keyLines[key] == nil && problems.list.isEmpty {
      problems.add(firstLine, "key '\(key)' is missing from the front matter")
    }
    return keyLines
  }

  private func check(_ keyLines: [String: Int], firstLine: Int, _ problems: inout LessonProblems) {
    if format > Self.newestFormat {
      problems.add(
        keyLines["format"] ?? firstLine,
        "lesson format \(format) is newer than this program's \(Self.newestFormat): "
          + "update ringside")
    } else if format < 1 {
      problems.add(keyLines["format"] ?? firstLine, "there is no lesson format \(format)")
    }
    if !LessonParser.isIdentifier(id) {
      problems.add(
        keyLines["id"] ?? firstLine, "'\(id)' is no id: use small letters, digits and '-'")
    }
    if title.isEmpty { problems.add(keyLines["title"] ?? firstLine, "the title is empty") }
  }

  private static func place(
    of error: any Error, _ keyLines: [String: Int], firstLine: Int
  ) -> (line: Int, message: String) {
    switch error {
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.keyNotFound(_, let context):
      return place(of: context, keyLines, firstLine)
    case DecodingError.dataCorrupted(let context):
      if let inner = context.underlyingError as? YamlError {
        return place(of: inner, keyLines, firstLine: firstLine)
      }
      return place(of: context, keyLines, firstLine)
    case YamlError.scanner(_, let problem, let mark, _),
      YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      return (firstLine + max(mark.line, 1) - 1, "front matter: \(problem)")
    default:
      return (firstLine, "front matter is not readable: \(error)")
    }
  }

  private static func place(
    of context: DecodingError.Context, _ keyLines: [String: Int], _ firstLine: Int
  ) -> (line: Int, message: String) {
    let key = context.codingPath.first?.stringValue ?? ""
    let wanted = ["format": "a number", "seed": "a number from 0 on", "backend": "sim, kvm or any"]
    return (
      keyLines[key] ?? firstLine,
      key.isEmpty ? "front matter is not readable" : "\(key) must be \(wanted[key] ?? "text")"
    )
  }
}

/// Problems of one file, gathered while it is read.
struct LessonProblems: Error, Equatable {
  let file: String
  private(set) var list: [FileProblem] = []

  init(file: String) { self.file = file }

  mutating func add(_ line: Int, _ message: String) {
    list.append(FileProblem(file: file, line: line, message: message))
  }

  mutating func add(_ others: LessonProblems) { list += others.list }
}

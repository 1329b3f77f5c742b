/// Reads a transcript, format 1.
public struct TranscriptParser {
  /// The transcript, if nothing is wrong with the file.
  public private(set) var transcript: Transcript?
  public private(set) var problems: [FileProblem] = []

  private var result: Transcript
  private var entry: TranscriptEntry?
  /// Comments, empty lines and directives since the last prompt or output.
  private var leading: [String] = []
  private var interrupt: (when: TranscriptInterrupt, line: Int)?
  /// No output may follow: a status or a comment has ended it.
  private var isOutputOver = false
  private var captured: Set<String> = []

  /// Reads `text`; `file` names it in problems.
  public init(_ text: String, file: String) {
    result = Transcript(file: file)
    guard text.utf8.count <= Transcript.largestFile else {
      add(1, "the file is larger than 16 MiB: that is no transcript")
      return
    }
    let lines = text.fileLines
    guard checkFormat(lines.first ?? "") else { return }
    leading = [lines[0]]
    for (index, line) in lines.enumerated().dropFirst() { read(line, index + 1) }
    finishEntry()
    result.trailer = leading
    if let interrupt { add(interrupt.line, "no command follows this %key") }
    if problems.isEmpty { transcript = result }
  }

  private mutating func add(_ line: Int, _ message: String) {
    problems.append(FileProblem(file: result.file, line: line, message: message))
  }

  private mutating func checkFormat(_ line: String) -> Bool {
    let words = line.split(separator: " ")
    guard words.count == 2, words[0] == "%transcript", let format = Int(words[1]), format > 0 else {
      add(1, "a transcript begins with the line '%transcript \(Transcript.format)'")
      return false
    }
    guard format <= Transcript.format else {
      add(
        1,
        "transcript format \(format) is newer than this program's \(Transcript.format): "
          + "update ringside")
      return false
    }
    return true
  }

  private mutating func read(_ line: String, _ number: Int) {
    if line.hasPrefix(Transcript.prompt) {
      readPrompt(line, number)
    } else if line.hasPrefix("%") {
      readDirective(line, number)
      leading.append(line)
      isOutputOver = true
    } else if line.hasPrefix("#") {
      leading.append(line)
      isOutputOver = true
    } else if line.trimmed.isEmpty {
      leading.append("")
    } else if line.hasPrefix("?") {
      readStatus(line, number)
    } else {
      readOutput(line, number)
    }
  }

  private mutating func readPrompt(_ line: String, _ number: Int) {
    finishEntry()
    let command = line.dropFirst(Transcript.prompt.count)
    guard command.isEmpty || command.hasPrefix(" ") else {
      add(number, "a space follows '\(Transcript.prompt)'; output that begins so is written '\\…'")
      return
    }
    if result.entries.isEmpty {
      // What stands at the top belongs to the file; a comment or key just above to the command.
      let own = leading.reversed().prefix { $0.hasPrefix("%key") || $0.hasPrefix("#") }.count
      result.header = leading.dropLast(own)
      leading = leading.suffix(own)
    }
    entry = TranscriptEntry(
      leading: leading, command: command.trimmed, line: number, interrupt: interrupt?.when)
    leading = []
    interrupt = nil
    isOutputOver = false
  }

  private mutating func finishEntry() {
    if let entry { result.entries.append(entry) }
    entry = nil
  }

  private mutating func readStatus(_ line: String, _ number: Int) {
    let words = line.split(separator: " ")
    guard words.count == 2, words[0] == "?", let status = Int(words[1]), (0...255).contains(status)
    else {
      add(
        number, "an exit status is '? N', N from 0 to 255; output that begins with ? is written \\?"
      )
      return
    }
    guard entry != nil, !isOutputOver else {
      add(number, "an exit status stands once, right after a command's output")
      return
    }
    entry?.status = status
    leading = []
    isOutputOver = true
  }

  private mutating func readOutput(_ line: String, _ number: Int) {
    guard entry != nil else {
      add(number, "output stands before the first '\(Transcript.prompt) COMMAND'")
      return
    }
    guard !isOutputOver else {
      add(
        number,
        "output follows a comment, directive or status; begin an output line that starts with "
          + "#, % or ? with a backslash")
      return
    }
    takeBlankLines()
    let pattern = TranscriptPattern(line)
    captured.formUnion(pattern.captures)
    for name in pattern.reuses where !captured.contains(name) {
      add(number, "nothing is captured as '\(name)' before [=\(name)]")
    }
    entry?.expected.append(TranscriptLine(pattern: pattern, line: number))
  }

  /// Empty lines between two output lines are output.
  private mutating func takeBlankLines() {
    guard let line = entry.map({ $0.expected.last?.line ?? $0.line }) else { return }
    for offset in leading.indices {
      entry?.expected.append(
        TranscriptLine(pattern: TranscriptPattern(""), line: line + 1 + offset))
    }
    leading = []
  }

  private mutating func readDirective(_ line: String, _ number: Int) {
    let words = line.split(separator: " ").map(String.init)
    let isHeader = result.entries.isEmpty && entry == nil
    switch words.first {
    case "%key": readKey(words, number)
    case "%backend", "%seed", "%only-if", "%transcript":
      guard isHeader, words.first != "%transcript" else {
        add(number, "\(words[0]) stands once, before the first command")
        return
      }
      guard words.count == 2 else {
        add(number, "\(words[0]) is followed by one word")
        return
      }
      readHeader(words[0], words[1], number)
    default:
      add(
        number,
        "unknown directive '\(words.first ?? "%")'; output that begins with % is written \\%")
    }
  }

  private mutating func readHeader(_ name: String, _ value: String, _ number: Int) {
    switch name {
    case "%backend":
      guard value == "sim" || value == "kvm" else {
        add(number, "there is no backend '\(value)'; there are sim and kvm")
        return
      }
      result.backend = value
    case "%seed":
      guard let seed = UInt64(value) else {
        add(number, "a seed is a decimal number, not '\(value)'")
        return
      }
      result.seed = seed
    default:
      guard value == "kvm" else {
        add(number, "unknown condition '\(value)'; there is kvm")
        return
      }
      result.conditions.append(value)
    }
  }

  private mutating func readKey(_ words: [String], _ number: Int) {
    guard let when = Self.interrupt(words) else {
      add(
        number,
        "a key is '%key ^C at N', N a number of guest instructions, or '%key ^C after N ms'")
      return
    }
    if let interrupt { add(number, "line \(interrupt.line) has a %key for the same command") }
    interrupt = (when, number)
  }

  private static func interrupt(_ words: [String]) -> TranscriptInterrupt? {
    guard words.count >= 4, words[1] == "^C",
      let number = LessonGoal.Literal.number(words[3])
    else { return nil }
    switch (words[2], words.dropFirst(4)) {
    case ("at", []): return UInt64(exactly: number).map { .instructions($0) }
    case ("after", ["ms"]):
      guard let time = UInt32(exactly: number), time <= longestWait else { return nil }
      return .milliseconds(time)
    default: return nil
    }
  }

  /// Milliseconds.
  private static let longestWait = 10_000
}

/// A recorded session: commands with the output that each must have.
///
/// Format 1, one line each: `%` begins a directive, `ringside> ` a command, `? ` its exit status,
/// `#` a comment; everything else is output, with holes for what may vary. Empty lines before a
/// command, a comment or the end say nothing.
public struct Transcript: Sendable, Equatable {
  public var file: String
  public var backend = "sim"
  public var seed: UInt64 = 1
  /// What this computer must have, or else the transcript is skipped.
  public var conditions: [String] = []
  /// Lines before those that belong to the first command, as they are written.
  public var header: [String] = []
  public var entries: [TranscriptEntry] = []
  /// Lines after the last command's, as they are written.
  public var trailer: [String] = []

  static let format = 1
  static let prompt = "ringside>"
  static let largestFile = 16 << 20
}

/// One command with what must come of it.
public struct TranscriptEntry: Sendable, Equatable {
  /// Comments, empty lines and `%key` before the prompt, as they are written.
  public var leading: [String] = []
  public var command: String
  /// The line of the prompt.
  public var line: Int
  /// `%key ^C`: when the guest is stopped.
  public var interrupt: TranscriptInterrupt?
  public var expected: [TranscriptLine] = []
  /// 0, or what stands in the line `? N`.
  public var status = 0
}

/// When ^C stops a guest.
public enum TranscriptInterrupt: Sendable, Equatable {
  /// After so many of its instructions: exact.
  case instructions(UInt64)
  /// After so much time, where the backend counts no instructions.
  case milliseconds(UInt32)

  /// The directive's last words.
  var text: String {
    switch self {
    case .instructions(let count): "at \(count)"
    case .milliseconds(let time): "after \(time) ms"
    }
  }
}

/// One line of expected output.
public struct TranscriptLine: Sendable, Equatable {
  public var pattern: TranscriptPattern
  public var line: Int
}

/// The words in which transcripts show a command's result.
public enum TranscriptText {
  /// The output of a command, without white space at the ends of lines and without empty lines at
  /// the end, and the error if there is one.
  public static func lines(of result: CommandResult) -> [String] {
    var lines = result.output.isEmpty ? [] : split(result.output)
    if let error = result.error { lines += split("error: " + error.message) }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  /// The exit status that a result stands for.
  public static func status(of result: CommandResult) -> Int { result.error == nil ? 0 : 1 }

  private static func split(_ text: String) -> [String] {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map {
      String($0).trimmedAtEnd
    }
  }

  /// An output line as a transcript writes it: markers, backslashes and what looks like a hole are
  /// escaped.
  public static func escape(_ line: String) -> String {
    let markers = ["%", "?", "#", Transcript.prompt]
    let isMarked = markers.contains { line.hasPrefix($0) } || line == TranscriptPattern.ellipsis
    var result = isMarked ? "\\" : ""
    var rest = Substring(line)
    while let character = rest.first {
      let isHole = character == "[" && TranscriptPattern.hole(at: rest) != nil
      if character == "\\" || isHole { result += "\\" }
      result.append(character)
      rest = rest.dropFirst()
    }
    return result
  }
}

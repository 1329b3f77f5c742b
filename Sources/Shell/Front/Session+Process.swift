/// The version that `--version` prints.
public let ringsideVersion = "0.1"

extension Session {
  /// A command line of these words, quoted where that is needed.
  public static func line(_ words: [String]) -> String {
    words.enumerated().map { index, word in
      let isPlain =
        !word.isEmpty
        && word.allSatisfy { !$0.isWhitespace && $0 != "\"" && $0 != "'" && $0 != "#" }
      // A quoted word is no option.
      if isPlain || index == 0 { return word }
      var quoted = "\""
      for character in word {
        if character == "\"" || character == "\\" { quoted.append("\\") }
        quoted.append(character)
      }
      return quoted + "\""
    }.joined(separator: " ")
  }

  /// Carries out one command as a process of its own; returns the exit status.
  public static func carryOut(_ words: [String], _ options: SessionOptions) -> Int32 {
    let session = Session(options)
    return ShellProcess(session).runOne(session.execute(line(words)))
  }
}

extension SessionOptions {
  /// A size such as `64M`. Throws `bad-number`.
  public static func size(_ text: String) throws(CommandError) -> UInt64 {
    try Number.parseSize(text)
  }
}

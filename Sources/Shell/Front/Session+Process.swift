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
  /// Processors that a bare machine can have.
  public static let processorCounts: ClosedRange<UInt64> = 1...64

  /// Bytes of guest RAM that a machine can have. The processor has 39 physical-address bits at
  /// least, and monitor and guest share what they reach.
  static let memorySizes: ClosedRange<UInt64> = 0x10000...0x40_0000_0000

  /// A size of guest memory such as `64M`. Throws `bad-number`.
  public static func size(_ text: String) throws(CommandError) -> UInt64 {
    let size = try Number.parseSize(text)
    guard memorySizes.contains(size) else {
      throw CommandError(
        "bad-number", "guest memory of \(text): a machine takes 64K to 256G (64M is 64 MiB)")
    }
    return size
  }
}

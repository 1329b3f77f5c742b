/// Recording, replaying, and reading commands from files.
enum TranscriptCommands {
  static let rows: [Command] = [
    Command(
      name: "record", group: .transcripts, syntax: "FILE | stop",
      summary: "record commands and output into a file",
      help: """
        What is recorded can be replayed and checked; --cast writes an asciicast besides.
        Example: record my.transcript
        """,
      completers: [.file, .nothing],
      options: [Command.Option(name: "--cast", value: "FILE", completer: .file)], body: record),
    Command(
      name: "source", group: .transcripts, syntax: "FILE",
      summary: "carry out the commands in a file",
      help: "Stops at the first command that fails. Example: source setup.ringside",
      completers: [.file, .nothing], body: source),
    Command(
      name: "replay", group: .transcripts, syntax: "FILE…",
      summary: "replay transcripts and compare the output",
      help: "This session stays as it is. --update rewrites them. Example: replay my.transcript",
      completers: [.file], options: [Command.Option(name: "--update")], body: replay),
  ]

  private static func control(_ session: Session) throws(CommandError) -> any TranscriptControl {
    guard let transcripts = session.transcripts else {
      throw CommandError("not-yet", "this build of ringside has no transcripts")
    }
    return transcripts
  }

  @Sendable private static func record(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let transcripts = try control(session)
    guard let word = arguments.next() else {
      let file = transcripts.recording
      return Answer(
        file.map { "recording into \($0); `record stop` ends it" } ?? "nothing is recorded",
        .object([(key: "file", value: file.map { .string($0) } ?? .null)]))
    }
    try arguments.end()
    let text =
      word == "stop"
      ? try transcripts.stopRecording()
      : try transcripts.startRecording(
        word, cast: arguments.value(of: "--cast"), in: session)
    // A replay starts as the program starts.
    guard word != "stop", let image = session.monitor?.image else { return Answer(text) }
    return Answer(
      text + "\n"
        + session.format.next(
          "`load \(image.name)` once more: a replay begins with a new machine, without a guest"))
  }

  @Sendable private static func replay(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let transcripts = try control(session)
    let paths = arguments.rest()
    guard !paths.isEmpty else {
      throw CommandError("usage", "the file is missing; usage: \(arguments.usage)")
    }
    let answer = try transcripts.replay(
      paths, updating: arguments.has("--update"), options: session.options)
    var result = Answer(answer.text, answer.data)
    if !answer.allMatched { result.error = CommandError("replay", "not all of it matched") }
    return result
  }

  private static func script(_ path: String) throws(CommandError) -> ScriptFile {
    do { return try ScriptFile(path: path) } catch {
      throw CommandError(error.error.code, "\(path):\(error.line): \(error.error.message)")
    }
  }

  @Sendable private static func source(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let path = try arguments.next("the file")
    try arguments.end()
    guard !session.sourcing.contains(path), session.sourcing.count < 16 else {
      throw CommandError("circular-source", "\(path) is being read already; scripts form a circle")
    }
    let script = try script(path)
    session.sourcing.append(path)
    defer { session.sourcing.removeLast() }
    var answer = Answer()
    var outputs: [String] = []
    for (number, line) in script.lines {
      let result = session.execute(line)
      if !result.output.isEmpty { outputs.append(result.output) }
      answer.text = outputs.joined(separator: "\n")
      if let error = result.error {
        // What was shown before the line that failed stays.
        answer.error = CommandError(error.code, "\(path):\(number): \(error.message)")
        break
      }
      if result.quits {
        answer.quits = true
        break
      }
    }
    return answer
  }
}

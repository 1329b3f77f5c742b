/// Lessons are carried out by a `LessonControl`.
enum LessonCommand {
  static let words = [
    "list", "start", "next", "hint", "solution", "reset", "goto", "answer", "quit", "show", "check",
  ]

  static let rows: [Command] = [
    Command(
      name: "lesson", group: .lessons,
      syntax: "[list|start ID|next|hint|solution|reset|goto STEP|quit]",
      summary: "follow a lesson",
      help: """
        A lesson has steps with goals; any way to a goal counts. `lesson hint` helps, `lesson
        solution` puts the command into your line. Example: lesson list
        """,
      completers: [.words(words), .lesson, .nothing], body: lesson),
    Command(
      name: "answer", group: .lessons, syntax: "LETTER|NUMBER",
      summary: "answer the question of a lesson",
      help: "The letter alone does too. Example: answer b", completers: [.nothing],
      body: { session, arguments in
        let answer = try arguments.next("the answer")
        try arguments.end()
        return try carryOut(["answer", answer], session)
      }),
  ]

  @Sendable private static func lesson(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try carryOut(arguments.rest(), session)
  }

  private static func carryOut(_ words: [String], _ session: Session) throws -> Answer {
    guard let lessons = session.lessons else {
      throw CommandError("not-yet", "this build of ringside has no lessons")
    }
    let answer = try lessons.command(words, in: session)
    var result = Answer(answer.text, answer.data)
    if !answer.isGood {
      result.error = CommandError("lesson", "a lesson is not as it should be")
    }
    return result
  }
}

extension Session {
  /// What stands in front of the line that is typed.
  public var prompt: String {
    let tag = lessons?.promptTag.map { " [\($0)]" } ?? ""
    return format.style("ringside\(tag)>", .bold) + " "
  }

  /// Printed when an interactive session begins.
  public var greeting: String {
    """
    Ringside: see how hardware virtualisation works, from inside the ring.
    New here? `lesson start \(LessonDirector.firstLesson)` begins the first lesson.
    `help` lists the commands.
    """
  }
}

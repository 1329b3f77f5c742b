extension Session {
  /// Installs what carries out `lesson`, `record` and `replay`. Nothing here touches the disk: it
  /// stands in the way of the first prompt.
  func installControls() {
    lessons = LessonDirector()
    transcripts = TranscriptDirector()
  }
}

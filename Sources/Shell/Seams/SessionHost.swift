/// A session as lessons and transcripts drive it: commands that they carry out themselves are
/// neither recorded nor judged.
final class SessionHost: CommandHost {
  private unowned let session: Session
  /// A session that nobody else keeps.
  private let owned: Session?

  /// For a session that outlives the host.
  init(_ session: Session) {
    self.session = session
    owned = nil
  }

  /// A new session.
  init(options: SessionOptions) {
    let session = Session(options)
    self.session = session
    owned = session
  }

  func execute(_ line: String) -> CommandResult { session.perform(line) }
  func value(of path: String) -> JSON? { session.value(of: path) }
  func saveState() throws -> any Sendable { try session.saveState() }
  func restoreState(_ state: any Sendable) throws { try session.restoreState(state) }
  var backendName: String { session.backendName }

  func startFresh(backend: String, seed: UInt64) throws {
    try session.startFresh(backend: backend, seed: seed)
  }

  func interruptAfter(instructions: UInt64) throws {
    try session.interruptAfter(instructions: instructions)
  }
}

extension CommandError: CustomStringConvertible {
  public var description: String { message }
}

extension Environment {
  /// What lessons and transcripts look at.
  static var ofLessons: [String: String] {
    var result: [String: String] = [:]
    for name in ["RINGSIDE_LESSONS", "XDG_STATE_HOME", "HOME", "CI"] {
      result[name] = value(name)
    }
    return result
  }
}

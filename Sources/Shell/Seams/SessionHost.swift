/// A session as lessons and transcripts drive it: commands that they carry out themselves are
/// neither recorded nor judged.
final class SessionHost: CommandHost {
  private unowned let borrowed: Session
  /// A session that nobody else keeps.
  private var owned: Session?
  private let options: SessionOptions?
  private var timer: InterruptTimer?

  private var session: Session { owned ?? borrowed }

  /// For a session that outlives the host.
  init(_ session: Session) {
    borrowed = session
    options = nil
  }

  /// A new session, and another one after each `startFresh`.
  init(options: SessionOptions) {
    let session = Session(options)
    borrowed = session
    owned = session
    self.options = options
  }

  func execute(_ line: String) -> CommandResult {
    defer {
      timer?.cancel()
      timer = nil
    }
    timer?.start()
    return session.perform(line)
  }

  func value(of path: String) -> JSON? { session.value(of: path) }
  func saveState() throws -> any Sendable { try session.saveState() }
  func restoreState(_ state: any Sendable) throws { try session.restoreState(state) }
  var backendName: String { session.backendName }

  func startFresh(backend: String, seed: UInt64) throws {
    if let options { owned = Session(options) }
    try session.startFresh(backend: backend, seed: seed)
  }

  func interruptAfter(instructions: UInt64) throws {
    try session.interruptAfter(instructions: instructions)
  }

  func interruptAfter(milliseconds: UInt32) {
    timer = InterruptTimer(session.interrupt, milliseconds: milliseconds)
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

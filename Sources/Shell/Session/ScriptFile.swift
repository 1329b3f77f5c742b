import Glibc

/// A file of shell commands, one a line.
struct ScriptFile {
  /// With their numbers, from 1.
  let lines: [(number: Int, text: String)]

  /// Why a file cannot be read, and at which line of it.
  struct Failure: Error {
    var line = 1
    /// Without the file's name.
    var error: CommandError

    init(_ code: String, _ message: String, line: Int = 1) {
      self.line = line
      error = CommandError(code, message)
    }
  }

  init(path: String) throws(Failure) {
    let descriptor = FileCalls.open(path, O_RDONLY, mode: 0)
    guard descriptor >= 0 else {
      throw Failure("no-such-file", "the file cannot be opened: \(FileCalls.errorText)")
    }
    defer { close(descriptor) }
    guard !FileCalls.isFolder(descriptor) else {
      throw Failure("bad-file", "this is a directory; name a file of commands in it")
    }
    let reader = PlainLineReader(fileDescriptor: descriptor)
    var lines: [(number: Int, text: String)] = []
    while true {
      switch reader.next() {
      case .line(let text): lines.append((reader.lineNumber, text))
      case .unreadable(let reason):
        throw Failure("bad-file", "the line \(reason)", line: reader.lineNumber)
      case .interrupted:
        throw Failure("interrupted", "reading was interrupted", line: reader.lineNumber)
      case .endOfFile:
        self.lines = lines
        return
      }
    }
  }
}

import Glibc

/// A file of shell commands, one a line.
struct ScriptFile {
  /// With their numbers, from 1.
  let lines: [(number: Int, text: String)]

  /// Throws `no-such-file` or `bad-file`.
  init(path: String) throws(CommandError) {
    let descriptor = FileCalls.open(path, O_RDONLY, mode: 0)
    guard descriptor >= 0 else {
      throw CommandError("no-such-file", "\(path) cannot be opened: \(FileCalls.errorText)")
    }
    defer { close(descriptor) }
    let reader = PlainLineReader(fileDescriptor: descriptor)
    var lines: [(number: Int, text: String)] = []
    while true {
      switch reader.next() {
      case .line(let text): lines.append((reader.lineNumber, text))
      case .unreadable(let reason):
        throw CommandError("bad-file", "\(path):\(reader.lineNumber): the line \(reason)")
      case .interrupted:
        throw CommandError("interrupted", "\(path): reading it was interrupted")
      case .endOfFile:
        self.lines = lines
        return
      }
    }
  }
}

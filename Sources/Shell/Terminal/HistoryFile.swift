import Glibc

/// The file of a `History`, which several shells may use at once: each takes a lock, and appends
/// with one write.
struct HistoryFile {
  struct Failure: Error { let message: String }

  let path: String

  /// The last lines of the file, and leaves no more than those in it.
  func load(atMost capacity: Int) throws(Failure) -> [String] {
    guard FileCalls.exists(path) else { return [] }
    let descriptor = try openLocked()
    defer { close(descriptor) }
    let lines = text(of: descriptor).split(separator: "\n").map(String.init)
    guard lines.count > capacity else { return lines }
    let kept = Array(lines.suffix(capacity))
    try replace(with: kept)
    return kept
  }

  func append(_ line: String) throws(Failure) {
    if !FileCalls.exists(path) { try makeFolders() }
    let descriptor = try openLocked()
    defer { close(descriptor) }
    // A shell that was killed in the middle of a line must not spoil the next.
    let separator = endsInsideLine(descriptor) ? "\n" : ""
    try write([separator + line], to: descriptor)
  }

  /// Opens the file, for its owner only, and locks it. Closing unlocks.
  private func openLocked() throws(Failure) -> Int32 {
    while true {
      let descriptor = FileCalls.open(path, O_RDWR | O_CREAT | O_APPEND, mode: 0o600)
      guard descriptor >= 0 else { throw failure("opened") }
      while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
      if FileCalls.isSame(descriptor, path) {
        fchmod(descriptor, 0o600)
        return descriptor
      }
      // Another shell put a shorter file in its place while this one waited.
      close(descriptor)
    }
  }

  private func text(of descriptor: Int32) -> String {
    var bytes: [UInt8] = []
    while true {
      let part = FileCalls.read(descriptor, at: bytes.count, atMost: 1 << 16)
      if part.isEmpty { break }
      bytes += part
    }
    return String(decoding: bytes.filter { $0 >= 0x20 || $0 == 0x0a }, as: UTF8.self)
  }

  private func endsInsideLine(_ descriptor: Int32) -> Bool {
    let size = lseek(descriptor, 0, SEEK_END)
    guard size > 0 else { return false }
    return FileCalls.read(descriptor, at: size - 1, atMost: 1) != [UInt8(ascii: "\n")]
  }

  private func write(_ lines: [String], to descriptor: Int32) throws(Failure) {
    let text = lines.map { $0 + "\n" }.joined()
    guard FileCalls.write(Array(text.utf8), to: descriptor) else { throw failure("written") }
  }

  /// All or nothing: a new file takes the place of the old.
  private func replace(with lines: [String]) throws(Failure) {
    let temporary = path + ".new"
    let descriptor = FileCalls.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    guard descriptor >= 0 else { throw failure("shortened") }
    defer { close(descriptor) }
    try write(lines, to: descriptor)
    guard FileCalls.rename(temporary, to: path) else { throw failure("shortened") }
  }

  private func makeFolders() throws(Failure) {
    for (index, character) in zip(path.indices, path) where character == "/" {
      let folder = String(path[..<index])
      guard folder.isEmpty || FileCalls.makeFolder(folder) || FileCalls.exists(folder) else {
        throw failure("made in \(folder)")
      }
    }
  }

  private func failure(_ what: String) -> Failure {
    Failure(message: "the history file \(path) cannot be \(what): \(FileCalls.errorText)")
  }
}

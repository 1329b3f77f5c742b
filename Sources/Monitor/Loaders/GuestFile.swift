import Glibc

/// Reads files that may hold guests.
enum GuestFile {
  /// Whether there is anything at `path`.
  static func exists(_ path: String) -> Bool {
    // SAFETY: access reads the zero-terminated copy of `path` that lives during the call.
    unsafe access(path, F_OK) == 0
  }

  /// The whole file at `path`. Throws `LoaderError` when it is missing, no regular file, unreadable
  /// or bigger than `limit` bytes.
  static func read(_ path: String, limit: Int) throws(LoaderError) -> [UInt8] {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer.
    // SAFETY: open reads the zero-terminated copy of `path` that lives during the call.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw openError(path, errno) }
    defer { close(descriptor) }
    try checkKind(descriptor, path, limit)
    return try contents(descriptor, path, limit)
  }

  private static func checkKind(
    _ descriptor: Int32, _ path: String, _ limit: Int
  ) throws(LoaderError) {
    var status = stat()
    // SAFETY: fstat writes one `stat`, which `status` is, and keeps no pointer to it.
    guard unsafe fstat(descriptor, &status) == 0 else { throw readError(path, errno) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR:
      throw LoaderError(
        file: path, found: "this is a directory",
        expected: "give a file in it: a flat binary or an ELF executable")
    default:
      throw LoaderError(
        file: path, found: "this is no regular file", expected: "copy its contents to a file first")
    }
    if status.st_size > limit { throw tooBig(path, limit) }
  }

  private static func contents(
    _ descriptor: Int32, _ path: String, _ limit: Int
  ) throws(LoaderError) -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // SAFETY: read writes at most as many bytes as the buffer has, and keeps no pointer to it.
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw readError(path, errno) }
      guard count > 0 else { return result }
      result.append(contentsOf: buffer[..<count])
      // The file may have grown since its size was looked at.
      if result.count > limit { throw tooBig(path, limit) }
    }
  }

  private static func openError(_ path: String, _ error: Int32) -> LoaderError {
    guard error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG else {
      return readError(path, error)
    }
    if path.contains("/") {
      return LoaderError(
        file: path, found: "there is no such file", expected: "check the path")
    }
    let found = "there is neither a built-in guest nor a file of this name"
    guard let nearest = GuestCatalogue.nearest(to: path) else {
      return LoaderError(
        file: path, found: found, expected: "`guests` lists the built-in ones")
    }
    return LoaderError(file: path, found: found, expected: "did you mean `\(nearest)`?")
  }

  private static func readError(_ path: String, _ error: Int32) -> LoaderError {
    // SAFETY: strerror returns a zero-terminated string, copied here before any other call.
    let why = unsafe strerror(error).map { unsafe String(cString: $0) } ?? "error \(error)"
    return LoaderError(
      file: path, found: "the file cannot be read: \(why)",
      expected: error == EACCES ? "see its permissions with `ls -l`" : "check the file")
  }

  private static func tooBig(_ path: String, _ limit: Int) -> LoaderError {
    LoaderError(
      file: path, found: "the file is bigger than \(limit >> 20) MiB",
      expected: "guests are smaller; is it the right file?")
  }
}

import Glibc

/// The C library's calls that take a path, as calls that are safe: the library reads the path
/// during the call only.
enum FileCalls {
  static func open(_ path: String, _ flags: Int32, mode: mode_t) -> Int32 {
    // SAFETY: the path is read during the call only.
    unsafe Glibc.open(path, flags | O_CLOEXEC, mode)
  }

  static func exists(_ path: String) -> Bool {
    // SAFETY: the path is read during the call only.
    unsafe access(path, F_OK) == 0
  }

  static func makeFolder(_ path: String) -> Bool {
    // SAFETY: the path is read during the call only.
    unsafe mkdir(path, 0o700) == 0 || errno == EEXIST
  }

  static func rename(_ path: String, to newPath: String) -> Bool {
    // SAFETY: the paths are read during the call only.
    unsafe Glibc.rename(path, newPath) == 0
  }

  /// Whether the open file is the one that has the name.
  static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
    var opened = stat()
    var named = stat()
    // SAFETY: both structures live through the calls.
    guard unsafe fstat(descriptor, &opened) == 0, unsafe stat(path, &named) == 0 else {
      return false
    }
    return opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }

  static func isFolder(_ descriptor: Int32) -> Bool {
    var opened = stat()
    // SAFETY: the structure lives through the call.
    return unsafe fstat(descriptor, &opened) == 0 && opened.st_mode & S_IFMT == S_IFDIR
  }

  /// Writes as much as it can; whether that was all.
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    // SAFETY: the buffer has the size that is named.
    let written = unsafe bytes.withUnsafeBytes { buffer in
      unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
    }
    return written == bytes.count
  }

  /// Reads at `offset`; empty at the end or after a failure.
  static func read(_ descriptor: Int32, at offset: Int, atMost count: Int) -> [UInt8] {
    // SAFETY: the buffer has the size that is named.
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
      used = unsafe max(0, pread(descriptor, buffer.baseAddress, buffer.count, offset))
    }
  }

  /// The text of `errno`.
  static var errorText: String {
    let number = errno
    // SAFETY: the C library's text is copied at once.
    return unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
  }
}

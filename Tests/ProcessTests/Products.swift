import Glibc

/// The programs that this build made.
enum Products {
  /// The path of the product `name`, which lies beside the test bundle.
  static func path(of name: String) throws -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    // SAFETY: the buffer has the size that is named; readlink writes no NUL.
    let length = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    let test = String(
      decoding: buffer.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folders = [test, CommandLine.arguments[0]].compactMap { path in
      path.lastIndex(of: "/").map { path[...$0] }
    }
    for folder in folders {
      // SAFETY: the path is read during the call only.
      if unsafe access(folder + name, X_OK) == 0 { return folder + name }
    }
    throw PseudoTerminal.Failure(
      description: "no program \(name) beside \(test): build it with `swift build --build-tests`")
  }
}

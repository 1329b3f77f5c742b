import CKVM
import Glibc

/// Words for the negative errno values that the C floor returns.
enum Errno {
  private static let names: [(number: Int32, name: String)] = [
    (EPERM, "EPERM"), (ENOENT, "ENOENT"), (EINTR, "EINTR"), (EIO, "EIO"), (ENXIO, "ENXIO"),
    (E2BIG, "E2BIG"), (EBADF, "EBADF"), (EAGAIN, "EAGAIN"), (ENOMEM, "ENOMEM"),
    (EACCES, "EACCES"), (EFAULT, "EFAULT"), (EBUSY, "EBUSY"), (EEXIST, "EEXIST"),
    (ENODEV, "ENODEV"), (EINVAL, "EINVAL"), (EMFILE, "EMFILE"), (ENOTTY, "ENOTTY"),
    (ENOSPC, "ENOSPC"), (ENOSYS, "ENOSYS"), (ENOTSUP, "EOPNOTSUPP"),
  ]

  /// `-EINTR (interrupted by a signal)` for -4.
  static func describe(_ result: Int) -> String {
    let number = Int32(truncatingIfNeeded: 0 &- result)
    let name = names.first { $0.number == number }?.name ?? "\(number)"
    return "-\(name) (\(text(number)))"
  }

  private static func text(_ number: Int32) -> String {
    if number == EINTR { return "interrupted by a signal" }
    // SAFETY: strerror returns a valid C string for every number; it is copied at once.
    guard let text = unsafe ckvm_error_text(number) else { return "unknown error" }
    return unsafe String(cString: text)
  }
}

extension Int {
  static var interrupted: Int { -Int(EINTR) }
  static var tryAgain: Int { -Int(EAGAIN) }
}

import Glibc

/// Descriptors 0, 1 and 2.
public enum StandardDescriptors {
  /// Opens those that the parent has closed on /dev/null. Otherwise the next file or pipe that is
  /// opened would get the number, and be read as standard input or written as standard output.
  public static func openMissing() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 {
      // SAFETY: the path is read during the call only. The lowest free number is this one.
      _ = unsafe open("/dev/null", O_RDWR)
    }
  }
}

import CLineEdit
import Glibc

/// Where the process writes, unbuffered: hand over whole lines.
///
/// A failure stays: after the first one nothing more is written, and `failure` says why, so that
/// whoever drives the session can look once a command and leave with `exitStatus`.
public final class StandardOutput {
  public enum Failure: Error, Equatable, Sendable {
    /// The reader has left, as `head` does. That is no error.
    case readerGone
    /// `errno` of the write that failed.
    case failed(Int32)
  }

  public private(set) var failure: Failure?
  public let isTerminal: Bool
  private let fileDescriptor: Int32

  /// From now on the process ignores SIGPIPE.
  public init(fileDescriptor: Int32 = 1) {
    self.fileDescriptor = fileDescriptor
    isTerminal = TerminalSize.isTerminal(fileDescriptor)
    cle_ignore_broken_pipe()
  }

  /// The status to exit with because of `failure`: 0 if the reader has left, 74 (EX_IOERR) if
  /// writing failed, nil if all went well.
  public var exitStatus: Int32? {
    switch failure {
    case nil: nil
    case .readerGone: 0
    case .failed: 74
    }
  }

  public func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in unsafe write(UnsafeRawBufferPointer(bytes)) }
  }

  public func write(_ bytes: [UInt8]) {
    // SAFETY: the buffer is used during the call only.
    unsafe bytes.withUnsafeBytes { unsafe write($0) }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) {
    var rest = unsafe bytes[...]
    while failure == nil, unsafe !rest.isEmpty {
      // SAFETY: `rest` is inside `bytes`, which the caller keeps alive.
      let written = unsafe Glibc.write(
        fileDescriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if written >= 0 {
        unsafe rest = rest.dropFirst(written)
      } else if errno == EAGAIN {
        waitUntilWritable()
      } else if errno != EINTR {
        failure = errno == EPIPE ? .readerGone : .failed(errno)
      }
    }
  }

  private func waitUntilWritable() {
    var entry = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
    // SAFETY: one entry, used during the call only.
    _ = unsafe poll(&entry, 1, -1)
  }
}

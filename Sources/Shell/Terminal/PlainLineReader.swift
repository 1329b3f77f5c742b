import CLineEdit
import Glibc

/// Reads lines from a file descriptor that is no terminal: nothing is echoed, nothing edited.
public final class PlainLineReader {
  public enum Result: Equatable, Sendable {
    /// A line without its end, LF or CR LF. The last line may lack its end.
    case line(String)
    /// A line that is no text; `reason` reads after "line N".
    case unreadable(reason: String)
    /// SIGINT arrived while waiting, and `InterruptSignals` are installed.
    case interrupted
    case endOfFile
  }

  /// Bytes that a line may have.
  public static let longestLine = 1 << 16

  /// The number of the line that `next()` returned last, from 1.
  public private(set) var lineNumber = 0

  private let fileDescriptor: Int32
  private var buffer: [UInt8] = []
  private var position = 0
  private var atEnd = false

  public init(fileDescriptor: Int32 = 0) { self.fileDescriptor = fileDescriptor }

  public func next() -> Result {
    var line: [UInt8] = []
    var length = 0
    while true {
      if position == buffer.count, !atEnd, !fill() { return .interrupted }
      if position == buffer.count, length == 0 { return .endOfFile }
      let rest = buffer[position...]
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      let part = rest[..<(end ?? buffer.count)]
      // What is too long is counted, not kept.
      if length <= Self.longestLine { line += part }
      length += part.count
      position = end.map { $0 + 1 } ?? buffer.count
      if end != nil || atEnd {
        lineNumber += 1
        return text(line, length: length)
      }
    }
  }

  /// Reads more; false if SIGINT came first.
  private func fill() -> Bool {
    position = 0
    buffer.removeAll(keepingCapacity: true)
    guard cle_wait_readable(fileDescriptor) else { return false }
    buffer = [UInt8](repeating: 0, count: 1 << 14)
    // SAFETY: the buffer has the size that is named.
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe read(fileDescriptor, bytes.baseAddress, bytes.count)
    }
    let mayGoOn = count < 0 && (errno == EINTR || errno == EAGAIN)
    buffer.removeSubrange(max(0, count)...)
    atEnd = count <= 0 && !mayGoOn
    return true
  }

  private func text(_ bytes: [UInt8], length: Int) -> Result {
    guard length <= Self.longestLine else {
      return .unreadable(reason: "is \(length) bytes long; at most \(Self.longestLine) can be read")
    }
    let line = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes[...]
    guard !line.contains(0), let text = String(validating: line, as: UTF8.self) else {
      return .unreadable(reason: "is not UTF-8 text; was a binary file given as a script?")
    }
    return .line(text)
  }
}

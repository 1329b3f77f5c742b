import CLineEdit
import Glibc

/// The terminal's size in characters.
public struct TerminalSize: Sendable, Equatable {
  public var columns: Int
  public var rows: Int

  public init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }

  /// The size of the terminal at a file descriptor; nil if it is none or does not know.
  public static func current(fileDescriptor: Int32 = 1) -> TerminalSize? {
    var columns: Int32 = 0
    var rows: Int32 = 0
    // SAFETY: C writes the two integers during the call only.
    guard unsafe cle_terminal_size(fileDescriptor, &columns, &rows) else { return nil }
    return TerminalSize(columns: Int(columns), rows: Int(rows))
  }

  public static func isTerminal(_ fileDescriptor: Int32) -> Bool { isatty(fileDescriptor) == 1 }
}

/// The lines that were typed, oldest first, kept in a plain UTF-8 file with one line each.
public final class History {
  /// Lines that are kept.
  public static let capacity = 10_000

  public private(set) var lines: [String] = []
  /// Why lines are not kept in the file, for people; nil if they are or were not to be.
  public private(set) var problem: String?

  private let file: HistoryFile?

  /// A history in the file `path`, which is made when the first line is kept; nil for none.
  public init(path: String?) {
    file = path.map { HistoryFile(path: $0) }
    attempt { () throws(HistoryFile.Failure) in
      lines = try file?.load(atMost: Self.capacity) ?? []
    }
  }

  /// Keeps a line; false if it is not one to keep: empty, the same as the one before, or begun
  /// with a space.
  @discardableResult
  public func append(_ line: String) -> Bool {
    let line = String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 }))
    guard !line.isEmpty, !line.hasPrefix(" "), line != lines.last else { return false }
    lines.append(line)
    if lines.count > Self.capacity { lines.removeFirst(lines.count - Self.capacity) }
    attempt { () throws(HistoryFile.Failure) in try file?.append(line) }
    return true
  }

  private func attempt(_ body: () throws(HistoryFile.Failure) -> Void) {
    do throws(HistoryFile.Failure) { try body() } catch { problem = error.message }
  }
}

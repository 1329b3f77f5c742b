extension StringProtocol {
  /// Without white space at both ends.
  var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }

  /// Without white space at the end.
  var trimmedAtEnd: String {
    guard let last = lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(self[...last])
  }
}

extension String {
  /// The lines of a file, ended by LF or CR LF; the last line's end makes no further line.
  var fileLines: [String] {
    var lines = unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map {
      String($0.last == "\r" ? $0.dropLast() : $0)
    }
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}

extension [String] {
  /// The lines as one text, without empty lines at both ends.
  var trimmedText: String {
    guard let first = firstIndex(where: { !$0.trimmed.isEmpty }),
      let last = lastIndex(where: { !$0.trimmed.isEmpty })
    else { return "" }
    return self[first...last].map { $0.trimmedAtEnd }.joined(separator: "\n")
  }
}

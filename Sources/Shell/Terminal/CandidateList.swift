/// Candidates in columns, ordered downwards, as `ls` shows files.
struct CandidateList {
  /// Lines, each with its end.
  let text: String

  init(_ candidates: [String], fitting size: TerminalSize) {
    let names = Self.withoutSharedFolder(candidates)
    let widths = names.map(TerminalLocale.width(of:))
    let cell = (widths.max() ?? 0) + 2
    let columns = max(1, (size.columns + 1) / cell)
    let rows = (names.count + columns - 1) / columns
    // The prompt and what is left out need rows too.
    let shown = rows < size.rows ? rows : max(1, size.rows - 2)
    var lines: [String] = []
    for row in 0..<shown {
      let indices = stride(from: row, to: names.count, by: rows)
      let line = indices.map { index in
        let isLast = index + rows >= names.count
        return names[index] + String(repeating: " ", count: isLast ? 0 : cell - widths[index])
      }
      lines.append(line.joined())
    }
    if shown < rows {
      lines.append("(\(rows - shown) of \(rows) rows are left out: type more of the word)")
    }
    text = lines.map { $0 + "\n" }.joined()
  }

  /// Of paths in the same folder only what differs.
  static func withoutSharedFolder(_ candidates: [String]) -> [String] {
    let common = Completion.commonPrefix(of: candidates)
    guard let slash = common.lastIndex(of: "/") else { return candidates }
    let folder = common[...slash]
    return candidates.contains(String(folder))
      ? candidates : candidates.map { String($0.dropFirst(folder.count)) }
  }
}

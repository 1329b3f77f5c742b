/// The words that could stand at the cursor.
public struct Completion: Sendable, Equatable {
  /// Where the word that a candidate replaces starts, a UTF-8 offset; it ends at the cursor.
  public var start: Int
  /// Whole words, in the order in which they are listed. One that ends in `/` or `=` is the start
  /// of something longer: no space follows it.
  public var candidates: [String]

  public init(start: Int, candidates: [String]) {
    self.start = start
    self.candidates = candidates
  }

  /// What Tab does to the line.
  struct Edit: Equatable {
    /// What the word becomes; nil if it stays.
    var replacement: String?
    /// What to list; empty for nothing.
    var listed: [String]
  }

  func edit(of line: String, cursor: Int) -> Edit {
    let bytes = Array(line.utf8)
    guard (0...bytes.count).contains(cursor), (0...cursor).contains(start) else {
      return Edit(replacement: nil, listed: [])
    }
    let word = String(decoding: bytes[start..<cursor], as: UTF8.self)
    guard candidates.count != 1 else {
      return Edit(replacement: closed(candidates[0], before: bytes[cursor...].first), listed: [])
    }
    let common = Self.commonPrefix(of: candidates)
    // A completer may match without regard to case: then the prefix can be the shorter one.
    let extends = common.utf8.count >= word.utf8.count && common != word
    return Edit(replacement: extends ? common : nil, listed: candidates)
  }

  private func closed(_ word: String, before next: UInt8?) -> String {
    let isOpen = word.hasSuffix("/") || word.hasSuffix("=")
    return isOpen || next == UInt8(ascii: " ") ? word : word + " "
  }

  static func commonPrefix(of words: [String]) -> String {
    guard var common = words.first else { return "" }
    for word in words.dropFirst() {
      common = String(zip(common, word).prefix { $0 == $1 }.map(\.0))
    }
    return common
  }
}

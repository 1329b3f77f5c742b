/// A word of the field that is no row of another table.
struct Term: Sendable {
  /// The first is the title; the others are found too.
  let names: [String]
  let lines: [String]
  let section: String
  let seeAlso: [String]

  init(_ names: [String], _ lines: [String], section: String, seeAlso: [String]) {
    self.names = names
    self.lines = lines
    self.section = section
    self.seeAlso = seeAlso
  }

  func matches(_ text: String) -> Bool {
    let key = TableText.key(text)
    return names.contains { TableText.key($0) == key }
  }

  var explanation: Explanation {
    Explanation(
      title: names[0], kind: .term, lines: lines, section: section, seeAlso: seeAlso)
  }
}

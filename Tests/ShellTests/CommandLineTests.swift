import Testing

@testable import Shell

@Suite struct WordsTests {
  @Test(arguments: [
    ("", []), ("   ", []), ("# comment", []), ("a b", ["a", "b"]), ("a  # b", ["a"]),
    ("a#b", ["a#b"]), ("'a b' c", ["a b", "c"]), ("\"a \\\" b\"", ["a \" b"]), ("x''y", ["xy"]),
    ("''", [""]),
  ])
  func split(_ line: String, _ words: [String]) throws {
    #expect(try Words.split(line).map(\.text) == words)
  }

  @Test func openQuote() {
    #expect(throws: CommandError.self) { try Words.split("load \"a b") }
    #expect(fakeSession().execute("load 'a").error?.code == "unterminated-quote")
  }

  @Test func formatStandsBehindTheSlash() throws {
    let line = try #require(try ParsedLine("x/8xb $pc # look"))
    #expect(line.name == "x")
    #expect(line.format == "8xb")
    #expect(line.words.map(\.text) == ["$pc"])
    #expect(try ParsedLine("source a/b")?.name == "source")
  }
}

@Suite struct ExpressionTests {
  private let parser = ExpressionParser(
    register: { $0 == "rax" ? 0x10 : nil }, symbol: { $0 == "GUEST_RIP" ? 0x7c00 : nil })

  @Test(arguments: [
    ("0", 0), ("12", 12), ("0x1F", 31), ("0b101", 5), ("-1", UInt64.max), ("1 + 2", 3),
    ("5-7", 0 &- 2),
    ("$rax+8", 24), ("GUEST_RIP - 0x7c00", 0), ("(1 + 2) - (3)", 0), ("- -3", 3),
    ("0xffff_ffff_ffff_ffff", UInt64.max), ("18446744073709551615 + 1", 0),
  ])
  func value(_ text: String, _ value: UInt64) throws {
    #expect(try parser.value(of: text) == value)
  }

  @Test(arguments: [
    "", "+", "1 2", "(1", "1)", "7c00", "0x", "0b2", "hello", "$rax $rax", "0x10000000000000000",
    "1 *2",
    "99999999999999999999999", String(repeating: "(", count: 500),
    String(repeating: "-", count: 500),
  ])
  func bad(_ text: String) {
    let error = #expect(throws: CommandError.self) { try parser.value(of: text) }
    #expect(error?.code == "bad-number")
  }

  @Test func forgottenPrefixIsNamed() {
    let error = #expect(throws: CommandError.self) { try parser.value(of: "7c00") }
    #expect(error?.message.contains("0x7c00") == true)
  }

  @Test func unknownRegister() {
    let error = #expect(throws: CommandError.self) { try parser.value(of: "$rxx") }
    #expect(error?.code == "unknown-register")
  }

  @Test(arguments: [("64M", 64 << 20), ("4096", 4096), ("2g", 2 << 30), ("0x10k", 16384)])
  func sizes(_ text: String, _ size: UInt64) throws {
    #expect(try Number.parseSize(text) == size)
  }

  @Test func sizeThatDoesNotFit() {
    #expect(throws: CommandError.self) { try Number.parseSize("0xfffffffffffffffG") }
  }
}

@Suite struct LookupTests {
  private func name(_ line: String) throws -> String {
    try CommandTable.resolve(try #require(try ParsedLine(line))).0.name
  }

  @Test(arguments: [
    ("stepi", "stepi"), ("si", "stepi"), ("st", "stepi"), ("c", "continue"), ("cont", "continue"),
    ("r", "run"), ("q", "quit"), ("regs", "info registers"), ("info reg", "info registers"),
    ("i r", "info registers"), ("disas", "disassemble"), ("vml", "vmlaunch"), ("b 1", "break"),
    ("info break", "info breakpoints"), ("rsi", "reverse-stepi"),
  ])
  func prefixesAndAliases(_ line: String, _ expected: String) throws {
    #expect(try name(line) == expected)
  }

  @Test func ambiguousPrefixListsCandidates() {
    let error = fakeSession().execute("vmp").error
    #expect(error?.code == "ambiguous-command")
    #expect(error?.message.contains("vmptrld, vmptrst") == true)
    #expect(fakeSession().execute("info m").error?.code == "ambiguous-command")
  }

  @Test(arguments: [
    ("contniue", "continue"), ("vmluanch", "vmlaunch"), ("hlep", "help"),
    ("info exist", "info exits"),
  ])
  func typoNamesTheNearest(_ typed: String, _ meant: String) {
    let error = fakeSession().execute(typed).error
    #expect(error?.code == "unknown-command")
    #expect(error?.message.contains("`\(meant)`") == true)
  }

  @Test func unknownCommandKeepsWhatWasTyped() {
    let result = fakeSession().execute("frobnicate 1")
    #expect(result.command == "frobnicate")
    #expect(result.error?.code == "unknown-command")
  }

  @Test func distance() {
    #expect(Nearest.distance("abc", "abc") == 0)
    #expect(Nearest.distance("abc", "acb") == 1)
    #expect(Nearest.distance("abc", "") == 3)
    #expect(Nearest.distance("kitten", "sitting") == 3)
  }

  @Test func formatsOfX() throws {
    let first = try ExaminationFormat().updated(by: "8xb")
    #expect(first == ExaminationFormat(count: 8, letter: .hexadecimal, unit: 1))
    #expect(try first.updated(by: "g").unit == 8)
    #expect(try ExaminationFormat().updated(by: "4i").letter == .instruction)
    #expect(try ExaminationFormat().updated(by: "2gx").count == 2)
    #expect(throws: CommandError.self) { try ExaminationFormat().updated(by: "8q") }
    #expect(throws: CommandError.self) { try ExaminationFormat().updated(by: "0x") }
    #expect(throws: CommandError.self) {
      try ExaminationFormat().updated(by: "99999999999999999999x")
    }
  }
}

import Testing

@testable import Shell

@Suite struct TranscriptPatternTests {
  /// A pattern, a line, and whether the one fits the other.
  static let rows: [(pattern: String, line: String, fits: Bool)] = [
    ("plain", "plain", true), ("plain", "plain  ", true), ("plain", "plainer", false),
    ("plain", "plai", false), ("", "", true), ("", "x", false), ("x", "", false),
    ("[n]", "", false),
    ("a[..]b", "ab", true), ("a[..]b", "a b b", true), ("a[..]b", "a b c", false),
    ("[..]", "", true), ("[..]", "anything", true), ("a[..]", "b", false),
    ("[..]x[..]y", "1x2x3y", true), ("[..]x[..]y", "1y2x", false), ("[..][..]", "q", true),
    ("rip [hex]", "rip 0x7c00", true), ("rip [hex]", "rip 7C00", true),
    ("rip [hex]", "rip xyz", false), ("rip [hex]", "rip ", false), ("[hex]x", "0x", true),
    ("[hex].", "0x10.", true), ("[hex]", "0x10 ", true),
    ("[n] exits", "12 exits", true), ("[n] exits", "-3 exits", true),
    ("[n] exits", "1,000,000 exits", true), ("[n], [n]", "12, 5", true), ("[n],[n]", "1,2", true),
    ("[n] exits", "x exits", false), ("[n].", "3.", true), ("[n]", "3.25", true),
    ("took [us]", "took 12 us", true), ("took [us]", "took 1.5ms", true),
    ("took [us]", "took 3 µs", true), ("took [us]", "took 12", false),
    ("took [us].", "took 2 s.", true),
    ("in [path]: no", "in /a/b-c.d: no", true), ("in [path]", "in name", false),
    ("in [path]", "in a/b", true),
    ("\\[hex]", "[hex]", true), ("\\[hex]", "12", false), ("a\\\\b", "a\\b", true),
    ("\\...", "...", true), ("\\? 1", "? 1", true), ("end\\", "end\\", true),
    ("[0x10]", "[0x10]", true), ("[hexx]", "[hexx]", true), ("[hex:]", "[hex:]", true),
    ("[]", "[]", true), ("[", "[", true), ("[[n]]", "[5]", true), ("[=]", "[=]", true),
    ("[hex:b]..[=b]", "0x5..0x5", true), ("[hex:b]..[=b]", "0x5..0x6", false),
    ("[hex:b] [=b]+5", "0xffb 0x1000", true), ("[hex:b] [=b]+0x10", "0x10 0x20", true),
    ("[hex:b] [=b]+1", "ff 100", true), ("[n:b] [=b]+1", "9 10", true),
    ("[hex:b] [=b]\\+5", "0x1 0x1+5", true), ("[hex:b] [=b]+", "0x1 0x1+", true),
    ("[hex:b] [=b]+1", "0xffffffffffffffff 0x0", true), ("[=none]", "x", false),
    ("µ[..]é", "µ-é", true),
  ]

  @Test(arguments: rows.indices) func fits(_ index: Int) {
    let row = Self.rows[index]
    var captures = TranscriptCaptures()
    #expect(TranscriptPattern(row.pattern).matches(row.line, &captures) == row.fits, "\(row)")
  }

  @Test func aLineThatDoesNotFitCapturesNothing() {
    var captures = TranscriptCaptures()
    #expect(!TranscriptPattern("[hex:a] end").matches("0x5 other", &captures))
    #expect(captures == TranscriptCaptures())
  }

  @Test(arguments: [
    "", "plain", "...", "? 1", "?", "% x", "# c", "ringside> x", "a\\b", "[hex]", "[..] [n]", "[x]",
    "\\", "\\[hex]", "[=a]+5", "µ [us:t]", "....", "  ...",
  ]) func whatIsEscapedFitsItselfOnly(_ line: String) {
    var captures = TranscriptCaptures()
    let pattern = TranscriptPattern(TranscriptText.escape(line))
    #expect(pattern.matches(line, &captures))
    #expect(!pattern.matches(line + "x", &captures))
    #expect(!pattern.hasHoles)
  }

  @Test func manyHolesTakeNoMoreThanQuadraticTime() {
    let pattern = TranscriptPattern(String(repeating: "[..]a", count: 400) + "b")
    var captures = TranscriptCaptures()
    #expect(!pattern.matches(String(repeating: "a", count: 4000), &captures))
  }

  /// Lines with `...`, what is there, and whether it fits.
  static let blocks: [(expected: [String], actual: [String], fits: Bool)] = [
    ([], [], true), ([], ["a"], false), (["a"], [], false), (["a", "b"], ["a", "b"], true),
    (["..."], [], true), (["..."], ["a", "b"], true), (["a", "..."], ["a"], true),
    (["a", "...", "c"], ["a", "b", "c"], true), (["a", "...", "c"], ["a", "c"], true),
    (["a", "...", "c"], ["a", "b"], false), (["a", "...", "a"], ["a"], false),
    (["...", "b", "..."], ["a", "b", "c"], true), (["...", "b", "..."], ["a", "c"], false),
    (["...", "b", "...", "d"], ["b", "b", "c", "d"], true),
    (["...", "[n:x]", "...", "[=x]"], ["5", "q", "5"], true),
  ]

  @Test(arguments: blocks.indices) func fitsLines(_ index: Int) {
    let row = Self.blocks[index]
    let expected = row.expected.map { TranscriptLine(pattern: TranscriptPattern($0), line: 1) }
    var captures = TranscriptCaptures()
    let mismatch = TranscriptComparison.mismatch(expected, row.actual, &captures)
    #expect((mismatch == nil) == row.fits, "\(row)")
  }
}

import Testing

@testable import Shell

@Suite struct TranscriptParserTests {
  @Test func readsAWholeTranscript() throws {
    let text = """
      %transcript 1
      %backend kvm
      %seed 7
      %only-if kvm

      # A story.
      ringside> load x
      one

      two

      # Now the key.
      %key ^C at 5000
      ringside> run
      ringside> bogus
      error: no
      ? 1
      ringside>
      # End.
      """
    let parser = TranscriptParser(text, file: "x")
    #expect(parser.problems == [])
    let transcript = try #require(parser.transcript)
    #expect(transcript.backend == "kvm" && transcript.seed == 7 && transcript.conditions == ["kvm"])
    #expect(transcript.entries.map(\.command) == ["load x", "run", "bogus", ""])
    #expect(transcript.entries.map(\.line) == [7, 14, 15, 18])
    #expect(transcript.entries[0].expected.map(\.pattern.source) == ["one", "", "two"])
    #expect(transcript.entries[0].expected.map(\.line) == [8, 9, 10])
    #expect(transcript.entries[1].interrupt == .instructions(5000))
    #expect(transcript.entries[2].status == 1)
    #expect(transcript.header.count == 5)
    #expect(transcript.trailer == ["# End."])
  }

  /// A malformed file, the line of the problem, and a part of its message.
  static let slips: [(text: String, line: Int, part: String)] = [
    ("", 1, "begins with the line '%transcript 1'"),
    ("ringside> x", 1, "begins with the line"), ("%transcript", 1, "begins with the line"),
    ("%transcript 0", 1, "begins with the line"), ("%transcript x", 1, "begins with the line"),
    ("%transcript 2\nringside> x", 1, "update ringside"),
    ("%transcript 1\nout", 2, "before the first"),
    ("%transcript 1\n? 1", 2, "right after"),
    ("%transcript 1\n%backend xen", 2, "no backend 'xen'"),
    ("%transcript 1\n%backend", 2, "followed by one word"),
    ("%transcript 1\n%seed -1", 2, "a seed is"),
    ("%transcript 1\n%only-if moon", 2, "unknown condition"),
    ("%transcript 1\n%wait 5", 2, "unknown directive '%wait'"),
    ("%transcript 1\n%", 2, "unknown directive"),
    ("%transcript 1\nringside> x\n%seed 2", 3, "before the first command"),
    ("%transcript 1\n%transcript 1", 2, "before the first command"),
    ("%transcript 1\nringside>x", 2, "a space follows"),
    ("%transcript 1\nringside> x\n? one", 3, "an exit status is"),
    ("%transcript 1\nringside> x\n? 256", 3, "an exit status is"),
    ("%transcript 1\nringside> x\n? 1\n? 1", 4, "stands once"),
    ("%transcript 1\nringside> x\n? 1\nout", 4, "output follows"),
    ("%transcript 1\nringside> x\n# c\nout", 4, "output follows"),
    ("%transcript 1\nringside> x\n[=a]", 3, "nothing is captured as 'a'"),
    ("%transcript 1\n%key ^D at 5\nringside> x", 2, "a key is"),
    ("%transcript 1\n%key ^C at x\nringside> x", 2, "a key is"),
    ("%transcript 1\n%key ^C at -5\nringside> x", 2, "a key is"),
    ("%transcript 1\n%key ^C at 5\n%key ^C at 5\nringside> x", 3, "line 2 has a %key"),
    ("%transcript 1\n%key ^C at 5", 2, "no command follows"),
  ]

  @Test(arguments: slips.indices) func saysWhereASlipIs(_ index: Int) {
    let slip = Self.slips[index]
    let parser = TranscriptParser(slip.text, file: "x")
    #expect(parser.transcript == nil)
    #expect(
      parser.problems.contains { $0.line == slip.line && $0.message.contains(slip.part) },
      "\(slip), but \(parser.problems)")
  }

  @Test func survivesRandomBytes() {
    var random = SeededGenerator(state: 4)
    let pieces = [
      "%transcript 1\n", "%key ^C at ", "ringside> ", "ringside>", "? 1\n", "...\n", "[..]",
      "[hex:a]",
      "[=a]+", "\\", "#", "\n", "\r\n", "99999999999999999999", "[n]", "[us]", "%seed 1\n",
      "\u{301}",
    ]
    let host = CounterHost()
    var matched = 0
    for _ in 0..<20_000 {
      var bytes = Int.random(in: 0..<4, using: &random) == 0 ? [] : Array("%transcript 1\n".utf8)
      for _ in 0..<Int.random(in: 0..<24, using: &random) {
        if Bool.random(using: &random), let piece = pieces.randomElement(using: &random) {
          bytes += Array(piece.utf8)
        } else {
          bytes.append(UInt8.random(in: 0...255, using: &random))
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let parser = TranscriptParser(text, file: "x")
      #expect((parser.transcript == nil) == !parser.problems.isEmpty)
      guard parser.transcript != nil else { continue }
      // What has been brought up to date matches.
      let updated = TranscriptReplayer(host: host).update(text, file: "x").text
      let outcome = TranscriptReplayer(host: host).replay(updated, file: "x")
      guard case .matched = outcome else {
        Issue.record("\(outcome) of \(updated.debugDescription)")
        continue
      }
      matched += 1
    }
    #expect(matched > 100)
  }
}

import Glibc
import Testing

/// Whatever is typed, and whatever the window does meanwhile, the editor lives.
@Suite struct RandomKeysTests {
  private static let keys: [String] =
    [
      "a", "vm", " ", "ü", "€", "漢", "😀", "\u{301}", "long word ", "\u{1b}b", "\u{1b}f", "\u{1b}d",
      "\u{01}", "\u{05}", "\u{0b}", "\u{15}", "\u{19}", "\u{14}", "\u{13}", "\u{16}\u{01}",
      "\u{1e}",
      "\u{1b}[200~x\ty\u{1b}[201~", "\u{1b}[200~x\ny\u{1b}[201~", "\u{1b}[99~", "\u{1b}1",
      String(repeating: "z", count: 90),
    ]
    + [
      Key.enter, .tab, .backspace, .up, .down, .left, .right, .controlLeft, .controlRight, .home,
      .end, .delete, .interrupt, .clearScreen, .search, .deleteWord,
    ].map(\.rawValue)

  @Test(arguments: ["C.UTF-8", "C"], 1...4 as ClosedRange<UInt64>)
  func editorSurvives(locale: String, seed: UInt64) throws {
    let terminal = try PseudoTerminal.start(
      "LineEditDemo", columns: 30, rows: 5, environment: ["TERM": "xterm", "LC_ALL": locale])
    try terminal.waitFor("mo>")
    var random = SplitMix64(state: seed)
    for round in 1...30 {
      for _ in 0..<20 {
        try terminal.send(Self.keys[Int(random.next() % UInt64(Self.keys.count))])
        if random.next() % 8 == 0 {
          let columns = Int(random.next() % 60) + 1
          try terminal.resize(columns: columns, rows: Int(random.next() % 8) + 1)
        }
      }
      try expectPrompt(on: terminal, round: round)
    }
  }

  /// ^C leaves every mode. It also discards what was typed and not read yet, and between two lines
  /// it means the guest, so it may need another try.
  private func expectPrompt(on terminal: PseudoTerminal, round: Int) throws {
    for _ in 0..<30 {
      try terminal.send(.interrupt)
      usleep(10_000)
      try terminal.send("round\(round)\r")
      if (try? terminal.waitFor("got [round\(round)]", seconds: 1)) != nil { return }
    }
    try terminal.waitFor("got [round\(round)]", seconds: 1)
  }
}

/// Steele, Lea and Flood's generator: the same seed gives the same keys.
private struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

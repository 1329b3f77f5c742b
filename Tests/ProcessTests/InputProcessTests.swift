import Testing

/// What reaches the line editor besides plain keys: pastes, encodings, pipes.
@Suite struct InputProcessTests {
  private func started(locale: String = "C.UTF-8") throws -> PseudoTerminal {
    let terminal = try PseudoTerminal.start(
      "LineEditDemo", environment: ["TERM": "xterm", "LC_ALL": locale])
    try terminal.waitFor("mo>")
    return terminal
  }

  @Test func pasteIsBracketedWhileALineIsEdited() throws {
    let terminal = try started()
    #expect(terminal.transcript.contains("\u{1b}[?2004h"))
    try terminal.send(.enter)
    try terminal.waitFor("\u{1b}[?2004l")
    try terminal.waitFor("got []")
  }

  @Test func pastedLineWaitsForEnter() throws {
    let terminal = try started()
    try terminal.paste("vmxon\t0x1000\r")
    try terminal.waitFor("vmxon 0x1000")
    try terminal.send("!\r")
    try terminal.waitFor("got [vmxon 0x1000!]")
  }

  @Test func pastedLinesRunOneByOneAndTheLastWaits() throws {
    let terminal = try started()
    try terminal.send("a ")
    try terminal.paste("one\r\ntwo\n\nthree grün\n")
    try terminal.waitFor("got [a one]")
    try terminal.waitFor("got [two]")
    try terminal.waitFor("got []")
    try terminal.waitFor("three grün")
    try terminal.send("!\r")
    try terminal.waitFor("got [three grün!]")
  }

  @Test func interruptDropsTheRestOfAPaste() throws {
    let terminal = try started()
    try terminal.paste("wait\none\ntwo")
    try terminal.waitFor("waiting")
    terminal.signal(2)
    try terminal.waitFor("interrupted")
    try terminal.waitFor("mo>")
    try terminal.send("next\r")
    try terminal.waitFor("got [next]")
    #expect(!terminal.transcript.contains("got [one]"))
  }

  @Test func longPaste() throws {
    let terminal = try started()
    let text = (1...2000).map { "word\($0)" }.joined(separator: " ")
    try terminal.paste(text)
    try terminal.waitFor("word2000")
    try terminal.send(.enter)
    try terminal.waitFor("got [\(text)]")
  }

  @Test(arguments: ["C.UTF-8", "C", "no_SUCH.UTF-8"])
  func nonASCIIInputArrives(locale: String) throws {
    let terminal = try started(locale: locale)
    try terminal.send("grün € 😀\r")
    try terminal.waitFor("got [grün € 😀]")
  }

  @Test func backspaceDeletesAWholeCharacter() throws {
    let terminal = try started()
    try terminal.send("grü€")
    try terminal.send(.backspace, .backspace)
    try terminal.send("au\r")
    try terminal.waitFor("got [grau]")
  }

  @Test func invalidUTF8IsDropped() throws {
    let terminal = try started()
    try terminal.send([0x61, 0xff, 0xe9, 0x62, 0xc3, 0x0d])
    try terminal.waitFor("got [ab]")
  }

  @Test func missingAndDumbTerminals() throws {
    for environment in [[:], ["TERM": "dumb"], ["TERM": "no-such-terminal"]] {
      let terminal = try PseudoTerminal.start("LineEditDemo", environment: environment)
      try terminal.waitFor("mo>")
      try terminal.send("abc\r")
      try terminal.waitFor("got [abc]")
      try terminal.waitFor("mo>")
      try terminal.send(.endOfFile)
      #expect(try terminal.waitForExit() == .exited(0))
    }
  }

  @Test func pipesAreReadPlainlyWithoutAPrompt() throws {
    let demo = try Products.path(of: "LineEditDemo")
    let terminal = try PseudoTerminal.start(
      "/bin/sh", ["-c", "printf 'a\\r\\nb\\nlast' | '\(demo)' | cat"])
    #expect(try terminal.waitForExit() == .exited(0))
    #expect(terminal.transcript == "got [a]\r\ngot [b]\r\ngot [last]\r\nend\r\n")
  }

  @Test func readerThatLeavesEndsQuietly() throws {
    let demo = try Products.path(of: "LineEditDemo")
    let terminal = try PseudoTerminal.start(
      "/bin/sh", ["-c", "{ yes | '\(demo)'; echo status $? >&2; } | head -n 1"])
    #expect(try terminal.waitForExit() == .exited(0))
    #expect(terminal.transcript == "got [y]\r\nstatus 0\r\n")
  }
}

import Glibc
import Testing

/// The line editor on a real terminal, by way of the `LineEditDemo` program.
@Suite struct LineEditorTests {
  let prompt = "démo>"

  private func started(
    _ arguments: [String] = [], columns: Int = 80, locale: String = "C.UTF-8"
  ) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal.start(
      "LineEditDemo", arguments, columns: columns,
      environment: ["TERM": "xterm", "LC_ALL": locale])
    try terminal.waitFor(locale == "C.UTF-8" ? prompt : "d?mo>")
    return terminal
  }

  @Test func showsPromptAndReturnsTypedLine() throws {
    let terminal = try started()
    try terminal.send("info machine\r")
    try terminal.waitFor("got [info machine]")
    try terminal.waitFor(prompt)
  }

  @Test func colourOfPromptIsSwitchedOffBeforeTheLine() throws {
    let terminal = try started()
    try terminal.send("a\r")
    try terminal.waitFor("got [a]")
    #expect(terminal.transcript.contains("\u{1b}[1;32mdémo>\u{1b}[0m "))
  }

  @Test func endOfFileEnds() throws {
    let terminal = try started()
    try terminal.send(.endOfFile)
    try terminal.waitFor("end\r\n")
    #expect(try terminal.waitForExit() == .exited(0))
  }

  @Test func endOfFileInsideALineDoesNotEnd() throws {
    let terminal = try started()
    try terminal.send("abc")
    try terminal.send(.endOfFile, .enter)
    try terminal.waitFor("got [abc]")
  }

  @Test func interruptCancelsTheLine() throws {
    let terminal = try started()
    try terminal.send("half a comm")
    try terminal.waitFor("comm")
    try terminal.send(.interrupt)
    try terminal.waitFor("^C\r\ncancelled")
    try terminal.waitFor(prompt)
    try terminal.send("next\r")
    try terminal.waitFor("got [next]")
  }

  @Test func interruptOutsideTheLineStopsTheGuestAndItsSystemCall() throws {
    let terminal = try started()
    try terminal.send("wait\r")
    try terminal.waitFor("waiting")
    // The program is about to enter the system call.
    usleep(200_000)
    try terminal.send(.interrupt)
    try terminal.waitFor("system call interrupted")
    try terminal.waitFor(prompt)
    try terminal.send("next\r")
    try terminal.waitFor("got [next]")
  }

  @Test func editingKeys() throws {
    let cases: [(keys: [String], line: String)] = [
      (["bc", Key.home.rawValue, "a"], "abc"),
      (["bc", Key.home1.rawValue, "a"], "abc"),
      (["bc", Key.home.rawValue, "a", Key.end.rawValue, "d"], "abcd"),
      (["bc", Key.home.rawValue, "a", Key.end4.rawValue, "d"], "abcd"),
      (["xabc", Key.home.rawValue, Key.delete.rawValue], "abc"),
      (["abx", Key.backspace.rawValue, "c"], "abc"),
      (["abd", Key.left.rawValue, "c"], "abcd"),
      (["one two", Key.controlLeft.rawValue, "and "], "one and two"),
      (["one two", Key.home.rawValue, Key.controlRight.rawValue, "!"], "one! two"),
      (["one two", Key.deleteWord.rawValue, "three"], "one three"),
      (["\u{16}\t", "x"], "\tx"),
    ]
    let terminal = try started()
    for (keys, line) in cases {
      for key in keys { try terminal.send(key) }
      try terminal.send(.enter)
      try terminal.waitFor("got [\(line)]")
    }
  }

  @Test func clearScreenKeepsTheLine() throws {
    let terminal = try started()
    try terminal.send("abc")
    try terminal.waitFor("abc")
    try terminal.send(.clearScreen)
    try terminal.waitFor("\u{1b}[H")
    try terminal.waitFor("abc")
    try terminal.send(.enter)
    try terminal.waitFor("got [abc]")
  }

  @Test func lineWiderThanTheScreen() throws {
    let terminal = try started(columns: 20)
    let line = (1...30).map { "word\($0)" }.joined(separator: " ")
    try terminal.send(line)
    try terminal.waitFor("word30")
    try terminal.send(.home)
    try terminal.send("first ")
    try terminal.send(.enter)
    try terminal.waitFor("got [first \(line)]")
  }

  @Test func interruptOnALongLinePrintsBelowIt() throws {
    let terminal = try started(columns: 20)
    try terminal.send(String(repeating: "x", count: 70) + "end")
    try terminal.waitFor("end")
    try terminal.send(.home, .interrupt)
    try terminal.waitFor("^C\r\ncancelled")
  }

  @Test func resizeKeepsTheLine() throws {
    let terminal = try started()
    try terminal.send(String(repeating: "a", count: 70))
    for columns in [20, 5, 2, 1, 200, 40] {
      try terminal.resize(columns: columns, rows: columns < 10 ? 2 : 30)
      try terminal.send("b")
      // The line is drawn again, or its end where it is higher than the screen.
      try terminal.waitFor("b")
    }
    try terminal.send(.enter)
    try terminal.waitFor("got [" + String(repeating: "a", count: 70) + "bbbbbb]")
  }

  @Test func presetTextIsEdited() throws {
    let terminal = try started()
    try terminal.send("preset vmxon 0x1000 grün\r")
    try terminal.waitFor("got [")
    try terminal.waitFor(prompt)
    try terminal.waitFor("vmxon 0x1000 grün")
    try terminal.send("!\r")
    try terminal.waitFor("got [vmxon 0x1000 grün!]")
    try terminal.waitFor(prompt)
    try terminal.send("plain\r")
    try terminal.waitFor("got [plain]")
  }

  @Test func stopAndContinue() throws {
    // A shell with job control: a session leader alone can't be stopped by ^Z.
    let demo = try Products.path(of: "LineEditDemo")
    let terminal = try PseudoTerminal.start("/bin/sh", ["-mc", "'\(demo)'; echo out; fg"])
    try terminal.waitFor(prompt)
    try terminal.send("half")
    try terminal.waitFor("half")
    try terminal.send(.suspend)
    try terminal.waitFor("out\r\n")
    try terminal.waitFor(prompt)
    try terminal.waitFor("half")
    try terminal.send(" done\r")
    try terminal.waitFor("got [half done]")
    try terminal.waitFor(prompt)
    try terminal.send(.endOfFile)
    #expect(try terminal.waitForExit() == .exited(0))
  }

  @Test func continuedWithoutHavingStoppedDrawsTheLineAgain() throws {
    let terminal = try started()
    try terminal.send("half")
    try terminal.waitFor("half")
    terminal.signal(SIGCONT)
    try terminal.waitFor(prompt)
    try terminal.waitFor("half")
    try terminal.send(" done\r")
    try terminal.waitFor("got [half done]")
  }

  @Test func terminationRestoresTheTerminal() throws {
    for number in [SIGTERM, SIGHUP] {
      let terminal = try started()
      terminal.signal(number)
      try terminal.waitFor("\u{1b}[?2004l")
      #expect(try terminal.waitForExit() == .signalled(number))
    }
  }
}

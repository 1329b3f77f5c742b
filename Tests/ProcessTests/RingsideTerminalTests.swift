import Testing

@testable import Shell

/// The program as it is used: typed on a terminal.
@Suite struct RingsideTerminalTests {
  let folder = TemporaryFolder()

  /// Types lines, each when the prompt is there.
  private func type(_ lines: String..., on terminal: PseudoTerminal) throws {
    for line in lines {
      try terminal.send(line + "\r")
      try terminal.waitFor("\r\n")
      try terminal.waitFor("ringside>")
    }
  }

  @Test func greetsAndEnds() throws {
    let terminal = try PseudoTerminal.start("ringside", environment: Ringside.environment())
    try terminal.waitFor("Ringside: ")
    try terminal.waitFor("`lesson start first-exit`")
    try terminal.waitFor("`help`")
    try terminal.waitFor("ringside>")
    try terminal.send("print 0x20 + 1\r")
    try terminal.waitFor("0x21 = 33\r\n")
    try terminal.waitFor("ringside>")
    try terminal.send(.endOfFile)
    #expect(try terminal.waitForExit() == .exited(0))
  }

  @Test func quitEnds() throws {
    let terminal = try Ringside.terminal()
    try terminal.send("q\r")
    #expect(try terminal.waitForExit() == .exited(0))
  }

  @Test func runsAGuest() throws {
    let terminal = try Ringside.terminal()
    try terminal.send("load hello\r")
    try terminal.waitFor("loaded hello: ")
    try terminal.waitFor("ringside>")
    try terminal.send("run\r")
    try terminal.waitFor("Hello from the guest!")
    try terminal.waitFor("ringside>")
  }

  @Test func anErrorIsShownAndTheShellGoesOn() throws {
    let terminal = try Ringside.terminal()
    try terminal.send("lod hello\r")
    try terminal.waitFor("error:")
    try terminal.waitFor("did you mean `load`?")
    try terminal.waitFor("ringside>")
    try terminal.send(.endOfFile)
    #expect(try terminal.waitForExit() == .exited(0))
  }

  @Test(arguments: [
    ("gue\t\r", "what it does"), ("load cpu\t\r", "loaded cpuid: "),
    ("explain GUEST_RI\t\r", "0x681e"), ("help vmla\t\r", "enter the guest with"),
  ])
  func tabCompletes(_ keys: String, _ answer: String) throws {
    let terminal = try Ringside.terminal()
    try terminal.send(keys)
    try terminal.waitFor(answer)
    try terminal.waitFor("ringside>")
  }

  @Test func tabListsWhatIsPossible() throws {
    let terminal = try Ringside.terminal()
    try terminal.send("vmr\t")
    try terminal.waitFor("vmread    vmresume\r\n")
    try terminal.waitFor("ringside>")
    try terminal.send("s\t\r")
    try terminal.waitFor("#UD")
  }

  @Test func historyOutlivesTheProgram() throws {
    var terminal = try Ringside.terminal(state: folder.path)
    try type("print 40 + 2", "print 5", on: terminal)
    try terminal.send(.up, .up, .enter)
    try terminal.waitFor("0x2a = 42")
    try terminal.waitFor("ringside>")
    try terminal.send(.endOfFile)
    #expect(try terminal.waitForExit() == .exited(0))
    let file = folder.path + "/ringside/history"
    #expect(FileContents.text(of: file).hasPrefix("print 40 + 2\nprint 5\n"))
    #expect(FileContents.mode(of: file) == 0o600)

    terminal = try Ringside.terminal(state: folder.path)
    try terminal.send(.up, .enter)
    try terminal.waitFor("0x2a = 42")
    try terminal.waitFor("ringside>")
    try terminal.send(.search)
    try terminal.waitFor("bck:")
    try terminal.send("int 5\r")
    try terminal.waitFor("0x5 = 5")
  }

  @Test func interruptAtThePromptCancelsTheLine() throws {
    let terminal = try Ringside.terminal()
    try terminal.send("half a comm")
    try terminal.waitFor("comm")
    try terminal.send(.interrupt)
    try terminal.waitFor("ringside>")
    try terminal.send("print 7\r")
    try terminal.waitFor("0x7 = 7\r\n")
    #expect(!terminal.transcript.contains("error:"))
  }

  @Test(arguments: ["sim", "kvm"])
  func interruptStopsAGuestThatNeverExits(_ backend: String) throws {
    guard backend == "sim" || Ringside.hasKVM("^C on kvm") else { return }
    let terminal = try Ringside.terminal("--backend", backend)
    try type("load hello", "write 0x1000 0xeb 0xfe", on: terminal)
    try terminal.send("run\r")
    try terminal.waitFor("\r\n")
    try terminal.interruptUntil("interrupted\r\n")
    try terminal.waitFor("jmp 0x1000")
    try terminal.waitFor("ringside>")
    // The guest is as it was, and so is the shell.
    try type("write 0x1000 0x31 0xc0", on: terminal)
    try terminal.send("continue\r")
    try terminal.waitFor("Hello from the guest!")
    try terminal.waitFor("ringside>")
    try terminal.send(.endOfFile)
    #expect(try terminal.waitForExit() == .exited(0))
  }

  @Test func resizeKeepsTheLine() throws {
    let terminal = try Ringside.terminal()
    try terminal.send("print 1 + 1 + 1 + 1 + 1 + 1 + 1")
    for columns in [20, 10, 120] {
      try terminal.resize(columns: columns, rows: 24)
      try terminal.send(" + 1")
      try terminal.waitFor("1")
    }
    try terminal.send("\r")
    try terminal.waitFor("0xa = 10")
  }

  @Test func enterRepeatsSteppingAndNothingElse() throws {
    let terminal = try Ringside.terminal()
    try type("load count", on: terminal)
    try terminal.send("stepi\r")
    try terminal.waitFor("=> 0x1002")
    try terminal.waitFor("ringside>")
    try terminal.send("\r")
    try terminal.waitFor("=> 0x1004")
    try terminal.waitFor("ringside>")
    try type("write 0x5000 1", on: terminal)
    try terminal.send("\r")
    try terminal.waitFor("ringside>")
    try terminal.send("print $rip\r")
    try terminal.waitFor("0x1004 = 4100")
  }

  @Test func theLessonStandsInThePrompt() throws {
    let terminal = try Ringside.terminal(state: folder.path)
    try terminal.send("lesson start first-exit\r")
    try terminal.waitFor("VM exit")
    try terminal.waitFor("ringside [first-exit 1/6]>")
    // `solution` puts the command into the line, and does not carry it out.
    try terminal.send("lesson solution\r")
    try terminal.waitFor("ringside [first-exit 1/6]>")
    try terminal.waitFor("load cpuid")
    try terminal.send("\r")
    try terminal.waitFor("loaded cpuid: ")
    try terminal.waitFor("ringside [first-exit 1/6]>")
    // The second command of the solution.
    try terminal.waitFor("run")
    try terminal.send("\r")
    try terminal.waitFor("GenuineIntel")
    try terminal.waitFor("ringside [first-exit ")
    try terminal.send("lesson quit\r")
    try terminal.waitFor("ringside>")
    try terminal.send(.endOfFile)
    #expect(try terminal.waitForExit() == .exited(0))
    #expect(
      FileContents.text(of: folder.path + "/ringside/lessons.progress").contains("first-exit"))
  }

  @Test func theSubcommandStartsALesson() throws {
    let terminal = try PseudoTerminal.start(
      "ringside", ["lesson", "start", "entry-fails"],
      environment: Ringside.environment(state: folder.path))
    try terminal.waitFor("ringside [entry-fails 1/6]>")
    #expect(!terminal.transcript.contains("New here?"))
  }

  @Test func scriptsComeBeforeThePrompt() throws {
    let terminal = try PseudoTerminal.start(
      "ringside", ["-e", "load count", "-e", "stepi"], environment: Ringside.environment())
    try terminal.waitFor("loaded count: ")
    try terminal.waitFor("=> 0x1002")
    try terminal.waitFor("ringside>")
  }
}

extension PseudoTerminal {
  /// Types ^C until `text` comes: one that comes before the guest runs stops nothing.
  func interruptUntil(_ text: String) throws {
    for _ in 0..<20 {
      try send(.interrupt)
      if (try? waitFor(text, seconds: 2)) != nil { return }
    }
    try waitFor(text)
  }
}

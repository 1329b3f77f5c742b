import Testing

/// The harness itself.
@Suite struct PseudoTerminalTests {
  @Test func waitingInVainTellsWhatTheProgramWrote() throws {
    let terminal = try PseudoTerminal.start("/bin/echo", ["something else"])
    let failure = #expect(throws: PseudoTerminal.Failure.self) {
      try terminal.waitFor("this", seconds: 2)
    }
    #expect(failure?.description.contains("something else") == true)
  }

  @Test func exitStatusAndSignalAreTold() throws {
    #expect(try PseudoTerminal.start("/bin/sh", ["-c", "exit 7"]).waitForExit() == .exited(7))
    let killed = try PseudoTerminal.start("/bin/sh", ["-c", "kill -9 $$"])
    #expect(try killed.waitForExit() == .signalled(9))
  }

  @Test func sizeAndEnvironmentArriveAndNothingElse() throws {
    let terminal = try PseudoTerminal.start(
      "/bin/sh", ["-c", "stty size; env | grep -v -e PWD -e _= -e SHLVL -e OLDPWD; tty"],
      columns: 33, rows: 7, environment: ["NAME": "value"])
    #expect(try terminal.waitForExit() == .exited(0))
    #expect(terminal.transcript.hasPrefix("7 33\r\nNAME=value\r\n/dev/pts/"))
  }

  @Test func missingProgramIsAnError() throws {
    #expect(throws: PseudoTerminal.Failure.self) { try PseudoTerminal.start("no-such-product") }
    #expect(throws: PseudoTerminal.Failure.self) { try PseudoTerminal.start("/no/such/file") }
  }
}

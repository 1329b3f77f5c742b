import Testing

@Suite struct CompletionProcessTests {
  private func started(columns: Int = 80, locale: String = "C.UTF-8") throws -> PseudoTerminal {
    let terminal = try PseudoTerminal.start(
      "LineEditDemo", columns: columns, environment: ["TERM": "xterm", "LC_ALL": locale])
    try terminal.waitFor("mo>")
    return terminal
  }

  @Test func uniqueWordIsCompletedWithASpace() throws {
    let terminal = try started()
    try terminal.send("vml\t0x10\r")
    try terminal.waitFor("got [vmlaunch 0x10]")
  }

  @Test func folderIsCompletedWithoutASpace() throws {
    let terminal = try started()
    try terminal.send("les\tfirst\r")
    try terminal.waitFor("got [lessons/first]")
  }

  @Test func wordInsideTheLineIsCompleted() throws {
    let terminal = try started()
    try terminal.send("a vml b")
    try terminal.send(.left, .left)
    try terminal.send("\t\r")
    try terminal.waitFor("got [a vmlaunch b]")
  }

  @Test func nonASCIIWordIsCompleted() throws {
    let terminal = try started()
    try terminal.send("grün über\t!\r")
    try terminal.waitFor("got [grün überall !]")
  }

  @Test func ambiguousWordListsCandidatesAtOnce() throws {
    let terminal = try started()
    try terminal.send("vm\t")
    try terminal.waitFor("\r\nvmlaunch  vmread    vmresume  vmwrite\r\n")
    try terminal.waitFor("démo>")
    try terminal.waitFor("vm")
    try terminal.send("r\ta\t\r")
    try terminal.waitFor("got [vmread ]")
  }

  @Test func commonPrefixIsInsertedAndCandidatesListed() throws {
    let terminal = try started()
    try terminal.send("vmr\t")
    try terminal.waitFor("\r\nvmread    vmresume\r\n")
    try terminal.send("s\t\r")
    try terminal.waitFor("got [vmresume ]")
  }

  @Test func columnsFitTheWidth() throws {
    let terminal = try started(columns: 20)
    try terminal.send("vm\t")
    try terminal.waitFor("\r\nvmlaunch  vmresume\r\nvmread    vmwrite\r\n")
  }

  @Test func listGoesBelowALineOfSeveralRows() throws {
    let terminal = try started(columns: 20)
    let tail = String(repeating: "z", count: 60)
    try terminal.send("vm \(tail)")
    try terminal.send(.home, .right, .right)
    try terminal.send("\t")
    try terminal.waitFor("\r\nvmlaunch  vmresume\r\n")
    try terminal.send("l\t\r")
    try terminal.waitFor("got [vmlaunch \(tail)]")
  }

  @Test func nothingToCompleteLeavesTheLine() throws {
    let terminal = try started()
    try terminal.send("zzz\t\r")
    try terminal.waitFor("got [zzz]")
  }

  @Test func listInTheCLocaleIsASCII() throws {
    let terminal = try started(locale: "C")
    try terminal.send("\t")
    try terminal.waitFor("?berall")
    try terminal.send("vml\t\r")
    try terminal.waitFor("got [vmlaunch ]")
  }
}

import Glibc
import Testing

@testable import Shell

@Suite struct HistoryProcessTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/state/history" }

  private func started() throws -> PseudoTerminal {
    let terminal = try PseudoTerminal.start("LineEditDemo", [path])
    try terminal.waitFor("démo>")
    return terminal
  }

  private func type(_ lines: [String], on terminal: PseudoTerminal) throws {
    for line in lines {
      try terminal.send(line + "\r")
      try terminal.waitFor("got [\(line)]")
      try terminal.waitFor("démo>")
    }
  }

  @Test func upBringsBackEarlierLines() throws {
    let terminal = try started()
    try type(["one", "two"], on: terminal)
    try terminal.send(.up, .up)
    try terminal.send("!\r")
    try terminal.waitFor("got [one!]")
    try terminal.waitFor("démo>")
    try terminal.send(.up, .up, .up, .down, .enter)
    try terminal.waitFor("got [two]")
  }

  @Test func linesArePersistentAndPrivate() throws {
    var terminal = try started()
    try type(["grün", "twice", "twice", " secret", "last"], on: terminal)
    try terminal.send(.endOfFile)
    #expect(try terminal.waitForExit() == .exited(0))
    #expect(FileContents.text(of: path) == "grün\ntwice\nlast\n")
    #expect(FileContents.mode(of: path) == 0o600)

    terminal = try started()
    try terminal.send(.up, .up, .up, .enter)
    try terminal.waitFor("got [grün]")
  }

  @Test func searchFindsAnEarlierLine() throws {
    let terminal = try started()
    try type(["vmread GUEST_RIP", "info machine", "stepi"], on: terminal)
    try terminal.send(.search)
    try terminal.waitFor("bck:")
    try terminal.send("EST")
    try terminal.waitFor("vmread GUEST_RIP")
    try terminal.send(.enter)
    try terminal.waitFor("got [vmread GUEST_RIP]")
  }

  @Test func interruptLeavesASearch() throws {
    let terminal = try started()
    try type(["vmread GUEST_RIP"], on: terminal)
    try terminal.send(.search)
    try terminal.waitFor("bck:")
    try terminal.send("GUE")
    try terminal.send(.interrupt)
    try terminal.waitFor("cancelled")
    try terminal.waitFor("démo>")
    try type(["next"], on: terminal)
  }

  @Test func twoShellsShareTheFile() throws {
    let first = try started()
    let second = try started()
    for number in 1...20 {
      try first.send("first \(number)\r")
      try second.send("second \(number)\r")
    }
    try first.waitFor("got [first 20]")
    try second.waitFor("got [second 20]")
    for terminal in [first, second] {
      try terminal.waitFor("démo>")
      try terminal.send(.endOfFile)
      #expect(try terminal.waitForExit() == .exited(0))
    }
    let lines = FileContents.text(of: path).split(separator: "\n").map(String.init)
    let expected = (1...20).flatMap { ["first \($0)", "second \($0)"] }
    #expect(lines.sorted() == expected.sorted())
    #expect(lines.filter { $0.hasPrefix("first") } == (1...20).map { "first \($0)" })
  }
}

/// A folder that is deleted with its last user.
final class TemporaryFolder {
  let path: String

  init() {
    var template = Array("/tmp/ringside-test-XXXXXX".utf8CString)
    // SAFETY: the template ends in NUL and is changed in place.
    path = unsafe mkdtemp(&template).map { unsafe String(cString: $0) } ?? ""
  }

  deinit {
    guard !path.isEmpty else { return }
    _ = try? Spawning.wait(for: Spawning.start(["/bin/rm", "-rf", path], environment: [:]))
  }
}

enum FileContents {
  static func text(of path: String) -> String {
    let descriptor = FileCalls.open(path, O_RDONLY, mode: 0)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    return String(decoding: FileCalls.read(descriptor, at: 0, atMost: 1 << 20), as: UTF8.self)
  }

  static func mode(of path: String) -> mode_t? {
    var status = stat()
    // SAFETY: `status` lives through the call.
    return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
  }
}

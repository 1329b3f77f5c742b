import Foundation
import Testing

@testable import Shell

/// Files of commands, good and bad.
@Suite struct ScriptTests {
  private func file(_ text: String) throws -> String {
    let path = NSTemporaryDirectory() + "script-\(UUID().uuidString)"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func whatWasShownBeforeAFailureStays() throws {
    let path = try file("print 1\nbogus\nprint 2\n")
    let result = fakeSession().execute("source \(path)")
    #expect(result.output == "0x1 = 1")
    #expect(result.error?.code == "unknown-command")
    #expect(result.error?.message.hasPrefix("\(path):2: ") == true)
  }

  @Test func folderIsNoScript() {
    let error = fakeSession().execute("source /tmp").error
    #expect(error?.code == "bad-file")
    #expect(error?.message.contains("/tmp:1: this is a directory") == true)
  }

  @Test func circleIsNamedOnce() throws {
    let path = try file("")
    try Data("source \(path)\n".utf8).write(to: URL(fileURLWithPath: path))
    let error = try #require(fakeSession().execute("source \(path)").error)
    #expect(error.code == "circular-source")
    #expect(error.message.components(separatedBy: path).count == 3)
  }

  @Test func binaryFileIsRefusedWithItsLine() throws {
    let path = try file("print 1\nload \u{0}\n")
    let result = fakeSession().execute("source \(path)")
    #expect(result.output.isEmpty)
    #expect(result.error?.message.hasPrefix("\(path):2: ") == true)
  }

  @Test func lineThatIsNotUnderstoodStillNamesItsCommand() {
    let result = fakeSession().execute("print \"a")
    #expect(result.command == "print")
    #expect(result.error?.code == "unterminated-quote")
  }
}

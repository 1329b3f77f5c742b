import Foundation
import Testing

/// A parent may start the program without standard input or output.
@Suite struct ClosedDescriptorTests {
  /// The exit status under `sh`; 124 if it did not end.
  private func status(_ redirection: String) throws -> Int32 {
    let program = try Products.path(of: "ringside")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "exec timeout 60 '\(program)' -e guests \(redirection)"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  @Test(arguments: ["<&-", "</dev/null >&-", "</dev/null 2>&-", "<&- >&- 2>&-"])
  func programEnds(_ redirection: String) throws {
    #expect(try status(redirection) == 0)
  }
}

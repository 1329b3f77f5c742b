import Foundation
import Testing

@testable import Shell

/// The real program: on a terminal, or with pipes.
enum Ringside {
  /// What a run without a terminal left.
  struct Result {
    var status: Int32
    var output: String
    var errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// Each line of the output as a JSON object.
    func objects() throws -> [[String: Any]] {
      try lines.map { line in
        let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
        return try #require(value as? [String: Any], "no object: \(line)")
      }
    }
  }

  /// What the program sees of the environment; nothing of the tester's own.
  static func environment(state: String = "/nonexistent") -> [String: String] {
    [
      "PATH": "/usr/bin:/bin", "TERM": "xterm", "LC_ALL": "C.UTF-8", "XDG_STATE_HOME": state,
      "RINGSIDE_LESSONS": repository + "/lessons",
    ]
  }

  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// Runs it to its end with `input` as standard input.
  static func run(
    _ arguments: String..., input: String = "", environment more: [String: String] = [:]
  ) throws -> Result {
    try program(Products.path(of: "ringside"), arguments, input: input, environment: more)
  }

  /// Runs a line of bash, in which `$RINGSIDE` is the program.
  static func bash(_ line: String) throws -> Result {
    try program(
      "/bin/bash", ["-c", line], input: "",
      environment: ["RINGSIDE": Products.path(of: "ringside")])
  }

  private static func program(
    _ path: String, _ arguments: [String], input: String, environment more: [String: String]
  ) throws -> Result {
    // Files and not pipes: nobody need read while the program writes.
    let folder = TemporaryFolder()
    func file(_ name: String, _ text: String) throws -> FileHandle {
      let url = URL(fileURLWithPath: folder.path + "/" + name)
      try Data(text.utf8).write(to: url)
      return try FileHandle(forUpdating: url)
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = environment().merging(more) { $1 }
    process.standardInput = try file("input", input)
    process.standardOutput = try file("output", "")
    process.standardError = try file("errors", "")
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationReason == .exit
        ? process.terminationStatus : -process.terminationStatus,
      output: FileContents.text(of: folder.path + "/output"),
      errors: FileContents.text(of: folder.path + "/errors"))
  }

  /// Starts it on a terminal, and waits for the prompt.
  static func terminal(
    _ arguments: String..., state: String = "/nonexistent", columns: Int = 80
  ) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal.start(
      "ringside", arguments, columns: columns, environment: environment(state: state))
    try terminal.waitFor("ringside>")
    return terminal
  }

  /// Why there is no KVM here; nil if there is.
  static let noKVM: String? = {
    guard let result = try? run("--backend", "kvm", "-e", "info machine", "--batch") else {
      return "the program does not start"
    }
    return result.status == 0 ? nil : result.errors
  }()

  /// Whether KVM can be used; prints why not.
  static func hasKVM(_ what: String) -> Bool {
    if let noKVM { print("\(what): skipped: \(noKVM)") }
    return noKVM == nil
  }
}

import Testing

@testable import Shell

/// What the README shows is what happens.
@Suite struct ReadmeTests {
  /// The lines between ```` ```ringside ```` and ```` ``` ````.
  private func session() throws -> [Substring] {
    let lines = try RepositoryFiles.text("README.md").split(
      separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "```ringside"))
    return Array(lines[(start + 1)...].prefix { $0 != "```" })
  }

  @Test func theSessionHappensAsItIsShown() throws {
    let text = "%transcript 1\n" + (try session().joined(separator: "\n")) + "\n"
    let transcript = try #require(TranscriptParser(text, file: "README.md").transcript)
    #expect(transcript.entries.count >= 5)
    #expect(
      transcript.entries.allSatisfy { $0.expected.allSatisfy { !$0.pattern.hasHoles } },
      "nothing is left out")
    let outcome = TranscriptReplayer(host: SessionHost(options: SessionOptions()))
      .replay(text, file: "README.md")
    #expect(outcome == .matched(commands: transcript.entries.count))
  }

  @Test func theCommandsItNamesExist() throws {
    let text = try RepositoryFiles.text("README.md")
    let makefile = try RepositoryFiles.text("Makefile")
    for target in ["run", "test"] {
      #expect(text.contains("\nmake \(target) "))
      #expect(makefile.contains("\n\(target):"))
    }
  }

  /// The README says what the set-up installs, and the set-up installs no more.
  @Test func itSaysWhatIsInstalled() throws {
    let script = try RepositoryFiles.text("tools/install-dependencies")
    let line = try #require(
      script.split(separator: "\n").first { $0.contains("apt-get install -y") })
    let packages = line.split(separator: " ").drop { $0 != "install" }.dropFirst()
      .filter { !$0.hasPrefix("-") }
    #expect(packages.count >= 1)
    for package in packages { #expect(try RepositoryFiles.text("README.md").contains(package)) }
  }
}

import Foundation
import Testing

@testable import Shell

/// The recorded sessions of the repository, replayed in a real session.
@Suite struct TranscriptStoryTests {
  static let files: [String] = {
    let folder = RepositoryFiles.path("transcripts")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".transcript") }.sorted()
  }()

  @Test(arguments: files)
  func itHappensAgain(_ file: String) throws {
    let report = try TranscriptReplayer(host: SessionHost(options: SessionOptions()))
      .replay([RepositoryFiles.path("transcripts/\(file)")], environment: [:])
    let outcome = try #require(report.outcomes.first?.outcome)
    switch outcome {
    case .matched(let commands): #expect(commands > 0)
    case .skipped(let reason):
      print("\(file): skipped: \(reason)")
      #expect(file.hasPrefix("kvm-"), "only a story of KVM may be skipped")
    default: Issue.record("\(report.lines.joined(separator: "\n"))")
    }
  }

  @Test func thereAreStoriesOfBothBackends() throws {
    #expect(Self.files.filter { !$0.hasPrefix("kvm-") }.count >= 8)
    #expect(Self.files.filter { $0.hasPrefix("kvm-") }.count >= 3)
  }

  /// A story begins with what it is about, and the page that lists the stories names it.
  @Test(arguments: files)
  func itHasATitleAndIsListed(_ file: String) throws {
    let text = try RepositoryFiles.text("transcripts/\(file)")
    let transcript = try #require(TranscriptParser(text, file: file).transcript)
    #expect(transcript.header.contains { $0.hasPrefix("# ") })
    let page = try RepositoryFiles.text("transcripts/README.md")
    #expect(page.contains("[\(file.dropLast(".transcript".count))](\(file))"))
  }

  /// What one transcript has set is not set in the next.
  @Test func eachIsPlayedInASessionOfItsOwn() throws {
    let replayer = TranscriptReplayer(host: SessionHost(options: SessionOptions()))
    let first = "%transcript 1\nringside> load count\n...\nringside> set limit 1\n..."
    #expect(replayer.replay(first, file: "first") == .matched(commands: 2))
    let second = """
      %transcript 1
      ringside> load count
      ...
      ringside> run
      ...
      ringside> print $ax
      0x37 = 55
      """
    #expect(replayer.replay(second, file: "second") == .matched(commands: 3))
  }

  /// A guest under KVM counts no instructions, but ^C stops it all the same.
  @Test func interruptAfterAWhile() throws {
    for backend in ["sim", "kvm"] {
      let text = """
        %transcript 1
        %backend \(backend)
        ringside> load count
        ...
        ringside> write 0x1000 0xeb 0xfe
        ...
        %key ^C after 20 ms
        ringside> run
        interrupted
        ...
        ringside> print $rip
        0x1000 = 4096
        """
      let outcome = TranscriptReplayer(host: SessionHost(options: SessionOptions()))
        .replay(text, file: backend)
      if case .skipped(let reason) = outcome, backend == "kvm" {
        print("^C on kvm: skipped: \(reason)")
      } else {
        #expect(outcome == .matched(commands: 4))
      }
    }
  }

  @Test(arguments: [
    "^C", "^C after", "^C after 5", "^C after 5 s", "^C after 99999 ms", "^C at -1",
  ])
  func keysThatAreNone(_ key: String) {
    let parsed = TranscriptParser("%transcript 1\n%key \(key)\nringside> run\n", file: "x")
    #expect(parsed.problems.first?.line == 2)
  }
}

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
    let first = "%transcript 1\nringside> load count\n...\nringside> handle hlt stop\n..."
    #expect(replayer.replay(first, file: "first") == .matched(commands: 2))
    let second = """
      %transcript 1
      ringside> handle
      no reason has a policy of its own
      """
    guard case .diverged(let one) = replayer.replay(second, file: "second") else { return }
    #expect(!one.actual.joined().contains("hlt: stop"))
  }
}

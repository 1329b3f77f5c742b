import Foundation
import Testing

@testable import Shell

@Suite final class TranscriptReplayTests {
  let host = CounterHost()
  let folder = NSTemporaryDirectory() + "ringside-transcripts-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { folder + "/" + name }

  func read(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }

  func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
  }

  func replay(_ text: String) -> TranscriptReplayer.Outcome {
    TranscriptReplayer(host: host).replay(text, file: "x")
  }

  static let story = """
    %transcript 1
    %backend sim
    %seed 1

    # A machine counts.
    ringside> load counter
    loaded counter at [hex:base]
    next: [..]

    ringside> inc 5
    ...
    at [=base]+5
    ringside> bogus
    error: unknown command 'bogus'
    ? 1

    """

  // MARK: Recording

  @Test func whatIsRecordedReplays() throws {
    let recorder = try TranscriptRecorder(
      file: path("a.transcript"), backend: "sim", seed: 1, title: "A story")
    try host.startFresh(backend: "sim", seed: 1)
    let commands = [
      "load counter", "inc 5", "say ...", "say ? 1", "say # no comment", "say %x [hex] \\",
      "say ringside> y", "blank", "nothing", "break", "bogus", "",
    ]
    for line in commands { try recorder.record(line, host.execute(line)) }
    host.interrupt = 5000
    try recorder.record("run", host.execute("run"), interrupt: .instructions(5000))
    recorder.finish()
    let text = try read("a.transcript")
    #expect(text.contains("# A story\n"))
    #expect(text.contains("%key ^C at 5000\nringside> run\nstopped at 5000\n"))
    #expect(replay(text) == .matched(commands: commands.count + 1))
  }

  @Test func afterEachCommandTheFileIsAValidTranscript() throws {
    let recorder = try TranscriptRecorder(file: path("a"), backend: "sim", seed: 1)
    for count in 1...5 {
      try recorder.record("inc", host.execute("inc"))
      // Neither closed nor finished, as after a crash.
      #expect(replay(try read("a")) == .matched(commands: count))
      host.count = count
    }
  }

  @Test func doesNotOverwrite() throws {
    try write("a", "precious")
    let error = #expect(throws: CommandError.self) {
      _ = try TranscriptRecorder(file: self.path("a"), backend: "sim", seed: 1)
    }
    #expect(error?.code == "file-exists")
    #expect(try read("a") == "precious")
    _ = try TranscriptRecorder(file: path("a"), backend: "sim", seed: 1, overwrite: true)
    #expect(try read("a").hasPrefix("%transcript 1\n"))
  }

  @Test func aRecordingOnKVMNeedsKVM() throws {
    _ = try TranscriptRecorder(file: path("a"), backend: "kvm", seed: 1)
    #expect(try read("a").contains("%only-if kvm\n"))
    #expect(throws: CommandError.self) {
      _ = try TranscriptRecorder(file: self.path("none/a"), backend: "sim", seed: 1)
    }
  }

  @Test func writesAnAsciicast() throws {
    let recorder = try TranscriptRecorder(
      file: path("a"), backend: "sim", seed: 1, title: "T", castFile: path("a.cast"))
    try recorder.record("inc", host.execute("inc"))
    recorder.finish()
    let lines = try read("a.cast").fileLines
    let header = try #require(
      try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
    #expect(header["version"] as? Int == 2)
    #expect(header["width"] as? Int == 100 && header["height"] as? Int == 30)
    var shown = ""
    var time = 0.0
    for line in lines.dropFirst() {
      let event = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any])
      let at = try #require(event[0] as? Double)
      #expect(at >= time && event[1] as? String == "o")
      time = at
      shown += try #require(event[2] as? String)
    }
    #expect(shown == "ringside> inc\r\ncount 1\r\nat 0x1001\r\n")
  }

  // MARK: Replaying

  @Test func aStoryMatchesWhereverItsHolesAre() {
    #expect(replay(Self.story) == .matched(commands: 3))
    host.base = 0x8000
    #expect(replay(Self.story) == .matched(commands: 3))
  }

  @Test func theFirstDivergenceIsShownWithItsPlace() throws {
    let text = Self.story.replacing("[=base]+5", with: "[=base]+6")
    guard case .diverged(let divergence) = replay(text) else {
      Issue.record("it matched")
      return
    }
    #expect(
      divergence.description == """
        x:12: the output differs
          ringside> load counter
          ringside> inc 5
          ...
        -at [=base]+6
        +at 0x1005
        """)
  }

  @Test func aStatusThatDiffersIsADivergence() {
    guard case .diverged(let one) = replay("%transcript 1\nringside> nothing\n? 1\n") else {
      Issue.record("it matched")
      return
    }
    #expect(one.expected == ["? 1"] && one.actual == ["? 0"] && one.line == 2)
  }

  @Test func nothingRunsAfterQuit() {
    guard case .diverged(let one) = replay("%transcript 1\nringside> quit\nringside> inc\n") else {
      Issue.record("it matched")
      return
    }
    #expect(one.line == 3)
    #expect(replay("%transcript 1\nringside> quit\n") == .matched(commands: 1))
  }

  @Test func interruptsArePinnedToAnInstructionCount() {
    let text = "%transcript 1\n%key ^C at 5000\nringside> run\nstopped at 5000\n"
    #expect(replay(text) == .matched(commands: 1))
  }

  @Test(arguments: ["%only-if kvm\n", "%backend kvm\n", "%backend kvm\n%only-if kvm\n"])
  func withoutKVMItIsSkippedAndNeverPassed(_ header: String) {
    let text = "%transcript 1\n\(header)ringside> inc\n..."
    #expect(replay(text) == .skipped(reason: "no /dev/kvm here"))
    host.hasKVM = true
    #expect(replay(text) == .matched(commands: 1))
  }

  @Test func goesOnToTheNextFile() throws {
    try write("a.transcript", "%transcript 1\nringside> inc\nwrong\n")
    try write("b.transcript", "nothing")
    try write("c.transcript", "%transcript 1\n%only-if kvm\nringside> inc\n")
    try write("d.transcript", Self.story)
    try write("notes.txt", "nothing")
    let report = try TranscriptReplayer(host: host).replay([folder], environment: [:])
    #expect(report.outcomes.count == 4)
    #expect(!report.isSuccess)
    #expect(report.lines.last == "1 matched, 1 skipped, 2 not matched")
    #expect(report.lines.contains { $0.hasSuffix("c.transcript: skipped: no /dev/kvm here") })
    #expect(report.lines.contains { $0.contains("b.transcript:1: error: ") })
    let good = try TranscriptReplayer(host: host).replay(
      [path("c.transcript"), path("d.transcript")], environment: [:])
    #expect(good.isSuccess)
    let missing = try TranscriptReplayer(host: host).replay([path("none")], environment: [:])
    #expect(!missing.isSuccess)
    #expect(!TranscriptReport().isSuccess)
  }

  // MARK: Updating

  @Test func updateKeepsEveryHoleThatStillFits() throws {
    let old = """
      %transcript 1
      # Title
      ringside> load counter
      loaded other at [hex:base]
      next: [..]

      ringside> inc 5
      ...
      at [=base]+5
      # A comment.
      ringside> say 0x10 and more words
      [hex] and less words
      ? 1
      ringside> say a b c d
      a [..] x

      """
    let (text, outcome) = TranscriptReplayer(host: host).update(old, file: "x")
    #expect(outcome == .updated(commands: 3))
    #expect(
      text == """
        %transcript 1
        # Title
        ringside> load counter
        loaded counter at [hex:base]
        next: [..]

        ringside> inc 5
        ...
        at [=base]+5
        # A comment.
        ringside> say 0x10 and more words
        [hex] and more words
        ringside> say a b c d
        a [..] d

        """)
    #expect(replay(text) == .matched(commands: 4))
  }

  @Test func updateWritesNewLinesAndDropsOldOnes() {
    let old = "%transcript 1\nringside> blank\nb\nc\nd\ne\n"
    let (text, _) = TranscriptReplayer(host: host).update(old, file: "x")
    #expect(text == "%transcript 1\nringside> blank\na\n\nb\n")
    let marked = TranscriptReplayer(host: host).update(
      "%transcript 1\nringside> say [n] ...\n", file: "x")
    #expect(marked.text == "%transcript 1\nringside> say [n] ...\n\\[n] ...\n")
  }

  @Test func updateRewritesTheFileOnceAndSaysSo() throws {
    try write("a.transcript", "%transcript 1\nringside> say x\ny\n")
    let replayer = TranscriptReplayer(host: host)
    let first = try replayer.replay([path("a.transcript")], update: true, environment: [:])
    #expect(!first.isSuccess && first.lines[0].contains("recorded a new baseline"))
    #expect(try read("a.transcript") == "%transcript 1\nringside> say x\nx\n")
    let second = try replayer.replay([path("a.transcript")], update: true, environment: [:])
    #expect(second.isSuccess)
  }

  @Test func updateRefusesWhereCIIsSet() throws {
    try write("a.transcript", "%transcript 1\nringside> say x\ny\n")
    let error = #expect(throws: CommandError.self) {
      try TranscriptReplayer(host: self.host).replay(
        [self.path("a.transcript")], update: true, environment: ["CI": "true"])
    }
    #expect(error?.code == "refused")
    #expect(try read("a.transcript") == "%transcript 1\nringside> say x\ny\n")
  }
}

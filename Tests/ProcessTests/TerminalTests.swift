import Glibc
import Testing
import X86

@testable import Shell

/// The parts of Shell/Terminal that need no terminal.
@Suite struct TerminalTests {
  @Test func uniqueCandidateGetsASpaceUnlessOneFollows() {
    let completion = Completion(start: 2, candidates: ["word"])
    #expect(completion.edit(of: "a wo", cursor: 4) == .init(replacement: "word ", listed: []))
    #expect(completion.edit(of: "a wo b", cursor: 4) == .init(replacement: "word", listed: []))
    #expect(completion.edit(of: "a wob", cursor: 4) == .init(replacement: "word ", listed: []))
  }

  @Test func ambiguousCandidatesExtendToTheCommonPrefix() {
    let words = ["grün", "größe"]
    let completion = Completion(start: 0, candidates: words)
    #expect(completion.edit(of: "g", cursor: 1) == .init(replacement: "gr", listed: words))
    #expect(completion.edit(of: "gr", cursor: 2) == .init(replacement: nil, listed: words))
    // Matched without regard to case: nothing in common, so what is typed stays.
    let both = Completion(start: 0, candidates: ["RIP", "rip"])
    #expect(both.edit(of: "r", cursor: 1).replacement == nil)
  }

  @Test func noCandidatesDoNothing() {
    let completion = Completion(start: 0, candidates: [])
    #expect(completion.edit(of: "abc", cursor: 3) == .init(replacement: nil, listed: []))
  }

  @Test func offsetsOutsideTheLineDoNothing() {
    for (start, cursor) in [(-1, 0), (3, 2), (0, 9), (0, -1)] {
      let completion = Completion(start: start, candidates: ["word"])
      #expect(completion.edit(of: "abc", cursor: cursor) == .init(replacement: nil, listed: []))
    }
  }

  @Test func candidatesRunDownTheColumns() {
    let size = TerminalSize(columns: 12, rows: 24)
    #expect(
      CandidateList(["aaaa", "b", "c", "d", "e"], fitting: size).text == "aaaa  d\nb     e\nc\n")
    #expect(CandidateList(["wider than the screen"], fitting: size).text.hasPrefix("wider"))
  }

  @Test func candidatesOfOneFolderShowTheirNames() {
    let size = TerminalSize(columns: 80, rows: 24)
    #expect(CandidateList(["a/b/one", "a/b/two"], fitting: size).text == "one  two\n")
    #expect(CandidateList(["a/one", "b/one"], fitting: size).text == "a/one  b/one\n")
  }

  @Test func candidatesThatDoNotFitAreCounted() {
    let words = (100..<200).map { "word\($0)" }
    let text = CandidateList(words, fitting: TerminalSize(columns: 10, rows: 24)).text
    #expect(text.split(separator: "\n").count == 23)
    #expect(text.contains("(78 of 100 rows are left out"))
  }

  @Test func colourPolicy() {
    let terminal = ["TERM": "xterm"]
    #expect(ColourPolicy.auto.isEnabled(environment: terminal, isTerminal: true))
    #expect(!ColourPolicy.auto.isEnabled(environment: terminal, isTerminal: false))
    #expect(!ColourPolicy.auto.isEnabled(environment: ["TERM": "dumb"], isTerminal: true))
    #expect(!ColourPolicy.auto.isEnabled(environment: [:], isTerminal: true))
    let refused = ["TERM": "xterm", "NO_COLOR": "1"]
    #expect(!ColourPolicy.auto.isEnabled(environment: refused, isTerminal: true))
    let empty = ["TERM": "xterm", "NO_COLOR": ""]
    #expect(ColourPolicy.auto.isEnabled(environment: empty, isTerminal: true))
    #expect(ColourPolicy.always.isEnabled(environment: refused, isTerminal: false))
    #expect(!ColourPolicy.never.isEnabled(environment: terminal, isTerminal: true))
  }

  @Test func style() {
    #expect(Style(isEnabled: true)("a", .bold, .red) == "\u{1b}[1;31ma\u{1b}[0m")
    #expect(Style(isEnabled: false)("a", .bold, .red) == "a")
    #expect(Style(isEnabled: true)("", .bold) == "")
  }

  @Test func outputIntoAClosedPipeIsNoError() {
    let pipe = Pipe()
    let output = StandardOutput(fileDescriptor: pipe.writing)
    output.write("one")
    #expect(output.exitStatus == nil)
    pipe.closeReading()
    output.write("two")
    #expect(output.failure == .readerGone)
    #expect(output.exitStatus == 0)
  }

  @Test func outputThatCannotBeWrittenIsAnError() {
    let full = FileCalls.open("/dev/full", O_WRONLY, mode: 0)
    defer { close(full) }
    let output = StandardOutput(fileDescriptor: full)
    output.write("one")
    #expect(output.failure == .failed(ENOSPC))
    #expect(output.exitStatus == 74)
  }

  @Test func plainLines() {
    let pipe = Pipe()
    let long = String(repeating: "x", count: 40_000)
    pipe.write(Array("one\r\n\n\(long)\n".utf8) + [0xff, 0x0a] + Array("a\0b\ngrün".utf8))
    pipe.closeWriting()
    let reader = PlainLineReader(fileDescriptor: pipe.reading)
    #expect(reader.next() == .line("one"))
    #expect(reader.next() == .line(""))
    #expect(reader.next() == .line(long))
    #expect(reader.lineNumber == 3)
    for _ in 0..<2 {
      guard case .unreadable = reader.next() else {
        Issue.record("binary data passed as text")
        return
      }
    }
    #expect(reader.next() == .line("grün"))
    #expect(reader.next() == .endOfFile)
    #expect(reader.next() == .endOfFile)
    #expect(reader.lineNumber == 6)
  }

  @Test func historyKeepsTheLastLinesOnly() {
    let folder = TemporaryFolder()
    let path = folder.path + "/history"
    let many = (1...History.capacity + 5).map { "line \($0)" }
    let file = FileCalls.open(path, O_WRONLY | O_CREAT, mode: 0o644)
    #expect(FileCalls.write(Array((many.joined(separator: "\n") + "\n").utf8), to: file))
    close(file)

    let history = History(path: path)
    #expect(history.problem == nil)
    #expect(history.lines == Array(many.suffix(History.capacity)))
    history.append("new")
    #expect(history.lines.count == History.capacity)
    #expect(FileContents.mode(of: path) == 0o600)
    #expect(FileContents.text(of: path).hasPrefix("line 6\n"))
    #expect(FileContents.text(of: path).hasSuffix("\nnew\n"))
  }

  @Test func historyKeepsALineAfterATornOne() {
    let folder = TemporaryFolder()
    let path = folder.path + "/history"
    let file = FileCalls.open(path, O_WRONLY | O_CREAT, mode: 0o600)
    #expect(FileCalls.write(Array("whole\nto".utf8) + [0xff], to: file))
    close(file)
    let history = History(path: path)
    #expect(history.lines == ["whole", "to\u{fffd}"])
    history.append("next\nline")
    #expect(History(path: path).lines == ["whole", "to\u{fffd}", "nextline"])
  }

  @Test func historyThatCannotBeKeptSaysWhyAndGoesOn() {
    let history = History(path: "/dev/null/folder/history")
    #expect(history.append("one"))
    #expect(history.lines == ["one"])
    #expect(history.problem?.contains("/dev/null/folder/history cannot be made") == true)
    #expect(!history.append("one"))
    #expect(!history.append(" two"))
    #expect(!history.append(""))
  }
}

/// A pipe whose ends close with it.
final class Pipe {
  private(set) var reading: Int32
  private(set) var writing: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    // SAFETY: room for both ends.
    _ = unsafe pipe(&ends)
    (reading, writing) = (ends[0], ends[1])
  }

  deinit {
    closeReading()
    closeWriting()
  }

  func write(_ bytes: [UInt8]) { _ = FileCalls.write(bytes, to: writing) }

  func closeReading() {
    if reading >= 0 { close(reading) }
    reading = -1
  }

  func closeWriting() {
    if writing >= 0 { close(writing) }
    writing = -1
  }
}

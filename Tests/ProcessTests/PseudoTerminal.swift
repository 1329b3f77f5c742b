import CPseudoTerminal
import Glibc

/// A program on a terminal of its own, which a test types on and looks at.
///
///     let terminal = try PseudoTerminal.start("LineEditDemo", columns: 80, rows: 24)
///     try terminal.waitFor("demo> ")
///     try terminal.send("hello\r")
///     try terminal.waitFor("got [hello]")
///     try terminal.waitFor("demo> ")
///     try terminal.send(.endOfFile)
///     #expect(try terminal.waitForExit() == .exited(0))
///
/// Wait for the prompt before sending `.endOfFile`: while no line is edited the kernel reads ^D as
/// the end of an empty line, and it is lost.
///
/// `waitFor` looks only at what the program wrote after the last match, so steps can't match each
/// other's output. Every wait has a deadline, after which it throws with all that is on the screen.
final class PseudoTerminal {
  struct Failure: Error, CustomStringConvertible { let description: String }

  enum Exit: Equatable {
    case exited(Int32)
    case signalled(Int32)
  }

  /// Seconds that a step may take: long, because a loaded machine is no failure.
  static let deadline: Int64 = 30

  /// All that the program wrote so far.
  private(set) var transcript = ""
  let processIdentifier: pid_t
  private let master: Int32
  private var bytes: [UInt8] = []
  /// The part of `bytes` that `waitFor` has matched.
  private var matched = 0
  private var exit: Exit?

  private init(master: Int32, processIdentifier: pid_t) {
    self.master = master
    self.processIdentifier = processIdentifier
  }

  deinit {
    if exit == nil {
      kill(processIdentifier, SIGKILL)
      Spawning.wait(for: processIdentifier)
    }
    close(master)
  }

  /// Starts a program, given by its path or by its name among the products of this build, with
  /// exactly the environment given.
  static func start(
    _ program: String, _ arguments: [String] = [], columns: Int = 80, rows: Int = 24,
    environment: [String: String] = ["TERM": "xterm", "LC_ALL": "C.UTF-8"]
  ) throws -> PseudoTerminal {
    var name = [CChar](repeating: 0, count: 128)
    // SAFETY: the buffer has the size that is named.
    let master = unsafe cpty_open(&name, name.count)
    guard master >= 0, cpty_resize(master, Int32(columns), Int32(rows)) else {
      throw Failure(description: "no pseudo-terminal: error \(-master)")
    }
    let side = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    let path = program.contains("/") ? program : try Products.path(of: program)
    let process = try Spawning.start(
      [path] + arguments, environment: environment, terminal: side)
    return PseudoTerminal(master: master, processIdentifier: process)
  }

  /// Types text.
  func send(_ text: String) throws { try send(Array(text.utf8)) }
  func send(_ keys: Key...) throws { for key in keys { try send(key.rawValue) } }

  func send(_ text: [UInt8]) throws {
    var rest = text[...]
    while !rest.isEmpty {
      // SAFETY: the buffer has the size that is named.
      let written = unsafe rest.withUnsafeBytes { unsafe write(master, $0.baseAddress, $0.count) }
      guard written > 0 else { throw Failure(description: "cannot type: errno \(errno)") }
      rest = rest.dropFirst(written)
    }
  }

  /// Types text as a terminal pastes it.
  func paste(_ text: String) throws { try send("\u{1b}[200~\(text)\u{1b}[201~") }

  /// Waits for `text` behind what was waited for before, and returns what came before it.
  @discardableResult
  func waitFor(_ text: String, seconds: Int64 = deadline) throws -> String {
    let wanted = Array(text.utf8)
    let end = Self.now() + seconds
    while true {
      if let range = bytes[matched...].firstRange(of: wanted) {
        let before = String(decoding: bytes[matched..<range.lowerBound], as: UTF8.self)
        matched = range.upperBound
        return before
      }
      guard try read(until: end) else {
        throw Failure(description: "waited for \(text.debugDescription) in vain; \(situation)")
      }
    }
  }

  /// Waits until the program ends.
  func waitForExit() throws -> Exit {
    let end = Self.now() + Self.deadline
    while try read(until: end) {}
    while exit == nil, Self.now() < end {
      reap()
      if exit == nil { usleep(1000) }
    }
    guard let exit else { throw Failure(description: "the program does not end; \(situation)") }
    return exit
  }

  func resize(columns: Int, rows: Int) throws {
    // The kernel sends SIGWINCH to the foreground process group.
    guard cpty_resize(master, Int32(columns), Int32(rows)) else {
      throw Failure(description: "cannot resize: errno \(errno)")
    }
  }

  func signal(_ number: Int32) { kill(processIdentifier, number) }

  /// Reads some more; false at the deadline or when the program has closed the terminal.
  private func read(until end: Int64) throws -> Bool {
    var entry = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    let left = max(0, end - Self.now())
    // SAFETY: one entry, used during the call only.
    let ready = unsafe poll(&entry, 1, Int32(truncatingIfNeeded: left * 1000))
    if ready < 0, errno == EINTR { return true }
    guard ready > 0 else { return false }
    var part = [UInt8](repeating: 0, count: 4096)
    // SAFETY: the buffer has the size that is named.
    let count = unsafe part.withUnsafeMutableBytes {
      unsafe Glibc.read(master, $0.baseAddress, $0.count)
    }
    guard count > 0 else { return false }
    bytes += part[..<count]
    transcript = String(decoding: bytes, as: UTF8.self)
    return true
  }

  private func reap() {
    var status: Int32 = 0
    // SAFETY: `status` lives through the call.
    guard unsafe waitpid(processIdentifier, &status, WNOHANG) == processIdentifier else { return }
    let signal = status & 0x7f
    exit = signal == 0 ? .exited(status >> 8 & 0xff) : .signalled(signal)
  }

  private var situation: String {
    let unmatched = String(decoding: bytes[matched...], as: UTF8.self)
    return "since the last match came \(unmatched.debugDescription), "
      + "in all \(transcript.debugDescription)"
  }

  private static func now() -> Int64 {
    var time = timespec()
    // SAFETY: `time` lives through the call.
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec)
  }
}

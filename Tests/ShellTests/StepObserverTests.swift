import Testing

@testable import Shell

/// What a step says that the instruction changed, on the simulator.
@Suite struct StepObserverTests {
  /// `code` at 0x7c00 in real mode, with SP 0x7000, executed by one command.
  private func step(_ code: String, _ setup: String...) -> [String] {
    let session = Session()
    session.all(
      "load hello", "write 0x7c00 \(code)", "set rip 0x7c00", "set rsp 0x7000", "set rax 0x1234")
    for line in setup { session.execute(line) }
    return session.execute("stepi").output.split(separator: "\n").map(String.init)
  }

  @Test func repeatedStringShowsAllThatItWrote() {
    // rep stosb
    let lines = step("0xf3 0xaa", "set rdi 0x610", "set rcx 3")
    #expect(lines.contains("  [0x610] 0x0 → 0x343434"))
  }

  @Test func repeatedStringMayGoDown() {
    // rep stosw with DF: 0x612 and 0x610
    let lines = step("0xf3 0xab", "set rdi 0x612", "set rcx 2", "set df 1")
    #expect(lines.contains("  [0x610] 0x0 → 0x12341234"))
  }

  @Test func hugeRepetitionsAreNotReadWhole() {
    // rep stosb over 64 KiB, code included: nothing may trap.
    #expect(!step("0xf3 0xaa", "set rdi 0", "set rcx 0xffff").isEmpty)
  }

  @Test func frameOfAnInterruptStandsAsItsItems() {
    // int 0x10: IP, CS, FLAGS. SDM 2A, "INT n": FLAGS are pushed first.
    let lines = step("0xcd 0x10", "set rflags 0x2")
    #expect(lines.contains("  stack [0x6ffa] nothing → 0x7c02 0x0 0x2"))
  }

  @Test func stepsThatWereNotTakenAreNotCounted() {
    let output = fakeSession().all("load hello", "stepi 1000").output
    #expect(!output.contains("earlier"))
    #expect(output.contains("mov ax, 0x1234"))
  }
}

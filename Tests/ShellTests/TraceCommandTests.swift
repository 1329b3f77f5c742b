import Testing

@testable import Shell

@Suite struct TraceCommandTests {
  @Test func traceShowsWhatRan() {
    let session = Session(SessionOptions())
    #expect(session.execute("info trace").output.contains("`set trace on`"))
    session.execute("set trace on")
    session.execute("load count")
    session.execute("stepi 4")
    let lines = session.execute("info trace 2").output.split(separator: "\n")
    #expect(lines.count == 3)
    // mov cx, 10; add ax, cx
    #expect(lines[1].contains("rcx = 0xa"))
    #expect(lines[2].contains("rax = 0xa"))
    session.execute("run")
    #expect(session.execute("info trace 1").output.contains("VM exit: HLT"))
    session.execute("set trace off")
    #expect(session.execute("info trace").output.contains("`set trace on`"))
  }
}

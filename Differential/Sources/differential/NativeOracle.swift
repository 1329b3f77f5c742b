import CNative
import X86

/// The processor of this host, in a process: every mode, at some microseconds a case.
final class NativeOracle: Oracle {
  let name = "native"
  let modes = CaseMode.allCases

  func run(_ cases: [TestCase]) throws -> [Outcome] {
    try runRows(cases) { rows, outcomes, windows in
      // SAFETY: the arrays hold as many rows as the count says, and are used during the call.
      unsafe native_run(rows, UInt64(cases.count), DataWindow.initial, &outcomes, &windows)
    }
  }
}

/// Gives cases as rows to an oracle written in C.
func runRows(
  _ cases: [TestCase], hasSelectors: Bool = true,
  _ body: ([UInt64], inout [UInt64], inout [UInt8]) -> Int32
) throws -> [Outcome] {
  var rows: [UInt64] = []
  rows.reserveCapacity(cases.count * TestCase.words)
  for test in cases { test.append(to: &rows) }
  var outcomes = [UInt64](repeating: 0, count: cases.count * Outcome.words)
  var windows = [UInt8](repeating: 0, count: cases.count * Layout.windowSize)
  let result = body(rows, &outcomes, &windows)
  guard result == 0 else {
    throw MachineError.backend(what: "oracle", why: "error \(-result)", remedy: "")
  }
  return cases.indices.map {
    Outcome(
      row: outcomes[$0 * Outcome.words..<($0 + 1) * Outcome.words],
      window: windows[$0 * Layout.windowSize..<($0 + 1) * Layout.windowSize],
      hasSelectors: hasSelectors)
  }
}

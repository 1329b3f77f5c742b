import CUnicornOracle
import X86

/// Unicorn, an emulator made of QEMU's.
final class UnicornOracle: Oracle {
  let name = "unicorn"
  let modes = [CaseMode.bits32, .bits64]
  /// RF: Unicorn shows the flags, not the image that an exception pushes.
  let hiddenFlags = RFLAGS.rf.rawValue

  func run(_ cases: [TestCase]) throws -> [Outcome] {
    try runRows(cases, hasSelectors: false) { rows, outcomes, windows in
      // SAFETY: the arrays hold as many rows as the count says, and are used during the call.
      unsafe unicorn_run(rows, UInt64(cases.count), DataWindow.initial, &outcomes, &windows)
    }
  }
}

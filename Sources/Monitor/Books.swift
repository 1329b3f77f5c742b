import X86

/// What the monitor writes down at each exit, and reads to decide what to do with it.
final class Books {
  var policies: [UInt16: ExitPolicy] = [:]
  var statistics = ExitStatistics()
  var exitLog = ExitLog()
  var pendingExit: VMExit?
  var lastExit: VMExit?
}

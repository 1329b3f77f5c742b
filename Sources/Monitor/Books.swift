import Simulator
import X86

/// What the monitor writes down at each exit, and reads to decide what to do with it.
final class Books {
  struct Contents {
    var policies: [UInt16: ExitPolicy] = [:]
    var statistics = ExitStatistics()
    var exitLog = ExitLog()
    var pendingExit: VMExit?
    /// The last exit, unless it is in `lastInformation`.
    private var last: VMExit?
    /// The last exit, if it was handled without making a value of it.
    var lastInformation: ExitInformation?
    var lastExit: VMExit? {
      get { lastInformation.map { VMExit($0) } ?? last }
      set { (last, lastInformation) = (newValue, nil) }
    }
    /// External interrupts that wait for the guest to accept them.
    var waitingVectors: [UInt8] = []
    /// The processor of the simulated machine; nil on KVM.
    var processor: Processor?
  }

  private let stored = Stored(Contents())

  var contents: Contents {
    @inline(__always) unsafeAddress { unsafe stored.address }
    @inline(__always) unsafeMutableAddress { unsafe stored.mutableAddress }
  }

  deinit { stored.deallocate() }
}

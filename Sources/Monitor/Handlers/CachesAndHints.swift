import Simulator
import X86

extension ExitHandler {
  static let invd = skipped(.invd, "does nothing: there is no cache to empty")
  static let wbinvd = skipped(.wbinvd, "does nothing: there is no cache to write back")

  /// PAUSE, MONITOR and MWAIT: the one guest may as well go on.
  static func waitHint(_ reason: ExitReason) -> ExitHandler {
    skipped(reason, "goes on at once: there is nobody to yield to")
  }

  static let invlpg = ExitHandler(
    .invlpg, "invalidates the guest's translations"
  ) { monitor, exit in
    if let processor = monitor.simulated?.processor {
      // SDM 3C, "INVVPID": type 1 drops all mappings of the VPID.
      let vpid = InvalidationDescriptor(low: VMCSSetup.vpid)
      _ = processor.prompt(.invvpid(type: 1, descriptor: vpid))
    }
    try monitor.skip(exit)
    return .resume
  }

  private static func skipped(_ reason: ExitReason, _ summary: String) -> ExitHandler {
    ExitHandler(reason, summary) { monitor, exit in
      try monitor.skip(exit)
      return .resume
    }
  }
}

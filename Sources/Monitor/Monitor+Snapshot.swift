import Devices
import X86

/// A saved monitor: machine, devices, statistics and policies.
public struct MonitorSnapshot: Sendable {
  fileprivate struct Contents: Sendable {
    var machine: any MachineSnapshot
    var platform: StandardDevices.Snapshot
    var image: GuestImage?
    var policies: [UInt16: ExitPolicy]
    var statistics: ExitStatistics
    var exitLog: ExitLog
    var pendingExit: VMExit?
    var lastExit: VMExit?
    var debugExitStatus: UInt8?
    var preparation: Preparation
    var waitingVectors: [UInt8]
  }
  fileprivate var contents: Contents?

  /// A snapshot of nothing, which no monitor restores.
  public init() {}
}

extension Monitor {
  /// The whole state; cheap enough to be kept in numbers only as far as the machine's is.
  public func save() throws -> MonitorSnapshot {
    var snapshot = MonitorSnapshot()
    snapshot.contents = MonitorSnapshot.Contents(
      machine: try machine.save(), platform: platform.save(), image: image, policies: policies,
      statistics: statistics, exitLog: exitLog, pendingExit: pendingExit, lastExit: lastExit,
      debugExitStatus: debugExitStatus, preparation: preparation, waitingVectors: waitingVectors)
    return snapshot
  }

  /// Puts back what `save()` of this monitor returned since the last `load(_:)`.
  ///
  /// Throws `MachineError` or `BusError` for another machine's snapshot.
  public func restore(_ snapshot: MonitorSnapshot) throws {
    guard let saved = snapshot.contents else {
      throw MonitorError.refused(
        what: "restore", why: "the snapshot is empty", remedy: "restore one that was saved")
    }
    try machine.restore(saved.machine)
    try platform.restore(saved.platform)
    image = saved.image
    policies = saved.policies
    statistics = saved.statistics
    exitLog = saved.exitLog
    (pendingExit, lastExit) = (saved.pendingExit, saved.lastExit)
    debugExitStatus = saved.debugExitStatus
    preparation = saved.preparation
    waitingVectors = saved.waitingVectors
    isFresh = false
  }
}

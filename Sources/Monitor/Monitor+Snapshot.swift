import Devices
import X86

/// What running a guest changes in the monitor itself, machine and devices apart.
struct MonitorState: Sendable {
  var statistics: ExitStatistics
  var exitLog: ExitLog
  var pendingExit: VMExit?
  var lastExit: VMExit?
  var debugExitStatus: UInt8?
  var preparation: Preparation
  var waitingVectors: [UInt8]
  var hasNewVector: Bool

  init(of monitor: Monitor) {
    statistics = monitor.statistics
    exitLog = monitor.exitLog
    pendingExit = monitor.pendingExit
    lastExit = monitor.lastExit
    debugExitStatus = monitor.debugExitStatus
    preparation = monitor.preparation
    waitingVectors = monitor.waitingVectors
    hasNewVector = monitor.hasNewVector
  }

  func restore(to monitor: Monitor) {
    monitor.statistics = statistics
    monitor.exitLog = exitLog
    (monitor.pendingExit, monitor.lastExit) = (pendingExit, lastExit)
    monitor.debugExitStatus = debugExitStatus
    monitor.preparation = preparation
    (monitor.waitingVectors, monitor.hasNewVector) = (waitingVectors, hasNewVector)
  }

  /// Bytes of this process, nearly.
  var bytes: Int { 2048 + exitLog.keptCount * MemoryLayout<ExitLog.Entry>.stride }
}

/// A saved monitor: machine, devices, statistics and policies.
public struct MonitorSnapshot: Sendable {
  fileprivate struct Contents: Sendable {
    var machine: any MachineSnapshot
    var platform: StandardDevices.Snapshot
    var image: GuestImage?
    var policies: [UInt16: ExitPolicy]
    var state: MonitorState
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
      state: MonitorState(of: self))
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
    saved.state.restore(to: self)
    forgetHistory()
    isFresh = false
  }
}

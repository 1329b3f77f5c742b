import Simulator
import X86

/// Keeping the past while the guest runs.
extension Monitor {
  /// To be called before the guest runs: what the prompt has changed since it stopped begins a new
  /// epoch, which re-execution does not cross.
  func beginHistory() throws {
    guard checkpointMemory > 0, let simulated else { return }
    guard let timeline else {
      timeline = Timeline(budget: checkpointMemory, interval: checkpointInterval)
      timeline?.passed = passedReasons
      takeCheckpoint(isPinned: true)
      return
    }
    if timeline.isPaused { return }
    if timeline.touches != simulated.touches || timeline.passed != passedReasons {
      timeline.passed = passedReasons
      takeCheckpoint(isPinned: true)
    } else if position.effort >= timeline.due {
      takeCheckpoint(isPinned: false)
    }
  }

  /// To be called when the guest has stopped: what is changed from now on was changed at the prompt.
  func noteTouches() {
    guard let timeline, let simulated else { return }
    timeline.touches = simulated.touches
  }

  /// Lets `most`, in instructions, end where the next checkpoint is due; false if it ends before. Takes one that is
  /// due now.
  func shortenToCheckpoint(_ most: inout UInt64) -> Bool {
    guard let timeline, !timeline.isPaused else { return false }
    if position.effort >= timeline.due { takeCheckpoint(isPinned: false) }
    let left = timeline.due &- position.effort
    guard left < most else { return false }
    most = left
    return true
  }

  /// The same for a limit as a whole.
  func shortenToCheckpoint(_ limit: inout RunLimit) -> Bool {
    guard timeline != nil else { return false }
    var most = limit.instructions ?? .max
    guard shortenToCheckpoint(&most) else { return false }
    limit.instructions = most
    return true
  }

  func takeCheckpoint(isPinned: Bool) {
    guard let simulated, let timeline else { return }
    let log = simulated.beginEpoch { [weak timeline] in timeline?.makeRoom(for: $0) ?? false }
    if let log, let last = timeline.checkpoints.indices.last {
      timeline.checkpoints[last].log = log
    } else {
      timeline.forgetPast()
    }
    timeline.append(
      Timeline.Checkpoint(
        position: position, count: simulated.instructionsRetired, isPinned: isPinned,
        machine: simulated.checkpoint(), platform: platform.mark(),
        state: MonitorState(of: self), passed: timeline.passed))
    timeline.touches = simulated.touches
  }

  /// Reasons whose exits the policy hands to the guest. The other policies change nothing for it.
  var passedReasons: Set<UInt16> {
    if books.contents.policies.isEmpty { return [] }
    return Set(books.contents.policies.filter { $0.value == .pass }.keys)
  }

  /// The present is the start of time.
  func forgetHistory() {
    timeline = nil
    simulated?.endEpochs()
  }

  func changeCheckpointMemory() {
    guard checkpointMemory > 0 else { return forgetHistory() }
    timeline?.budget = checkpointMemory
    _ = timeline?.makeRoom(for: simulated?.epochBytes ?? 0)
  }

  public var timeStatus: TimeStatus {
    let count = machine.cpu.instructionsRetired
    var status = TimeStatus(count: count, start: count, budget: checkpointMemory)
    guard let timeline, let first = timeline.checkpoints.first else { return status }
    status.start = first.count
    status.checkpoints = timeline.checkpoints.count
    status.bytes = UInt64(timeline.bytes + (simulated?.epochBytes ?? 0))
    status.hasForgotten = timeline.hasForgotten
    return status
  }
}

/// How far back a guest's past reaches.
public struct TimeStatus: Sendable, Equatable {
  /// Instructions retired; nil if the backend does not count them.
  public var count: UInt64?
  /// The count at the start of time.
  public var start: UInt64?
  public var checkpoints = 0
  /// Bytes that they take.
  public var bytes: UInt64 = 0
  /// Bytes that they may take; 0 if none are kept.
  public var budget: UInt64 = 0
  /// Time began earlier, and its beginning did not fit into the budget.
  public var hasForgotten = false

  public init(count: UInt64?, start: UInt64?, budget: UInt64 = 0) {
    self.count = count
    self.start = start
    self.budget = budget
  }
}

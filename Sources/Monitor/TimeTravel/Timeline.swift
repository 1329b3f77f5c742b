import Devices
import Simulator
import X86

/// A guest's past: checkpoints, and between each two the pages that changed.
///
/// They stand close together near the present and ever farther apart behind it, within a budget of
/// memory. What does not fit is forgotten from its beginning.
final class Timeline {
  /// A moment to re-execute from.
  struct Checkpoint {
    var position: TimePosition
    /// Instructions retired.
    var count: UInt64
    /// It stands where the prompt has changed something: running from the one before does not lead
    /// here, so it is never left out.
    var isPinned: Bool
    var machine: MachineCheckpoint
    var platform: StandardDevices.Mark
    var state: MonitorState
    /// Reasons whose exits are passed to the guest.
    var passed: Set<UInt16>
    /// Pages that changed until the next checkpoint; nil for the last.
    var log: EpochLog?

    var bytes: Int { machine.bytes + state.bytes + 1024 + (log?.bytes ?? 0) }
  }

  /// Instructions from one checkpoint to the next.
  static let usualInterval: UInt64 = 4_000_000
  private let interval: UInt64
  /// The distance of two checkpoints over a third, which is left out, is at most this part of the
  /// distance to the present.
  private static let spacing: UInt64 = 4

  var checkpoints: [Checkpoint] = []
  /// The effort at which the next one is due.
  private(set) var due: UInt64 = 0
  /// None is taken for a while: what happens will be undone.
  var isPaused = false
  /// Reasons whose exits are passed to the guest now.
  var passed: Set<UInt16> = []
  /// What was known of the machine when the guest stopped last.
  var touches: UInt64 = 0
  /// Bytes.
  var budget: UInt64
  /// Bytes of a past that travelling has put aside.
  var bytesAside = 0
  /// The past does not begin where the guest was loaded.
  private(set) var hasForgotten = false

  init(budget: UInt64, interval: UInt64) {
    self.budget = budget
    self.interval = interval
  }

  var bytes: Int { checkpoints.reduce(0) { $0 + $1.bytes } }

  func append(_ checkpoint: Checkpoint) {
    checkpoints.append(checkpoint)
    wait(from: checkpoint.position)
    thin(from: checkpoint.position.effort)
    keepBudget(open: SimulatedMachine.epochReserve)
  }

  /// The next checkpoint is due an interval behind `position`.
  func wait(from position: TimePosition) { due = position.effort &+ interval }

  /// Forgets everything, because something in between was not kept.
  func forgetPast() {
    hasForgotten = hasForgotten || !checkpoints.isEmpty
    checkpoints = []
  }

  /// Makes room for an open log of `bytes`; false if it does not fit.
  func makeRoom(for open: Int) -> Bool {
    keepBudget(open: open)
    // While the guest is run again, what it did before and what it does now are both kept.
    return UInt64(bytesAside + bytes + open) <= (bytesAside > 0 ? 2 : 1) * budget
  }

  private func thin(from now: UInt64) {
    var index = 1
    while index + 1 < checkpoints.count {
      if mayLeaveOut(index, now, Timeline.spacing) { leaveOut(index) } else { index += 1 }
    }
  }

  private func mayLeaveOut(_ index: Int, _ now: UInt64, _ spacing: UInt64) -> Bool {
    if checkpoints[index].isPinned { return false }
    let next = checkpoints[index + 1].position.effort
    let gap = next &- checkpoints[index - 1].position.effort
    return gap <= (now &- next) / spacing
  }

  /// Two epochs become one.
  private func leaveOut(_ index: Int) {
    guard let log = checkpoints[index].log else { return }
    checkpoints[index - 1].log?.absorb(log)
    checkpoints.remove(at: index)
  }

  private func keepBudget(open: Int) {
    // What was put aside comes back only whole.
    guard bytesAside == 0, let now = checkpoints.last?.position.effort else { return }
    while checkpoints.count > 1, UInt64(bytes + open) > budget {
      let index = (1..<max(1, checkpoints.count - 1)).first { mayLeaveOut($0, now, 1) }
      if let index {
        leaveOut(index)
      } else {
        checkpoints.removeFirst()
        hasForgotten = true
      }
    }
  }
}

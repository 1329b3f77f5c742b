import Foundation
import Synchronization
import X86

/// Raises an interrupt after a while, and again until it is cancelled: one that comes before the
/// guest runs is lost.
final class InterruptTimer: Sendable {
  private let interrupt: Interrupt
  private let milliseconds: UInt32
  private let isOver = Mutex(false)

  init(_ interrupt: Interrupt, milliseconds: UInt32) {
    self.interrupt = interrupt
    self.milliseconds = milliseconds
  }

  func start() {
    Thread.detachNewThread { [self] in
      repeat {
        Thread.sleep(forTimeInterval: max(0.001, Double(milliseconds) / 1000))
      } while raise()
    }
  }

  /// When it returns, nothing is raised any more.
  func cancel() {
    isOver.withLock { $0 = true }
  }

  /// Whether to go on.
  private func raise() -> Bool {
    isOver.withLock { isOver in
      if !isOver { interrupt.raise() }
      return !isOver
    }
  }
}

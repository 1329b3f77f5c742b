import Monitor
import X86

/// What lessons and transcripts ask of a session beside commands and values.
extension Session {
  /// `sim` or `kvm`.
  public var backendName: String { options.backend.rawValue }

  /// Keeps the machine's state. Throws if there is no machine, or the backend cannot.
  public func saveState() throws -> any Sendable {
    SavedState(
      snapshot: try machine().save(), breakpoints: breakpoints, handled: handled,
      guestHasStarted: guestHasStarted, consoleShown: consoleShown)
  }

  /// Goes back to a state that `saveState` returned.
  public func restoreState(_ state: any Sendable) throws {
    guard let saved = state as? SavedState else {
      throw CommandError("failed", "the state to go back to was not saved by a session")
    }
    try machine().restore(saved.snapshot)
    breakpoints = saved.breakpoints
    handled = saved.handled
    guestHasStarted = saved.guestHasStarted
    consoleShown = saved.consoleShown
    lastStop = nil
    lastAnswer = nil
  }

  /// A new machine without a guest, and no breakpoints, as after the start of the program. Throws
  /// if this computer does not have the backend.
  public func startFresh(backend: String, seed: UInt64) throws {
    guard let backend = Monitor.Backend(rawValue: backend) else {
      throw CommandError("usage", "no backend '\(backend)'; there are sim and kvm")
    }
    options.backend = backend
    options.seed = seed
    dropMachine()
    breakpoints = BreakpointList()
    handled = [:]
    failureCount = 0
    lastCommand = nil
    repeatable = nil
    try makeMachine(isBare: false)
  }

  /// The next command that runs the guest stops as ^C stops it, after `instructions` guest
  /// instructions. Throws if the backend cannot count them.
  public func interruptAfter(instructions: UInt64) throws {
    guard try machine().machine.capabilities.contains(.instructionCount) else {
      throw CommandError(
        "missing-capability", "\(backendName) cannot count instructions; the simulator can")
    }
    interruptAt = instructions
  }
}

private struct SavedState: Sendable {
  var snapshot: MonitorSnapshot
  var breakpoints: BreakpointList
  var handled: [UInt16: ExitPolicy]
  var guestHasStarted: Bool
  var consoleShown: Int
}

import Simulator
import X86

/// One command that runs the guest: its limits, and what it has come to so far.
struct GuestRun {
  private unowned let monitor: Monitor
  let limit: RunLimit
  private let start: UInt64?
  private let startUnits: UInt64?
  /// KVM does not count instructions, so a limit is kept by running them one at a time.
  let countsSteps: Bool
  /// `step()`: one instruction.
  var isStepping = false
  /// Times that the machine was run.
  var steps: UInt64 = 0
  var handled = 0
  /// There was an exit: the monitor's last one is this run's.
  var hasExit = false
  /// RIP when the guest was last known to be in front of an instruction.
  private var lastRIP: UInt64?

  init(_ monitor: Monitor, limit: RunLimit) {
    self.monitor = monitor
    self.limit = limit
    let canCount = monitor.machine.capabilities.contains(.instructionCount)
    start = canCount ? monitor.instructionsRetired : nil
    startUnits = monitor.simulated?.unitsOfTime
    countsSteps = !canCount && limit.instructions != nil
    if !limit.breakpoints.isEmpty { lastRIP = try? monitor.linearRIP() }
  }

  /// Instructions so far; nil if nobody counts them.
  var instructions: UInt64? {
    if let start, let now = monitor.instructionsRetired { return now &- start }
    return countsSteps || isStepping ? steps : nil
  }

  /// What a limit counts in the simulator: delivered exceptions, too.
  private var units: UInt64? {
    guard let startUnits, let now = monitor.simulated?.unitsOfTime else { return nil }
    return now &- startUnits
  }

  /// How many instructions the simulated guest may still execute; all ones without a limit.
  @inline(__always)
  func mostInstructions(_ processor: Processor) -> UInt64 {
    guard let most = limit.instructions else { return ~0 }
    let done = processor.unitsOfTime &- (startUnits ?? 0)
    return done < most ? most - done : 0
  }

  /// What is left of the limit; nil if nothing is.
  var nextLimit: RunLimit? {
    guard let most = limit.instructions else { return limit }
    let done = units ?? instructions ?? 0
    guard done < most else { return nil }
    var next = limit
    next.instructions = countsSteps ? 1 : most - done
    return next
  }

  var limitText: String {
    "the limit of \(limit.instructions ?? 0) instructions was reached; `continue` goes on"
  }

  func stop(_ reason: Stop.Reason, _ explanation: String = "") throws -> Stop {
    Stop(
      reason: reason, rip: try monitor.machine.cpu.registers().rip, instructions: instructions,
      exit: hasExit ? monitor.lastExit : nil, handledExits: handled, explanation: explanation)
  }

  /// The stop if the guest, which has run up to a checkpoint, is in front of a breakpoint.
  mutating func sliceStop() throws -> Stop? {
    guard !limit.breakpoints.isEmpty else { return nil }
    let rip = try monitor.linearRIP()
    lastRIP = rip
    return limit.breakpoints.contains(rip) ? try stop(.breakpoint) : nil
  }

  /// The stop if handling an exit has brought the guest in front of a breakpoint: running never
  /// stops at the instruction that it starts with.
  mutating func breakpointStop() throws -> Stop? {
    guard !limit.breakpoints.isEmpty else { return nil }
    let rip = try monitor.linearRIP()
    defer { lastRIP = rip }
    guard rip != lastRIP, limit.breakpoints.contains(rip) else { return nil }
    return try stop(.breakpoint)
  }
}

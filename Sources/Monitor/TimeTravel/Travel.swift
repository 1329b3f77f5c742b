import Devices
import Simulator
import X86

/// One command that goes through the past: to a checkpoint, on from there by running the guest again,
/// and home if nothing comes of it.
///
/// The checkpoints of the past are put aside meanwhile. Those that running again takes make a branch
/// behind the one where it began, which becomes the past where the travel ends.
final class Travel {
  private let monitor: Monitor
  private let machine: SimulatedMachine
  private let timeline: Timeline
  private let interrupt: Interrupt
  /// The past, with the present as its last checkpoint.
  private(set) var past: [Timeline.Checkpoint]
  /// The checkpoint on which the branch stands.
  private var base: Int
  private let console: Console.State
  let policies: [UInt16: ExitPolicy]
  private let devicesNow: StandardDevices.Mark

  /// Puts the past aside, the present with it.
  init?(_ monitor: Monitor, interrupt: Interrupt) throws {
    guard let machine = monitor.simulated else { return nil }
    try monitor.beginHistory()
    monitor.takeCheckpoint(isPinned: false)
    guard let timeline = monitor.timeline, let present = timeline.checkpoints.last else {
      return nil
    }
    self.monitor = monitor
    self.machine = machine
    self.timeline = timeline
    self.interrupt = interrupt
    past = timeline.checkpoints
    base = past.count - 1
    console = monitor.platform.console.state
    policies = monitor.policies
    devicesNow = present.platform
    timeline.bytesAside = timeline.bytes
    timeline.checkpoints = [present]
    monitor.interrupt = interrupt
  }

  /// Where stretch `index` of the past ends: the next checkpoint, before what the prompt did there.
  func end(of index: Int) -> TimePosition { past[index + 1].position }
  var present: TimePosition { past[past.count - 1].position }

  // MARK: Going

  /// The branch has as many checkpoints; a mark to come back to.
  var mark: Int { timeline.checkpoints.count - 1 }

  func setMark() -> Int {
    monitor.takeCheckpoint(isPinned: false)
    return mark
  }

  /// Undoes what has happened in the branch since its checkpoint `mark`.
  func rewind(to mark: Int) throws {
    try undoOpenEpoch()
    while timeline.checkpoints.count - 1 > mark {
      timeline.checkpoints.removeLast()
      let last = timeline.checkpoints.count - 1
      if let log = timeline.checkpoints[last].log { machine.exchange(log) }
      timeline.checkpoints[last].log = nil
    }
    try restore(timeline.checkpoints[mark])
  }

  /// Goes to a checkpoint of the past, with an empty branch.
  func go(to index: Int) throws {
    try rewind(to: 0)
    while base > index {
      base -= 1
      if let log = past[base].log { machine.exchange(log) }
    }
    while base < index {
      if let log = past[base].log { machine.exchange(log) }
      base += 1
    }
    var checkpoint = past[index]
    checkpoint.log = nil
    timeline.checkpoints = [checkpoint]
    try restore(checkpoint)
  }

  /// Back to the present, with the whole past as it was.
  func goHome() throws {
    try go(to: past.count - 1)
    monitor.platform.console.state = console
    finish(past)
  }

  /// Stays here: what comes is new history.
  func stay() {
    finish(Array(past[..<base]) + timeline.checkpoints)
  }

  private func finish(_ checkpoints: [Timeline.Checkpoint]) {
    monitor.policies = policies
    machine.watch([])
    timeline.checkpoints = checkpoints
    timeline.bytesAside = 0
    timeline.isPaused = false
    timeline.wait(from: timeline.checkpoints.last?.position ?? monitor.position)
    monitor.noteTouches()
  }

  private func undoOpenEpoch() throws {
    guard let scratch = machine.beginEpoch(mayGrow: mayGrow) else { throw lost() }
    if scratch.bytes > 0 { machine.exchange(scratch) }
  }

  private var mayGrow: (Int) -> Bool {
    { [weak timeline] in timeline?.makeRoom(for: $0) ?? false }
  }

  private func restore(_ checkpoint: Timeline.Checkpoint) throws {
    // The past was undone in memory alone; from here changes count again.
    guard machine.beginEpoch(mayGrow: mayGrow) != nil else { throw lost() }
    machine.restore(checkpoint.machine)
    timeline.passed = checkpoint.passed
    timeline.wait(from: checkpoint.position)
    try monitor.platform.goBack(to: checkpoint.platform)
    checkpoint.state.restore(to: monitor)
  }

  /// More changed than the budget holds: there is no way back.
  private func lost() -> MonitorError {
    finish([])
    monitor.forgetHistory()
    return MonitorError.refused(
      what: "going back in time", why: "the guest changes more memory than checkpoints may take",
      remedy: "`set checkpoint-memory SIZE` with more, then `reset`")
  }

  // MARK: Running again

  enum Goal {
    case position(TimePosition)
    /// The first moment at which the guest has come so far.
    case units(UInt64)
    case retired(UInt64)
  }

  enum Arrival {
    case there
    case interrupted
    /// The guest does not go on.
    case stuck(Stop?)
  }

  /// Looks for all that `search` looks for on the way.
  ///
  /// The past went on where the guest had come to its end; going on into the future ends there.
  func run(
    to goal: Goal, _ search: inout Search?, isFuture: Bool = false
  ) throws -> Arrival {
    timeline.isPaused = search != nil
    defer { timeline.isPaused = false }
    if let places = search?.places { machine.watch(places.flatMap { $0 }) }
    defer { if search != nil { machine.watch([]) } }
    try search?.begin(monitor)
    var idle = 0
    while idle < 2 {
      let now = monitor.position
      let left = left(to: goal, from: now)
      if left == 0 { return .there }
      if interrupt.isRaised { return .interrupted }
      if let search, search.count > search.most { return .there }
      let stop = try advance(left, toward: goal, from: now, search)
      try search?.look(monitor, policies: policies)
      if isFuture, let stop, stop.reason == .halt || stop.reason == .exit { return .stuck(stop) }
      idle = monitor.position == now && stop?.reason != .breakpoint ? idle + 1 : 0
      if idle == 2 { return .stuck(stop) }
    }
    return .stuck(nil)
  }

  func run(to goal: Goal, isFuture: Bool = false) throws -> Arrival {
    var none: Search?
    return try run(to: goal, &none, isFuture: isFuture)
  }

  /// Runs to the next thing that happens before `end`, stopping where the policies stop.
  func runOnce(to end: TimePosition) throws -> Arrival {
    timeline.isPaused = true
    defer { timeline.isPaused = false }
    let now = monitor.position
    let left = left(to: .position(end), from: now)
    if left == 0 { return .there }
    monitor.policies =
      end.isPending && now.exits &+ 1 == end.exits ? Self.allStop : steppingPolicies
    let stop = try monitor.advance(RunLimit(instructions: left, interrupt: interrupt))
    if interrupt.isRaised { return .interrupted }
    return monitor.position == now ? .stuck(stop) : .there
  }

  /// As the guest will be stepped with: exits that stop, stop a step.
  var steppingPolicies: [UInt16: ExitPolicy] {
    var result = policies.filter { $0.value == .stop }
    for reason in timeline.passed { result[reason] = .pass }
    return result
  }

  /// Units that may pass before the goal has to be looked at again; 0 if it is reached. What a goal
  /// still lacks may be a VM exit, which takes none.
  private func left(to goal: Goal, from now: TimePosition) -> UInt64 {
    switch goal {
    case .position(let end): now >= end ? 0 : max(1, end.units &- now.units)
    case .units(let end): now.units >= end ? 0 : end &- now.units
    case .retired(let end):
      machine.instructionsRetired >= end ? 0 : end &- machine.instructionsRetired
    }
  }

  private func advance(
    _ left: UInt64, toward goal: Goal, from now: TimePosition, _ search: Search?
  ) throws -> Stop? {
    var limit = RunLimit(instructions: left, interrupt: interrupt)
    if let search { limit.breakpoints = search.targets.breakpoints }
    monitor.policies = policies(toward: goal, from: now, isSearching: search != nil)
    return try monitor.advance(limit)
  }

  /// Exits that the policy stops are handled at once, except one that is the goal, and those of a
  /// search.
  private func policies(
    toward goal: Goal, from now: TimePosition, isSearching: Bool
  ) -> [UInt16: ExitPolicy] {
    if case .position(let end) = goal, end.isPending, now.exits &+ 1 == end.exits {
      return Self.allStop
    }
    let passed = timeline.passed
    if passed.isEmpty, policies.isEmpty { return [:] }
    if isSearching { return steppingPolicies }
    return Dictionary(uniqueKeysWithValues: passed.map { ($0, .pass) })
  }

  private static let allStop: [UInt16: ExitPolicy] = Dictionary(
    uniqueKeysWithValues: ExitReason.rows.map { ($0.number, .stop) })
}

extension Monitor {
  /// Handles the exit that waits, or runs to the next thing that happens.
  fileprivate func advance(_ limit: RunLimit) throws -> Stop? {
    var run = GuestRun(self, limit: limit)
    if pendingExit != nil { return try handlePending(&run) }
    if let simulated, !configuration.isBare { try prepareEntry(simulated) }
    return try runOnce(&run)
  }
}

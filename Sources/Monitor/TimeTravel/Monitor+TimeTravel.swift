import Simulator
import X86

/// Going back. Each of these leaves the guest where it was if it is interrupted.
extension Monitor {
  /// Goes to the moment from which `count` steps lead to the present, at most to the start of time.
  public func reverseStep(_ count: UInt64, interrupt: Interrupt) throws -> Stop {
    let travel = try beginTravel(interrupt)
    return try finishing(travel) {
      var left = count
      for index in stride(from: travel.past.count - 2, through: 0, by: -1) where left > 0 {
        guard let taken = try stepBack(left, travel, index) else { return nil }
        left -= taken
      }
      return left == 0 ? stop(travel, .step) : try stopAtStart(travel)
    }
  }

  /// Goes to the latest moment before the present at which a breakpoint, a watchpoint or an exit that
  /// a policy stops would have stopped the guest, or to the start of time.
  public func reverseContinue(to targets: ReverseTargets) throws -> Stop {
    let travel = try beginTravel(targets.interrupt)
    var search = Search(targets, in: self)
    return try finishing(travel) {
      for index in stride(from: travel.past.count - 2, through: 0, by: -1) {
        guard try findLast(&search, travel, index) else { return nil }
        if let find = search.last {
          try travel.go(to: index)
          guard try arrive(travel.run(to: .position(find.position))) else { return nil }
          return stop(travel, find)
        }
      }
      return try stopAtStart(travel)
    }
  }

  /// Goes to the moment at which `count` instructions had been retired, back or on.
  public func go(to count: UInt64, interrupt: Interrupt) throws -> Stop {
    let travel = try beginTravel(interrupt)
    let isForward = count > travel.past[travel.past.count - 1].count
    return try finishing(travel) {
      guard let index = travel.past.lastIndex(where: { $0.count <= count }) else {
        return try stopAtStart(travel)
      }
      try travel.go(to: index)
      let arrival = try travel.run(to: .retired(count), isFuture: isForward)
      if isForward {
        if case .stuck(let stop) = arrival { return stuck(travel, stop) }
        if case .interrupted = arrival { return stop(travel, .interrupt) }
      }
      return try arrive(arrival) ? stop(travel, .step) : nil
    }
  }

  // MARK: Parts

  private func beginTravel(_ interrupt: Interrupt) throws -> Travel {
    guard machine.capabilities.contains(.deterministic) else {
      throw MonitorError.needsSimulator(what: "going back in time")
    }
    guard checkpointMemory > 0, let travel = try Travel(self, interrupt: interrupt) else {
      throw MonitorError.refused(
        what: "going back in time", why: "no checkpoints are kept",
        remedy: "`set checkpoint-memory 256M`, then `reset`")
    }
    return travel
  }

  /// Stays where `body` has come to, or goes home if it returns nil, being interrupted, or fails.
  private func finishing(_ travel: Travel, _ body: () throws -> Stop?) throws -> Stop {
    do {
      if let stop = try body() {
        travel.stay()
        return stop
      }
    } catch {
      if timeline != nil { try travel.goHome() }
      throw error
    }
    try travel.goHome()
    return try Stop(
      reason: .interrupt, rip: machine.cpu.registers().rip, instructions: 0,
      explanation: "interrupted; the guest is where it was")
  }

  /// False if interrupted.
  private func arrive(_ arrival: Travel.Arrival) throws -> Bool {
    switch arrival {
    case .there: return true
    case .interrupted: return false
    case .stuck(let stop):
      throw MonitorError.refused(
        what: "going back in time",
        why: "the guest did not do again what it did (\(stop?.explanation ?? "it stands still"))",
        remedy: "`reset` starts again")
    }
  }

  /// Steps back within stretch `index` of the past, and returns how many steps: fewer than `count`
  /// if that leads to its beginning. nil if interrupted.
  private func stepBack(_ count: UInt64, _ travel: Travel, _ index: Int) throws -> UInt64? {
    let end = travel.end(of: index)
    try travel.go(to: index)
    let first = position.units
    let from = count < end.units &- first ? end.units &- count : first
    guard try arrive(travel.run(to: .units(from))) else { return nil }
    // A step is at most one unit, so that there are at least `count` of them, or all.
    let mark = travel.setMark()
    guard let steps = try countSteps(to: end, travel) else { return nil }
    try travel.rewind(to: mark)
    guard steps > count else { return steps }
    policies = travel.steppingPolicies
    timeline?.isPaused = true
    defer { timeline?.isPaused = false }
    for _ in 0..<(steps - count) { _ = try step() }
    return count
  }

  /// Steps from here to `end`: units, and exits that take none.
  private func countSteps(to end: TimePosition, _ travel: Travel) throws -> UInt64? {
    let start = position
    var steps = StepCount()
    while position < end {
      if interrupt.isRaised { return nil }
      let before = position
      guard try arrive(travel.runOnce(to: end)) else { return nil }
      steps.add(before, position, exitLog.latest, retired: machine.cpu.instructionsRetired)
    }
    return end.units &- start.units &+ steps.withoutUnit
  }

  /// Notes the last find of stretch `index`; false if interrupted.
  private func findLast(_ search: inout Search, _ travel: Travel, _ index: Int) throws -> Bool {
    let end = travel.end(of: index)
    // Most stretches have few finds: one pass. Of too many only the last are gone through.
    search.most = 4096
    guard try look(&search, travel, index, from: 0, to: end) else { return false }
    var window: UInt64 = 1 << 16
    while search.count > search.most {
      let from = end.units > window ? end.units - window : 0
      if from <= travel.past[index].position.units { search.most = .max }
      var narrow = search
      narrow.most = .max
      guard try look(&narrow, travel, index, from: from, to: end) else { return false }
      if narrow.last != nil || search.most == .max {
        search = narrow
        search.most = .max
        return true
      }
      window *= 8
    }
    return true
  }

  private func look(
    _ search: inout Search, _ travel: Travel, _ index: Int, from: UInt64, to end: TimePosition
  ) throws -> Bool {
    try travel.go(to: index)
    guard try arrive(travel.run(to: .units(from))) else { return false }
    var optional: Search? = search
    let arrival = try travel.run(to: .position(end), &optional)
    if let result = optional { search = result }
    return try arrive(arrival)
  }

  // MARK: Stops

  private func stop(_ travel: Travel, _ reason: Stop.Reason, _ text: String = "") -> Stop {
    let count = machine.cpu.instructionsRetired ?? 0
    let before = travel.past[travel.past.count - 1].count
    return Stop(
      reason: reason, rip: (try? machine.cpu.registers().rip) ?? 0,
      instructions: count < before ? before &- count : count &- before, exit: pendingExit,
      explanation: text)
  }

  private func stop(_ travel: Travel, _ find: Find) -> Stop {
    switch find.kind {
    case .breakpoint: stop(travel, .breakpoint)
    case .exit(let exit):
      stop(travel, .exit, "\(exit.summary); not handled yet: `continue` handles it and goes on")
    case .change(let watch, let before, let after):
      stop(
        travel, .breakpoint,
        "watchpoint \(watch.number): [\(hex(watch.address))] was \(text(before)), is \(text(after))"
      )
    }
  }

  private func text(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }

  private func stopAtStart(_ travel: Travel) throws -> Stop {
    try travel.go(to: 0)
    let count = travel.past[0].count
    let why =
      timeline?.hasForgotten == true
      ? "this is the start of time, \(count) instructions after the guest's first: what was before "
        + "did not fit into the checkpoint memory"
      : "this is the start of time"
    return stop(travel, .limit, why)
  }

  private func stuck(_ travel: Travel, _ last: Stop?) -> Stop {
    var result = stop(travel, last?.reason ?? .halt, last?.explanation ?? "")
    result.exit = last?.exit
    return result
  }
}

/// Steps that `step()` takes without a unit of time passing.
private struct StepCount {
  var withoutUnit: UInt64 = 0

  /// From one moment to the next at which something happened. A step ends at an exit that waits to
  /// be handled, and after an exit whose handling has left the guest at the same instruction.
  mutating func add(
    _ before: TimePosition, _ after: TimePosition, _ exit: ExitLog.Entry?, retired: UInt64?
  ) {
    if after.isPending {
      withoutUnit += 1
    } else if after.exits != before.exits, let exit, exit.instructions == retired {
      withoutUnit += 1
    } else if before.isPending, after.units == before.units {
      withoutUnit += 1
    }
  }
}

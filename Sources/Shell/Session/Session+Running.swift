import Monitor
import X86

extension Session {
  /// Steps shown one by one; of more only the last are.
  static let shownSteps = 16
  /// Of more steps than this only the last of all are looked at, because looking takes longer than
  /// stepping: if something stops earlier, none is shown.
  static let observedSteps = 4096

  /// Runs until something stops, and says what.
  func runGuest(also temporary: UInt64? = nil) throws -> Answer {
    let monitor = try prepareToRun()
    defer { interrupt.clear() }
    let stop =
      breakpoints.watched.isEmpty
      ? try runFreely(monitor, also: temporary) : try runWatching(monitor, also: temporary)
    return finish(stop, monitor)
  }

  /// Executes `count` instructions, or fewer if something else stops.
  func stepGuest(_ count: Int) throws -> Answer {
    let monitor = try prepareToRun()
    defer { interrupt.clear() }
    var shown: [ExecutedInstruction] = []
    var total = Stop(reason: .step, rip: 0, instructions: 0)
    var done = 0
    for index in 0..<count {
      let isSeen = count <= Self.observedSteps || index >= count - Self.shownSteps
      let observer = isSeen ? try unheard(monitor) { try StepObserver(monitor) } : nil
      let stop = try monitor.step()
      done += 1
      total = Self.adding(stop, to: total)
      if let observer {
        var executed = try unheard(monitor) { try observer.finish() }
        if stop.reason == .step { executed.handledExit = stop.exit }
        if shown.count == Self.shownSteps { shown.removeFirst() }
        shown.append(executed)
      }
      if stop.reason != .step { break }
      if let limit = interruptAt, index + 1 >= limit { interrupt.raise() }
      if interrupt.isRaised {
        total.reason = .interrupt
        break
      }
      if index + 1 < count, breakpoints.addresses.contains(try registers().linearPC) {
        total.reason = .breakpoint
        break
      }
    }
    interruptAt = nil
    return finish(total, monitor, executed: shown, skipped: done - shown.count)
  }

  /// Whether the next instruction is one that `nexti` steps over, and where it returns to.
  func returnAddress() throws -> UInt64? {
    guard let next = try guest().nextInstruction() else { return nil }
    let isRepeated = !next.instruction.prefixes.isDisjoint(with: [.rep, .repne])
    guard Self.calls.contains(next.instruction.mnemonic) || isRepeated else { return nil }
    return next.address &+ UInt64(next.instruction.length)
  }

  private static let calls: Set<Mnemonic> = [.call, .callFar, .int, .int3, .into, .syscall]

  func prepareToRun() throws -> any MonitorNeeds {
    let monitor = try guest()
    interrupt.clear()
    monitor.interrupt = interrupt
    wasPinned = interruptAt != nil
    applyPolicies(to: monitor)
    guestHasStarted = true
    return monitor
  }

  private func runFreely(_ monitor: any MonitorNeeds, also temporary: UInt64?) throws -> Stop {
    var limit = RunLimit(
      instructions: options.instructionLimit, breakpoints: breakpoints.addresses,
      interrupt: interrupt)
    if let temporary { limit.breakpoints.insert(temporary) }
    let pinned = interruptAt
    interruptAt = nil
    if let pinned { limit.instructions = min(pinned, limit.instructions ?? .max) }
    var stop = try monitor.run(until: limit)
    if let pinned, stop.reason == .limit, limit.instructions == pinned {
      stop.reason = .interrupt
      stop.explanation = ""
    }
    return stop
  }

  /// Watchpoints compare memory after each instruction: slow, exact, and the same on each backend.
  private func runWatching(_ monitor: any MonitorNeeds, also temporary: UInt64?) throws -> Stop {
    var total = Stop(reason: .step, rip: 0, instructions: 0)
    let addresses = breakpoints.addresses.union(temporary.map { [$0] } ?? [])
    let limit = min(interruptAt ?? .max, options.instructionLimit ?? .max)
    var seen = watchedBytes(monitor)
    while true {
      let stop = try monitor.step()
      total = Self.adding(stop, to: total)
      if stop.reason != .step { break }
      let now = watchedBytes(monitor)
      if let change = watchChange(from: seen, to: now) {
        total.reason = .breakpoint
        total.explanation = change
        break
      }
      seen = now
      if addresses.contains(try registers().linearPC) {
        total.reason = .breakpoint
        break
      }
      if total.instructions ?? 0 >= limit {
        total.reason = interruptAt == nil ? .limit : .interrupt
        break
      }
      if interrupt.isRaised {
        total.reason = .interrupt
        break
      }
    }
    interruptAt = nil
    return total
  }

  private func watchedBytes(_ monitor: any MonitorNeeds) -> [[UInt8]?] {
    breakpoints.watched.map { try? monitor.readLinear($0.address, count: $0.length) }
  }

  private func watchChange(from old: [[UInt8]?], to new: [[UInt8]?]) -> String? {
    for (index, watch) in breakpoints.watched.enumerated() where old[index] != new[index] {
      breakpoints.count(number: watch.number)
      let before = old[index].map { Show.bytes($0) } ?? "unmapped"
      let after = new[index].map { Show.bytes($0) } ?? "unmapped"
      return "watchpoint \(watch.number): [\(Show.hex(watch.address))] was \(before), is \(after)"
    }
    return nil
  }

  private static func adding(_ stop: Stop, to total: Stop) -> Stop {
    var result = stop
    if let before = total.instructions {
      result.instructions = stop.instructions.map { $0 &+ before }
    }
    result.handledExits += total.handledExits
    result.exit = stop.exit ?? total.exit
    return result
  }

  /// Keeps the books about a stop and renders it.
  func finish(
    _ stop: Stop, _ monitor: any MonitorNeeds, executed: [ExecutedInstruction] = [],
    skipped: Int = 0
  ) -> Answer {
    let rendering = rendering(of: stop, monitor, executed: executed, skipped: skipped)
    return Answer(rendering.lines(format).joined(separator: "\n"), rendering.json)
  }

  /// As `finish`, for a journey in time.
  func arrived(_ stop: Stop, _ monitor: any MonitorNeeds, from before: UInt64) -> Answer {
    JourneyRendering(
      stop: stop, before: before, after: monitor.timeStatus.count ?? 0,
      console: rendering(of: stop, monitor)
    ).answer(format)
  }

  private func rendering(
    of stop: Stop, _ monitor: any MonitorNeeds, executed: [ExecutedInstruction] = [],
    skipped: Int = 0
  ) -> StopRendering {
    lastStop = stop
    let pc = (try? unheard(monitor) { try registers().linearPC }) ?? stop.rip
    var detail: String?
    if stop.reason == .breakpoint, stop.explanation.isEmpty {
      breakpoints.count(address: pc, exit: nil)
      let hit = breakpoints.all.first { $0.kind == .address(pc) }
      detail =
        hit.map { "breakpoint \($0.number) at \(Show.hex(pc))" }
        ?? "arrived at \(Show.hex(pc))"
    } else if stop.reason == .exit, let exit = stop.exit {
      breakpoints.count(address: nil, exit: exit.reason)
    }
    return StopRendering(
      stop: stop, executed: executed, skipped: skipped, console: takeConsole(),
      upcoming: unheard(monitor) { upcoming(monitor) }, detail: detail)
  }

  /// Looks at the machine for what the shell shows by itself: those ioctls are not echoed, so that
  /// the learner sees the ones that the command takes.
  private func unheard<T>(_ monitor: any MonitorNeeds, _ body: () throws -> T) rethrows -> T {
    guard monitor.keepsIoctls else { return try body() }
    monitor.keepsIoctls = false
    defer { monitor.keepsIoctls = true }
    return try body()
  }

  private func upcoming(_ monitor: any MonitorNeeds) -> DisassemblyLine? {
    monitor.nextInstruction().map { next in
      DisassemblyLine(
        address: next.address, bytes: next.bytes.prefix(next.instruction.length),
        text: Disassembler.text(next.instruction, at: next.address, bytes: next.bytes))
    }
  }
}

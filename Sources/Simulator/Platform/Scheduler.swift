import X86

/// Runs the processors of a bare machine in turn, and lets time pass.
///
/// In a round each processor executes until its time is the end of the round; what is left of it when
/// it halts, or pauses, passes without instructions. While only one processor has anything to execute,
/// its round goes on to the next event, so that processors which have halted cost nothing.
final class Scheduler {
  struct State: Sendable {
    /// Whose turn it is; past the last one between rounds.
    var turn = Int.max
    /// When the round began, and when it ends.
    var now: UInt64 = 0
    var end: UInt64 = 0
    /// Only one processor had anything to execute when the round began.
    var isSole = false
    /// The time that the board has been told.
    var boardTime: UInt64 = 0
  }

  /// Nanoseconds of a round.
  static let quantum: UInt64 = 200
  /// Events of devices in a row that wake no processor before the machine counts as halted.
  private static let idleEvents = 1 << 20

  let bus: SystemBus
  var state = State()
  private var processors: [Processor] { bus.processors }

  init(_ bus: SystemBus) { self.bus = bus }

  func save() -> State {
    var saved = state
    saved.boardTime = bus.boardTime
    return saved
  }

  func restore(_ saved: State) {
    state = saved
    bus.boardTime = saved.boardTime
  }

  /// After RESET of all processors: a new round.
  func restart() {
    for processor in processors {
      processor.sleep(until: processors.reduce(0) { max($0, $1.time) })
    }
    state = State(turn: Int.max, now: processors[0].time, end: processors[0].time)
    bus.advance(to: state.now)
  }

  /// A run of the scheduler.
  struct Run {
    var limit: RunLimit
    /// Instructions left of the limit.
    var left: UInt64
    /// Its next instruction is not stopped by a breakpoint; that of others is.
    var skipsBreakpointOf: Int
    /// Return after this processor has executed an instruction.
    var stepping: Int?
    var hasStepped = false
    var idleEvents = 0
  }

  /// Why it came back, and which processor caused it.
  func run(_ run: inout Run) -> (stop: ProcessorStop, processor: Int) {
    while true {
      if let stop = nextTurn(&run) {
        return (stop, min(state.turn, processors.count - 1))
      }
    }
  }

  private func nextTurn(_ run: inout Run) -> ProcessorStop? {
    if run.left == 0 || run.hasStepped { return .limit }
    if run.limit.interrupt.isRaised { return .interrupted }
    if state.turn >= processors.count { return endRound(&run) }
    return execute(state.turn, &run)
  }

  // MARK: A turn

  /// One slice of processor `index`. The turn passes on when there is nothing left to do in it.
  private func execute(_ index: Int, _ run: inout Run) -> ProcessorStop? {
    let processor = processors[index]
    processor.catchUpTimer()
    if processor.endsTurn {
      processor.endsTurn = false
      if !state.isSole { return passTurn() }
    }
    guard processor.time < state.end else { return passTurn() }
    guard processor.isRunnable else { return wait(processor) }
    var slice = state.end &- processor.time
    if let expiry = processor.timerExpiry { slice = min(slice, expiry &- processor.time) }
    slice = min(slice, run.left)
    if run.stepping == index { slice = min(slice, 1) }
    return executeSlice(processor, index, slice, &run)
  }

  private func executeSlice(
    _ processor: Processor, _ index: Int, _ slice: UInt64, _ run: inout Run
  ) -> ProcessorStop? {
    let before = processor.retired &+ processor.eventsDelivered
    processor.isYielding = false
    var limit = run.limit
    limit.instructions = slice
    let skips = run.skipsBreakpointOf == index
    let stop = processor.run(until: limit, skipsFirstBreakpoint: skips)
    let used = processor.retired &+ processor.eventsDelivered &- before
    if used > 0 {
      if skips { run.skipsBreakpointOf = -1 }
      if run.stepping == index { run.hasStepped = true }
    }
    run.left &-= min(run.left, used)
    run.idleEvents = 0
    // A limit may have come before the boundary at which the processor would have yielded.
    if stop == .yielded || processor.isYielding, let stop = afterYield(processor) { return stop }
    switch stop {
    case .limit, .halted, .yielded: return nil
    default: return stop
    }
  }

  /// The processor has touched what decides when something happens.
  private func afterYield(_ processor: Processor) -> ProcessorStop? {
    if state.isSole, processors.contains(where: { $0 !== processor && $0.isRunnable }) {
      state.end = min(state.end, processor.time)
    }
    guard let board = bus.board else { return nil }
    if let event = board.nextEvent { state.end = min(state.end, max(event, processor.time)) }
    return wantsStop ? .yielded : nil
  }

  /// A halted processor: its timer may wake it before the round ends.
  private func wait(_ processor: Processor) -> ProcessorStop? {
    guard processor.activity == .hlt, processor.acceptsInterrupts,
      let expiry = processor.timerExpiry, expiry < state.end
    else { return passTurn() }
    processor.sleep(until: expiry)
    return nil
  }

  @discardableResult
  private func passTurn() -> ProcessorStop? {
    state.turn += 1
    return nil
  }

  // MARK: A round

  private func endRound(_ run: inout Run) -> ProcessorStop? {
    // When all have halted, the round ends where the last one did.
    let latest = processors.reduce(state.now) { max($0, $1.time) }
    passTime(to: isIdle ? min(state.end, latest) : state.end)
    if wantsStop { return .yielded }
    if isIdle {
      run.idleEvents += 1
      guard run.idleEvents < Scheduler.idleEvents, let next = nextWake else { return .halted }
      passTime(to: max(next, state.now))
      if isIdle { return nil }
    }
    beginRound()
    return nil
  }

  /// No processor has anything to execute.
  private var isIdle: Bool { !processors.contains { $0.isRunnable } }

  private var wantsStop: Bool {
    guard let board = bus.board else { return false }
    return board.isStopRequested || board.isResetRequested
  }

  private func passTime(to time: UInt64) {
    (state.now, state.end) = (time, time)
    for processor in processors {
      processor.sleep(until: time)
      processor.catchUpTimer()
    }
    bus.advance(to: time)
  }

  /// The next time at which something may wake a halted processor; nil if nothing can: interrupts do
  /// not reach those that have RFLAGS.IF clear, wait for a SIPI or have shut down.
  private var nextWake: UInt64? {
    let sleepers = processors.filter { $0.activity == .hlt && $0.acceptsInterrupts }
    guard !sleepers.isEmpty else { return nil }
    return [firstTimer, bus.board?.nextEvent].compactMap { $0 }.min()
  }

  /// The first expiry of a timer that wakes its processor.
  private var firstTimer: UInt64? {
    var first: UInt64?
    for processor in processors where processor.activity == .hlt && processor.acceptsInterrupts {
      if let expiry = processor.timerExpiry { first = min(first ?? expiry, expiry) }
    }
    return first
  }

  private func beginRound() {
    state.turn = 0
    state.isSole = processors.reduce(0) { $0 + ($1.isRunnable ? 1 : 0) } == 1
    state.end = state.isSole ? firstTimer ?? ~0 : state.now &+ Scheduler.quantum
    if let event = bus.board?.nextEvent { state.end = min(state.end, max(event, state.now &+ 1)) }
  }
}

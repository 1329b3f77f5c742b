import X86

/// A processor at a moment of its past, caches that a guest can notice included.
struct ProcessorCheckpoint: Sendable {
  private let state: ProcessorSnapshot
  private let translations: TLBSnapshot
  private let suspended: SuspendedGuest?
  private let exit: ExitInformation
  private let isPutBack: Bool

  init(_ processor: Processor) {
    state = ProcessorSnapshot(processor)
    translations = processor.tlb.save()
    suspended = processor.suspended
    exit = processor.pendingExit
    isPutBack = processor.isPutBack
  }

  func restore(_ processor: Processor) {
    state.restore(processor)
    processor.tlb.restore(translations)
    processor.suspended = suspended
    processor.pendingExit = exit
    processor.isPutBack = isPutBack
  }

  /// Bytes of this process, nearly.
  var bytes: Int { 4096 + translations.bytes }
}

/// A simulated machine at a moment of its past, without its memory: what memory was follows from
/// the logs of the epochs since.
public struct MachineCheckpoint: Sendable {
  fileprivate var processors: [ProcessorCheckpoint]
  fileprivate var planned: Registers
  fileprivate var scheduler: Scheduler.State?
  fileprivate var selected: Int

  /// Bytes of this process, nearly.
  public var bytes: Int { processors.reduce(1024) { $0 + $1.bytes } }
}

/// The memory that an epoch has changed, as it was.
public struct EpochLog {
  fileprivate let pages: PageLog

  public var bytes: Int { pages.bytes }

  /// Takes over what a later epoch, the next one, kept of pages that this one has not changed.
  public func absorb(_ later: EpochLog) { pages.absorb(later.pages) }
}

extension SimulatedMachine {

  /// What a limit counts: instructions retired and exceptions delivered.
  public var unitsOfTime: UInt64 {
    if !isBare { return processor.retired &+ processor.eventsDelivered }
    return processors.reduce(0) { $0 &+ $1.retired &+ $1.eventsDelivered }
  }

  /// Counts what reaches processors and memory from outside.
  public var touches: UInt64 {
    if !isBare { return processor.touches }
    return processors.reduce(0) { $0 &+ $1.touches }
  }

  /// Notes that something outside the machine, which it depends on, was changed at the prompt.
  public func noteTouch() { processor.touches &+= 1 }

  /// The state of everything but memory. To be called between two calls of `run`.
  public func checkpoint() -> MachineCheckpoint {
    MachineCheckpoint(
      processors: processors.map { ProcessorCheckpoint($0) }, planned: simulatedCPUs[0].planned,
      scheduler: scheduler?.save(), selected: selected)
  }

  /// Puts back everything but memory.
  public func restore(_ checkpoint: MachineCheckpoint) {
    for (processor, saved) in zip(processors, checkpoint.processors) {
      saved.restore(processor)
    }
    simulatedCPUs[0].planned = checkpoint.planned
    if let state = checkpoint.scheduler { scheduler?.restore(state) }
    selected = checkpoint.selected
  }

  /// From now on the pages that change are kept as they are now. Returns those of the epoch that
  /// ends; nil for the first one, and if too many changed and they were not kept.
  ///
  /// `mayGrow` is asked with the size of the new epoch's log now and then; false ends it.
  public func beginEpoch(mayGrow: @escaping (Int) -> Bool) -> EpochLog? {
    let ended = memory.beginEpoch()
    memory.mayGrow = mayGrow
    dropWriteAccess()
    return ended.map { EpochLog(pages: $0) }
  }

  /// Bytes of the epoch that goes on; nil if changes are not kept.
  public var epochBytes: Int? { memory.openLog?.bytes }

  /// Bytes by which it may grow before `mayGrow` is asked.
  public static var epochReserve: Int { PhysicalMemory.growthReserve }

  /// Keeps changes no longer.
  public func endEpochs() {
    memory.stopTracking()
    memory.mayGrow = nil
  }

  /// Puts memory back to the beginning of the epoch of `log`, or from there to its end again. No
  /// epoch may have been changed since; `restore` of a checkpoint has to follow.
  public func exchange(_ log: EpochLog) { log.pages.exchange(with: memory) }

  /// Stops, as at a breakpoint, behind the instructions that write any of these guest-physical
  /// bytes.
  public func watch(_ ranges: [Range<UInt64>]) {
    memory.watch(ranges.map { ($0.lowerBound &+ guestBase)..<($0.upperBound &+ guestBase) })
    dropWriteAccess()
  }

  /// Whether watched bytes were written since this was asked last.
  public func takeWatchHit() -> Bool {
    defer { memory.hasWatchHit = false }
    return memory.hasWatchHit
  }

  private func dropWriteAccess() {
    for processor in processors { processor.tlb.dropWriteAccess() }
  }
}

import X86

/// What a search through the past looks for.
public struct ReverseTargets: Sendable {
  /// Linear addresses of instructions.
  public var breakpoints: Set<UInt64>
  /// Linear memory whose changes count.
  public var watched: [Watch]
  public var interrupt: Interrupt

  public struct Watch: Sendable, Equatable {
    public var number: Int
    public var address: UInt64
    public var length: Int

    public init(number: Int, address: UInt64, length: Int) {
      self.number = number
      self.address = address
      self.length = length
    }
  }

  public init(
    breakpoints: Set<UInt64> = [], watched: [Watch] = [], interrupt: Interrupt = Interrupt()
  ) {
    self.breakpoints = breakpoints
    self.watched = watched
    self.interrupt = interrupt
  }
}

/// A moment of the past that a search has found.
struct Find: Sendable {
  enum Kind: Sendable {
    case breakpoint
    case exit(VMExit)
    case change(ReverseTargets.Watch, before: [UInt8], after: [UInt8])
  }
  var position: TimePosition
  var kind: Kind
}

/// What is looked for while re-executing, and what was found last.
struct Search {
  let targets: ReverseTargets
  /// Finds from here on do not count: it is the present.
  let present: TimePosition
  /// Where the watched bytes are, as guest-physical pieces within a page each.
  let places: [[Range<UInt64>]]
  /// Finds after which the search gives up, because there are too many to go through.
  var most = Int.max

  private(set) var last: Find?
  private(set) var count = 0
  private var seen: [[UInt8]] = []

  /// Watched memory is found through the guest's page tables as they are now.
  init(_ targets: ReverseTargets, in monitor: Monitor) {
    self.targets = targets
    present = monitor.position
    places = targets.watched.map { monitor.physicalPieces($0.address, $0.length) }
  }

  var isWatching: Bool { places.contains { !$0.isEmpty } }

  /// To be called where the search begins: at the first instruction of a stretch, too, there may be a
  /// breakpoint.
  mutating func begin(_ monitor: Monitor) throws {
    last = nil
    count = 0
    seen = places.map { monitor.bytes(in: $0) }
    try noteBreakpoint(monitor)
  }

  /// Looks at where the guest has come to.
  mutating func look(_ monitor: Monitor, policies: [UInt16: ExitPolicy]) throws {
    if isWatching, monitor.simulated?.takeWatchHit() == true { noteChanges(monitor) }
    if let exit = monitor.pendingExit {
      if policies[exit.reason] == .stop { note(.exit(exit), monitor) }
    } else {
      try noteBreakpoint(monitor)
    }
  }

  private mutating func noteBreakpoint(_ monitor: Monitor) throws {
    guard !targets.breakpoints.isEmpty, monitor.pendingExit == nil,
      targets.breakpoints.contains(try monitor.linearRIP())
    else { return }
    note(.breakpoint, monitor)
  }

  private mutating func noteChanges(_ monitor: Monitor) {
    for (index, watch) in targets.watched.enumerated() {
      let now = monitor.bytes(in: places[index])
      if now != seen[index] {
        note(.change(watch, before: seen[index], after: now), monitor)
        seen[index] = now
      }
    }
  }

  private mutating func note(_ kind: Find.Kind, _ monitor: Monitor) {
    let position = monitor.position
    guard position < present else { return }
    last = Find(position: position, kind: kind)
    count += 1
  }
}

extension Monitor {
  /// The pieces of linear memory that are mapped, in guest-physical memory.
  fileprivate func physicalPieces(_ linear: UInt64, _ length: Int) -> [Range<UInt64>] {
    var pieces: [Range<UInt64>] = []
    var offset = 0
    while offset < length {
      let address = linear &+ UInt64(offset)
      let size = min(length - offset, 0x1000 - Int(address & 0xfff))
      if let start = (try? walk(address, PageAccess(.read)))?.guestPhysical,
        start <= machine.memorySize, UInt64(size) <= machine.memorySize &- start
      {
        pieces.append(start..<(start + UInt64(size)))
      }
      offset += size
    }
    return pieces
  }

  fileprivate func bytes(in pieces: [Range<UInt64>]) -> [UInt8] {
    pieces.flatMap { (try? machine.readPhysical($0.lowerBound, count: $0.count)) ?? [] }
  }
}

import X86

/// Where a running guest is to stop.
struct BreakpointList: Sendable {
  enum Kind: Sendable, Equatable {
    /// Linear address of an instruction.
    case address(UInt64)
    /// A basic exit reason, or any exit.
    case exit(UInt16?)
    /// Linear memory that is compared after each instruction.
    case watch(UInt64, length: Int)
  }

  struct Breakpoint: Sendable {
    var number: Int
    var kind: Kind
    var hits = 0

    /// A backend that has no breakpoints of its own steps to it.
    var isSteppedTo: Bool {
      if case .exit = kind { false } else { true }
    }

    var text: String {
      switch kind {
      case .address(let address): "break \(Show.hex(address))"
      case .exit(nil): "break exit"
      case .exit(let reason?): "break exit \(ExitReason(rawValue: reason).identifier)"
      case .watch(let address, let length): "watch \(Show.hex(address)) \(length)"
      }
    }
  }

  private(set) var all: [Breakpoint] = []
  private var nextNumber = 1

  /// Adds a breakpoint; returns the one that is there if it is the same.
  mutating func add(_ kind: Kind) -> Breakpoint {
    if let same = all.first(where: { $0.kind == kind }) { return same }
    let breakpoint = Breakpoint(number: nextNumber, kind: kind)
    nextNumber += 1
    all.append(breakpoint)
    return breakpoint
  }

  /// False if there is none of that number.
  mutating func delete(_ number: Int) -> Bool {
    let count = all.count
    all.removeAll { $0.number == number }
    return all.count < count
  }

  mutating func deleteAll() { all = [] }

  var addresses: Set<UInt64> {
    Set(
      all.compactMap { breakpoint in
        if case .address(let address) = breakpoint.kind { address } else { nil }
      })
  }

  /// The reasons that stop; nil among them means any.
  var exitReasons: [UInt16?] {
    all.compactMap { breakpoint -> UInt16?? in
      if case .exit(let reason) = breakpoint.kind { .some(reason) } else { nil }
    }
  }

  var watched: [(number: Int, address: UInt64, length: Int)] {
    all.compactMap { breakpoint in
      if case .watch(let address, let length) = breakpoint.kind {
        (breakpoint.number, address, length)
      } else {
        nil
      }
    }
  }

  /// Counts a hit of what stops at `address`, or for `exit`.
  mutating func count(address: UInt64?, exit: UInt16?) {
    for index in all.indices {
      switch all[index].kind {
      case .address(let place) where place == address: all[index].hits += 1
      case .exit(let reason) where exit != nil && (reason == nil || reason == exit):
        all[index].hits += 1
      default: break
      }
    }
  }

  mutating func count(number: Int) {
    if let index = all.firstIndex(where: { $0.number == number }) { all[index].hits += 1 }
  }
}

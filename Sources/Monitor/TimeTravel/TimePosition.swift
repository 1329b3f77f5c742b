/// A moment between two instructions of a guest's past.
///
/// None of the three ever goes down as the guest runs, so that moments are ordered.
struct TimePosition: Comparable, Hashable, Sendable {
  /// Instructions retired and exceptions delivered: what limits count.
  var units: UInt64 = 0
  /// VM exits that happened.
  var exits: UInt64 = 0
  /// The last of them has not been handled.
  var isPending = false

  static func < (left: TimePosition, right: TimePosition) -> Bool {
    if left.units != right.units { return left.units < right.units }
    if left.exits != right.exits { return left.exits < right.exits }
    return left.isPending && !right.isPending
  }

  /// How long getting here took, in instructions: a VM exit takes as long as this many.
  var effort: UInt64 { units &+ exits &* TimePosition.effortOfExit }
  private static let effortOfExit: UInt64 = 128
}

extension Monitor {
  var position: TimePosition {
    TimePosition(
      units: simulated?.unitsOfTime ?? 0, exits: books.contents.exitLog.count,
      isPending: books.contents.pendingExit != nil)
  }
}

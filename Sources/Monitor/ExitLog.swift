/// The most recent exits, in order.
public struct ExitLog: Sendable, Equatable {
  public struct Entry: Sendable, Equatable {
    /// Counts all exits since the guest was loaded, from 1.
    public var sequence: UInt64
    /// Instructions that the guest had executed; nil if the backend cannot count them.
    public var instructions: UInt64?
    public var reason: UInt16
    public var isEntryFailure: Bool
    public var qualification: UInt64
    /// Guest RIP at the exit; nil on KVM, where asking costs another system call.
    public var rip: UInt64?
  }

  /// At most this many are kept; a power of two.
  public static let capacity = 4096

  private var ring: [Entry] = []
  /// Exits since the guest was loaded.
  public private(set) var count: UInt64 = 0

  public init() {}

  /// Oldest first.
  public var entries: [Entry] {
    guard ring.count == Self.capacity else { return ring }
    let start = Int(count % UInt64(Self.capacity))
    return Array(ring[start...] + ring[..<start])
  }

  /// The last one.
  var latest: Entry? {
    if count == 0 { return nil }
    return ring[Int((count - 1) % UInt64(Self.capacity))]
  }

  /// Entries that are kept.
  var keptCount: Int { ring.count }

  /// The sequence number is filled in here.
  mutating func append(_ entry: Entry) {
    let place = Int(truncatingIfNeeded: count) & (Self.capacity - 1)
    if ring.count < Self.capacity { ring.append(entry) } else { ring[place] = entry }
    count &+= 1
    ring[place].sequence = count
  }
}

import Guests

/// The guests that are built in, in the order in which they are worth meeting.
public enum GuestCatalogue {
  /// A built-in guest.
  public struct Guest: Sendable, Equatable {
    public let name: String
    /// One line, for lists.
    public let summary: String
    /// What to look at.
    public let notes: String
    public let bytes: [UInt8]
    /// Guest-physical, as is `entry`.
    public let loadAddress: UInt64
    public let entry: UInt64
    public let mode: GuestImage.Mode
  }

  public static let guests: [Guest] = (0..<ringsideGuestCount()).compactMap(guest(at:))

  /// The guest of exactly this name.
  public static func guest(named name: String) -> Guest? { guests.first { $0.name == name } }

  /// The image of a built-in guest.
  ///
  /// Throws `LoaderError` when `options` ask for another place or mode than the guest was assembled
  /// for, or when `memorySize` bytes are too few.
  public static func image(
    of guest: Guest, options: LoadOptions = LoadOptions(), memorySize: UInt64
  ) throws(LoaderError) -> GuestImage {
    guard options.at ?? guest.loadAddress == guest.loadAddress else {
      throw LoaderError(
        file: guest.name, found: "this built-in guest was assembled for \(hex(guest.loadAddress))",
        expected: "leave --at out")
    }
    guard options.mode ?? guest.mode == guest.mode else {
      throw LoaderError(
        file: guest.name, found: "this built-in guest starts in \(guest.mode.rawValue) mode",
        expected: "leave --mode out")
    }
    let image = GuestImage(
      name: guest.name,
      segments: [GuestImage.Segment(address: guest.loadAddress, bytes: guest.bytes)],
      entry: options.entry ?? guest.entry, mode: guest.mode, note: guest.notes,
      bootParameter: options.bootParameter)
    try image.check(memorySize: memorySize)
    return image
  }

  /// The name of a guest that `name` may be a slip of; nil if none is near.
  public static func nearest(to name: String) -> String? {
    let candidates = guests.map { (name: $0.name, distance: editDistance($0.name, name)) }
    guard let best = candidates.min(by: { $0.distance < $1.distance }),
      best.distance <= 2, best.distance < best.name.count - 1
    else { return nil }
    return best.name
  }

  private static func guest(at index: Int) -> Guest? {
    // SAFETY: the row is a value whose pointers lead to static storage that is never written: zero-
    // terminated strings, and `size` bytes of machine code. A row that does not exist is all null.
    let row = unsafe ringsideGuest(index)
    guard let name = unsafe row.name, let summary = unsafe row.summary,
      let notes = unsafe row.notes, let bytes = unsafe row.bytes
    else { return nil }
    return unsafe Guest(
      name: String(cString: name), summary: String(cString: summary),
      notes: String(cString: notes),
      bytes: Array(UnsafeBufferPointer(start: bytes, count: row.size)),
      loadAddress: row.loadAddress, entry: row.entry, mode: mode(row.mode))
  }

  private static func mode(_ number: Int32) -> GuestImage.Mode {
    switch Int(number) {
    case RINGSIDE_MODE_LONG: .long
    case RINGSIDE_MODE_PROTECTED: .protected
    default: .real
    }
  }

  /// How many single-character insertions, deletions and replacements lead from one to the other.
  private static func editDistance(_ one: String, _ other: String) -> Int {
    let other = Array(other.prefix(64))
    var row = Array(0...other.count)
    for (i, a) in one.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in other.enumerated() {
        let replaced = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[other.count]
  }
}

/// What the guest has printed, from whichever device.
///
/// It keeps the first `limit` bytes and counts the rest, so that a guest that prints for ever does
/// not fill the host's memory.
public final class Console {
  public struct State: Codable, Sendable, Equatable {
    public var bytes: [UInt8] = []
    /// Bytes that came after the limit and were not kept.
    public var dropped: UInt64 = 0
  }

  /// The most bytes that are kept.
  public let limit: Int
  private var contents = State()
  private var seen = 0

  /// A console that keeps the first `limit` bytes, 16 MiB unless told otherwise.
  public init(limit: Int = 16 << 20) { self.limit = max(0, limit) }

  /// All bytes kept so far.
  public var bytes: [UInt8] { contents.bytes }

  /// All bytes kept so far as text; what is not UTF-8 shows as the replacement character.
  public var text: String { String(decoding: contents.bytes, as: UTF8.self) }

  /// Bytes that came after the limit and were not kept.
  public var dropped: UInt64 { contents.dropped }

  /// Says that output was cut and how much; nil when everything was kept.
  public var note: String? {
    guard contents.dropped > 0 else { return nil }
    return "the console keeps the first \(limit) bytes; \(contents.dropped) more were dropped"
  }

  public func append(_ byte: UInt8) {
    if contents.bytes.count < limit {
      contents.bytes.append(byte)
    } else {
      contents.dropped &+= 1
    }
  }

  public func append(_ bytes: some Collection<UInt8>) {
    let kept = bytes.prefix(max(0, limit - contents.bytes.count))
    contents.bytes.append(contentsOf: kept)
    contents.dropped &+= UInt64(bytes.count - kept.count)
  }

  /// The bytes printed since the last call.
  public func takeNew() -> [UInt8] {
    let new = Array(contents.bytes[seen...])
    seen = contents.bytes.count
    return new
  }

  /// How much had been printed at a moment.
  public struct Mark: Sendable, Equatable {
    fileprivate var count: Int
    fileprivate var dropped: UInt64
  }

  public var mark: Mark { Mark(count: contents.bytes.count, dropped: contents.dropped) }

  /// Takes back what was printed since then.
  public func goBack(to mark: Mark) {
    contents.bytes.removeLast(max(0, contents.bytes.count - mark.count))
    contents.dropped = mark.dropped
    seen = min(seen, contents.bytes.count)
  }

  /// The output, to be saved or put back. After putting it back nothing counts as new: what is
  /// there was there when it was saved.
  public var state: State {
    get { contents }
    set {
      contents = newValue
      seen = newValue.bytes.count
    }
  }
}

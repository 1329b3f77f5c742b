import X86

/// A guest program, ready to be placed into guest-physical memory.
public struct GuestImage: Sendable, Equatable {
  public struct Piece: Sendable, Equatable {
    public var address: UInt64
    public var bytes: [UInt8]
    /// Bytes in memory; what exceeds `bytes` is zero.
    public var memorySize: UInt64

    public init(address: UInt64, bytes: [UInt8], memorySize: UInt64? = nil) {
      self.address = address
      self.bytes = bytes
      self.memorySize = memorySize ?? UInt64(bytes.count)
    }
  }

  /// The state that the monitor gives the guest before its first instruction.
  public enum Mode: String, Sendable, CaseIterable {
    /// CS:IP = 0:entry (or entry split into a segment above 64 KiB), all segments 0.
    case real
    /// Flat 4-GiB segments, CPL 0, paging off.
    case protected
    /// 64-bit code, the first GiB identity-mapped.
    case long
  }

  public var name: String
  public var pieces: [Piece]
  public var entry: UInt64
  public var mode: Mode
  /// One line: what the guest does, or where the file came from.
  public var summary: String

  public init(name: String, pieces: [Piece], entry: UInt64, mode: Mode, summary: String) {
    self.name = name
    self.pieces = pieces
    self.entry = entry
    self.mode = mode
    self.summary = summary
  }
}

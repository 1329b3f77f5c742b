/// Port 0x80 of a PC: firmware writes there how far it has come, and a card shows it. Others write
/// to it to lose some time.
public final class DiagnosticPort: Device {
  public struct State: Codable, Sendable, Equatable {
    /// The code that was written last.
    public internal(set) var code: UInt8 = 0
    public internal(set) var isWritten = false
  }

  public let name = "POST codes"
  public let widestAccess = 1
  public var state = State()

  public init() {}

  /// The last code; nil if there was none.
  public var code: UInt8? { state.isWritten ? state.code : nil }

  public func read(offset: UInt64, size: Int) -> UInt64 { UInt64(state.code) }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    state.code = UInt8(truncatingIfNeeded: value)
    state.isWritten = true
  }
}

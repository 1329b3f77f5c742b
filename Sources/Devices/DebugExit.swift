/// The debug exit of virtual machines, customarily at port 0xf4: a guest writes a value to end the
/// run. It reads as 0.
public final class DebugExit: Device {
  public struct State: Codable, Sendable, Equatable {
    /// The value last written; nil as long as there was none.
    public var value: UInt32?
  }

  public let name = "debug exit"
  public let widestAccess = 4
  public var state = State()

  public init() {}

  /// The value last written; nil as long as there was none.
  public var value: UInt32? { state.value }

  /// The exit status of a run that ended with this value, as QEMU's isa-debug-exit computes it:
  /// (value << 1) | 1, of which a process status keeps 8 bits.
  public var exitStatus: UInt8? { state.value.map { UInt8(truncatingIfNeeded: $0 << 1 | 1) } }

  public func read(offset: UInt64, size: Int) -> UInt64 { 0 }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    guard offset == 0 else { return }
    state.value = UInt32(truncatingIfNeeded: value)
  }
}

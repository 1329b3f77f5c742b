/// A hypercall for hosts where VMCALL does not reach the monitor, at port 0x504 by our custom: a
/// 32-bit OUT passes the guest-physical address of a descriptor {u32 address, u32 length}.
///
/// The device only keeps the pointer. The monitor takes it after each access and acts on it,
/// because a device does not see guest memory. A 32-bit IN reads what the monitor answered.
/// Narrower writes are no pointer and are ignored.
public final class HypercallPort: Device {
  public struct State: Codable, Sendable, Equatable {
    /// The pointer that the monitor has not taken yet.
    public var pointer: UInt32?
    /// What the monitor answered last.
    public var result: UInt32 = 0
  }

  public let name = "hypercall port"
  public let widestAccess = 4
  public var state = State()

  public init() {}

  /// The pointer written since the last call, once.
  public func takePointer() -> UInt32? {
    defer { state.pointer = nil }
    return state.pointer
  }

  /// Keeps the monitor's answer for the guest to read.
  public func answer(_ result: UInt32) { state.result = result }

  public func read(offset: UInt64, size: Int) -> UInt64 {
    UInt64(state.result) >> ((offset & 3) * 8)
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    guard offset == 0, size == 4 else { return }
    state.pointer = UInt32(truncatingIfNeeded: value)
  }
}

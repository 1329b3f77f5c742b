/// Port 0x92 of a PC: bit 1 is the fast A20 gate, bit 0 going up resets the machine.
public final class SystemControlPortA: Device {
  public struct State: Codable, Sendable, Equatable {
    public internal(set) var value: UInt8 = 0x02
    public internal(set) var isResetRequested = false
  }

  public let name = "system control port A"
  public let widestAccess = 1
  public var state = State()

  public init() {}

  public func read(offset: UInt64, size: Int) -> UInt64 { UInt64(state.value) }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    let value = UInt8(truncatingIfNeeded: value)
    if value & ~state.value & 1 != 0 { state.isResetRequested = true }
    state.value = value & 0x03
  }
}

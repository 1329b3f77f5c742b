/// A parallel port (IEEE 1284, compatibility mode) with a printer that is always ready: its paper is
/// the console.
public final class ParallelPort: Device {
  public struct State: Codable, Sendable, Equatable {
    var data: UInt8 = 0
    var control: UInt8 = 0
  }

  public let name = "parallel port"
  public let widestAccess = 1
  public var state = State()
  private let console: Console

  /// Bit 0 of the control register; its rising edge hands the byte over.
  private static let strobe: UInt8 = 1
  /// Not busy, no acknowledgement, no error, selected.
  private static let ready: UInt8 = 0xd8

  public init(console: Console) { self.console = console }

  /// Data, status, control.
  public func read(offset: UInt64, size: Int) -> UInt64 {
    switch offset {
    case 0: UInt64(state.data)
    case 1: UInt64(ParallelPort.ready)
    default: UInt64(state.control | 0xe0)
    }
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    let value = UInt8(truncatingIfNeeded: value)
    switch offset {
    case 0: state.data = value
    case 2:
      if value & ~state.control & ParallelPort.strobe != 0 { console.append(state.data) }
      state.control = value & 0x1f
    default: break
    }
  }
}

/// The fixed registers of ACPI's power management (ACPI, "ACPI Register Model"): PM1 events and
/// control, and the timer. The machine is always in ACPI mode.
public final class PowerManagement: TimedDevice {
  /// Offsets of the register blocks, for the FADT.
  public enum Offset {
    public static let event: UInt64 = 0
    public static let control: UInt64 = 4
    public static let timer: UInt64 = 8
    public static let length: UInt64 = 12
  }

  /// The value of SLP_TYP that the \_S5 object of the DSDT names.
  public static let softOff: UInt16 = 5

  private enum Control {
    static let sciEnable: UInt16 = 1
    static let sleepEnable: UInt16 = 1 << 13
  }

  public struct State: Codable, Sendable, Equatable {
    var status: UInt16 = 0
    var enable: UInt16 = 0
    var control: UInt16 = 0
    var now: UInt64 = 0
    /// The guest has switched the machine off.
    public var isOff = false
  }

  public let name = "ACPI power management"
  public let widestAccess = 4
  public var state = State()
  /// ACPI, "Power Management Timer": 3.579545 MHz; here of 24 bits.
  private static let clock = Ticks(frequency: 3_579_545)

  public init() {}

  public func advance(to time: UInt64) { state.now = max(state.now, time) }

  private var timer: UInt32 {
    UInt32(truncatingIfNeeded: PowerManagement.clock.count(at: state.now)) & 0xff_ffff
  }

  /// All registers in a row, of which a part is read.
  public func read(offset: UInt64, size: Int) -> UInt64 {
    let register: UInt64 =
      switch offset & ~3 {
      case Offset.event: UInt64(state.status) | UInt64(state.enable) << 16
      case Offset.control: UInt64(state.control | Control.sciEnable)
      case Offset.timer: UInt64(timer)
      default: 0
      }
    return register >> ((offset & 3) * 8)
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    if size == 4 {
      write(offset: offset, size: 2, value: value & 0xffff)
      return write(offset: offset &+ 2, size: 2, value: value >> 16)
    }
    guard size == 2 else { return }
    let value = UInt16(truncatingIfNeeded: value)
    switch offset {
    case Offset.event: state.status &= ~value  // writing ones clears
    case Offset.event + 2: state.enable = value
    case Offset.control: writeControl(value)
    default: break
    }
  }

  private func writeControl(_ value: UInt16) {
    state.control = value & ~Control.sleepEnable & ~Control.sciEnable
    if value & Control.sleepEnable != 0, value >> 10 & 7 == PowerManagement.softOff {
      state.isOff = true
    }
  }
}

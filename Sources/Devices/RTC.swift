/// An MC146818 real-time clock with 128 bytes of CMOS memory (Motorola MC146818 data sheet), behind
/// an index and a data register. It always starts at the same date.
public final class RTC: TimedDevice {
  /// Registers that are not plain memory. The time registers 0 to 9 have the data sheet's order.
  enum Register {
    static let seconds = 0
    static let secondsAlarm = 1
    static let minutes = 2
    static let minutesAlarm = 3
    static let hours = 4
    static let hoursAlarm = 5
    static let weekday = 6
    static let day = 7
    static let month = 8
    static let year = 9
    static let a = 0x0a
    static let b = 0x0b
    static let c = 0x0c
    static let d = 0x0d
    /// By a PC's custom.
    static let century = 0x32
  }

  /// Bits of registers A, B, C and D.
  enum Bit {
    static let updateInProgress: UInt8 = 0x80
    static let set: UInt8 = 0x80
    static let hours24: UInt8 = 0x02
    static let binary: UInt8 = 0x04
    /// The same places in B (enable) and C (flag).
    static let periodic: UInt8 = 0x40
    static let alarm: UInt8 = 0x20
    static let update: UInt8 = 0x10
    static let interrupt: UInt8 = 0x80
    static let validRAM: UInt8 = 0x80
  }

  public struct State: Codable, Sendable, Equatable {
    public internal(set) var index: UInt8 = 0
    /// Memory; the time as the guest would read it stands in its registers.
    public internal(set) var memory = RTC.firstMemory
    var now: UInt64 = 0
    /// The time at which the divider was reset: seconds and periods are counted from there.
    var origin: UInt64 = 0
  }

  public let name = "MC146818 RTC and CMOS"
  public let widestAccess = 1
  public var state = State()

  static let second: UInt64 = 1_000_000_000
  private static let crystal = Ticks(frequency: 32_768)

  public init() {}

  /// 1 January 2026, a Thursday, midnight; BCD, 24 hours, divider running, 1024 Hz.
  private static let firstMemory: [UInt8] = {
    var memory = [UInt8](repeating: 0, count: 128)
    let date = [0, 0, 0, 0, 0, 0, 0x05, 0x01, 0x01, 0x26]
    for (index, value) in date.enumerated() { memory[index] = UInt8(value) }
    memory[Register.a] = 0x26
    memory[Register.b] = Bit.hours24
    memory[Register.century] = 0x20
    return memory
  }()

  /// The firmware's part of the memory.
  public func setMemory(_ index: Int, _ value: UInt8) { state.memory[index & 0x7f] = value }

  /// What firmware finds after a reset that a guest asked for (the shutdown status is byte 0x0f).
  public func memory(_ index: Int) -> UInt8 { state.memory[index & 0x7f] }

  /// The NMI mask of the index register.
  public var isNMIMasked: Bool { state.index & 0x80 != 0 }

  /// The IRQ output, up from an enabled event until register C is read.
  public var interruptLine: Bool {
    state.memory[Register.c] & state.memory[Register.b] & 0x70 != 0
  }

  // MARK: Time

  public func advance(to time: UInt64) {
    guard time > state.now else { return }
    let last = state.now
    state.now = time
    guard isRunning else { return }
    if let ticks = periodTicks {
      let count = { (at: UInt64) in RTC.crystal.count(at: at &- self.state.origin) / ticks }
      if count(time) != count(last) { state.memory[Register.c] |= Bit.periodic }
    }
    let seconds =
      (time &- state.origin) / RTC.second &- (last &- state.origin) / RTC.second
    if seconds > 0, state.memory[Register.b] & Bit.set == 0 { update(seconds) }
  }

  /// MC146818, "Divider Control Bits": 010 runs from a crystal of 32.768 kHz.
  var isRunning: Bool { state.memory[Register.a] >> 4 & 7 == 0b010 }

  /// MC146818, "Periodic Interrupt Rate": crystal ticks a period; nil for none.
  private var periodTicks: UInt64? {
    let rate = state.memory[Register.a] & 0xf
    switch rate {
    case 0: return nil
    case 1, 2: return 1 << UInt64(rate + 6)
    default: return 1 << UInt64(rate - 1)
    }
  }

  /// When the clock may raise its interrupt next.
  public var nextEvent: UInt64? {
    guard isRunning, !interruptLine else { return nil }
    let enabled = state.memory[Register.b]
    var next: UInt64?
    let elapsed = state.now &- state.origin
    if enabled & Bit.periodic != 0, let ticks = periodTicks {
      let count = RTC.crystal.count(at: elapsed) / ticks &+ 1
      next = RTC.crystal.time(of: count &* ticks).map { $0 &+ state.origin }
    }
    if enabled & (Bit.alarm | Bit.update) != 0, enabled & Bit.set == 0 {
      let update = (elapsed / RTC.second &+ 1) &* RTC.second &+ state.origin
      next = min(next ?? update, update)
    }
    return next
  }

  /// MC146818, "Update Cycle": with the 32.768 kHz crystal the flag goes up 244 µs before the update,
  /// which takes 1984 µs. Here the new time shows at the end.
  private var isUpdating: Bool {
    guard isRunning, state.memory[Register.b] & Bit.set == 0 else { return false }
    return (state.now &- state.origin) % RTC.second >= RTC.second - 2_228_000
  }

  // MARK: Registers

  public func read(offset: UInt64, size: Int) -> UInt64 {
    // A PC's index register is write-only.
    guard offset & 1 != 0 else { return 0xff }
    let index = Int(state.index & 0x7f)
    switch index {
    case Register.a:
      return UInt64(state.memory[index] | (isUpdating ? Bit.updateInProgress : 0))
    case Register.c:
      let flags = state.memory[index] | (interruptLine ? Bit.interrupt : 0)
      state.memory[index] = 0
      return UInt64(flags)
    case Register.d: return UInt64(Bit.validRAM)
    default: return UInt64(state.memory[index])
    }
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    let value = UInt8(truncatingIfNeeded: value)
    guard offset & 1 != 0 else {
      state.index = value
      return
    }
    let index = Int(state.index & 0x7f)
    switch index {
    case Register.a: writeA(value)
    case Register.b:
      // MC146818, "Register B": SET high clears the update-ended interrupt's enable.
      state.memory[index] = value & Bit.set != 0 ? value & ~Bit.update : value
    case Register.c, Register.d: break
    default: state.memory[index] = value
    }
  }

  private func writeA(_ value: UInt8) {
    let wasRunning = isRunning
    state.memory[Register.a] = value & 0x7f
    // MC146818, "Divider Control": the first update comes half a second after the divider starts.
    if !wasRunning && isRunning {
      state.origin = state.now >= RTC.second / 2 ? state.now - RTC.second / 2 : state.now
    }
  }
}

/// An 8254 programmable interval timer (Intel 8254 data sheet) at a PC's 1.193182 MHz.
public final class PIT: TimedDevice {
  static let clock = Ticks(frequency: 1_193_182)
  /// The clock's ticks at power-on: a counter may have begun its period before that.
  static let firstTick: UInt64 = 0x10000

  public struct State: Codable, Sendable, Equatable {
    var channels = [PITChannel](repeating: PITChannel(), count: 3)
    /// Ticks of the clock up to now.
    var now = PIT.firstTick
    /// OUT of channel 0 has risen, and nobody has taken note yet.
    var hasRisen = false
  }

  public let name = "8254 PIT"
  public let widestAccess = 1
  public var state = State()

  public init() {
    // A PC's channel 2 counts only while port 0x61 says so.
    state.channels[2].gate = false
  }

  public func advance(to time: UInt64) {
    let now = max(PIT.clock.count(at: time) &+ PIT.firstTick, state.now)
    guard now != state.now else { return }
    for index in 0..<3 {
      let rose = state.channels[index].settle(since: state.now, until: now)
      if index == 0 && rose { state.hasRisen = true }
    }
    state.now = now
  }

  /// When OUT of channel 0 changes next.
  public var nextEvent: UInt64? {
    let channel = state.channels[0]
    guard let tick = channel.nextChange(state.now) else { return nil }
    return PIT.clock.time(of: min(tick, channel.nextLoad ?? tick) &- PIT.firstTick)
  }

  /// The OUT pin of a channel, 0 to 2.
  public func output(_ channel: Int) -> Bool { state.channels[channel % 3].output(state.now) }

  /// Whether OUT of channel 0 has risen since the last call, even if it has fallen again.
  public func takeRise() -> Bool {
    defer { state.hasRisen = false }
    return state.hasRisen
  }

  /// The GATE pin of channel 2.
  public var gate: Bool {
    get { state.channels[2].gate }
    set { state.channels[2].setGate(newValue, state.now) }
  }

  public func read(offset: UInt64, size: Int) -> UInt64 {
    guard offset < 3 else { return 0xff }  // the control word cannot be read
    return UInt64(state.channels[Int(offset)].read(state.now))
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    let value = UInt8(truncatingIfNeeded: value)
    if offset < 3 { return state.channels[Int(offset)].write(value, state.now) }
    let channel = Int(value >> 6)
    if channel == 3 {
      readBack(value)
    } else if value & 0x30 == 0 {
      state.channels[channel].latchCount(state.now)
    } else {
      state.channels[channel].setMode(value)
    }
  }

  /// 8254, "Read-Back Command": bits 3:1 choose channels; bit 5 low latches counts, bit 4 low status.
  private func readBack(_ value: UInt8) {
    for index in 0..<3 where value & 2 << UInt8(index) != 0 {
      if value & 0x20 == 0 { state.channels[index].latchCount(state.now) }
      if value & 0x10 == 0 { state.channels[index].latchStatus(state.now) }
    }
  }
}

/// Port 0x61 of a PC: the gate of the speaker's timer, and what the timer's pins are.
public final class SystemControlPort: TimedDevice {
  public struct State: Codable, Sendable, Equatable {
    /// Bits 3:0: gate of channel 2, speaker, parity check, I/O channel check.
    var control: UInt8 = 0
    var now: UInt64 = 0
  }

  public let name = "system control port B"
  public let widestAccess = 1
  public var state = State()
  private let pit: PIT
  /// Memory is refreshed each 18 ticks of the timer, and bit 4 toggles with it.
  private static let refresh: UInt64 = 18

  public init(_ pit: PIT) { self.pit = pit }

  public func advance(to time: UInt64) { state.now = max(state.now, PIT.clock.count(at: time)) }

  public func read(offset: UInt64, size: Int) -> UInt64 {
    let toggle: UInt64 = state.now / SystemControlPort.refresh & 1
    return UInt64(state.control) | toggle << 4 | (pit.output(2) ? 0x20 : 0)
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    state.control = UInt8(truncatingIfNeeded: value & 0xf)
    pit.gate = value & 1 != 0
  }
}

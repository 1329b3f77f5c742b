import X86

/// An I/O APIC (Intel 82093AA data sheet, with the EOI register of later ones): 24 pins, each with an
/// entry of the redirection table that says which message it sends.
///
/// Pins are told whether they are asserted; the polarity bit is kept and has no effect.
public final class IOAPIC: Device {
  public static let pinCount = 24

  /// Bits of a redirection entry.
  enum Entry {
    static let vector: UInt64 = 0xff
    static let logical: UInt64 = 1 << 11
    static let remoteIRR: UInt64 = 1 << 14
    static let level: UInt64 = 1 << 15
    static let mask: UInt64 = 1 << 16
    /// All but delivery status and remote IRR, which are read-only, and the reserved bits.
    static let writable: UInt64 = 0xff00_0000_0001_afff
  }

  private enum Offset {
    static let select: UInt64 = 0x00
    static let window: UInt64 = 0x10
    static let endOfInterrupt: UInt64 = 0x40
  }

  public struct State: Codable, Sendable, Equatable {
    var select: UInt8 = 0
    var identifier: UInt8 = 0
    /// The redirection table; all pins are masked at first.
    public internal(set) var entries = [UInt64](repeating: Entry.mask, count: IOAPIC.pinCount)
    /// The pins that are asserted.
    public internal(set) var lines: UInt32 = 0
  }

  public let name = "I/O APIC"
  public let widestAccess = 4
  public var state = State()
  /// Where messages go.
  public var send: ((InterruptMessage) -> Void)?

  public init() {}

  /// Asserts or deasserts a pin.
  public func setLine(_ pin: Int, _ level: Bool) {
    guard 0..<IOAPIC.pinCount ~= pin else { return }
    let bit: UInt32 = 1 << UInt32(pin)
    let wasUp = state.lines & bit != 0
    state.lines = level ? state.lines | bit : state.lines & ~bit
    guard level else { return }
    // 82093AA, "I/O Redirection Table Registers", Interrupt Mask: an edge on a masked pin is lost.
    if state.entries[pin] & Entry.level != 0 { serveLevel(pin) } else if !wasUp { deliver(pin) }
  }

  /// A local APIC has ended a level-triggered interrupt: pins with that vector may interrupt again.
  public func endOfInterrupt(_ vector: UInt8) {
    for pin in 0..<IOAPIC.pinCount
    where state.entries[pin] & (Entry.level | Entry.remoteIRR) == Entry.level | Entry.remoteIRR
      && state.entries[pin] & Entry.vector == UInt64(vector)
    {
      state.entries[pin] &= ~Entry.remoteIRR
      serveLevel(pin)
    }
  }

  /// Whether asserting `pin` can lead to an interrupt.
  func listens(to pin: Int) -> Bool {
    0..<IOAPIC.pinCount ~= pin && state.entries[pin] & Entry.mask == 0
  }

  /// Sends the message of a level-triggered pin that is asserted and not yet being served.
  private func serveLevel(_ pin: Int) {
    let entry = state.entries[pin]
    guard state.lines & 1 << UInt32(pin) != 0, entry & Entry.level != 0,
      entry & (Entry.mask | Entry.remoteIRR) == 0
    else { return }
    deliver(pin)
  }

  private func deliver(_ pin: Int) {
    let entry = state.entries[pin]
    guard entry & Entry.mask == 0,
      let delivery = InterruptMessage.Delivery(rawValue: UInt8(entry >> 8 & 7)),
      delivery != .startUp  // reserved in an I/O APIC
    else { return }
    let isLevel = entry & Entry.level != 0 && (delivery == .fixed || delivery == .lowestPriority)
    if isLevel { state.entries[pin] |= Entry.remoteIRR }
    send?(
      InterruptMessage(
        destination: UInt32(entry >> 56), isLogical: entry & Entry.logical != 0,
        delivery: delivery, vector: UInt8(entry & Entry.vector), isLevelTriggered: isLevel))
  }

  // MARK: Registers

  public func read(offset: UInt64, size: Int) -> UInt64 {
    let shift = (offset & 3) * 8
    switch offset & ~3 {
    case Offset.select: return UInt64(state.select) >> shift
    case Offset.window: return UInt64(readRegister(state.select)) >> shift
    default: return 0
    }
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    switch offset {
    case Offset.select: state.select = UInt8(truncatingIfNeeded: value)
    case Offset.window: writeRegister(state.select, UInt32(truncatingIfNeeded: value))
    case Offset.endOfInterrupt: endOfInterrupt(UInt8(truncatingIfNeeded: value))
    default: break
    }
  }

  /// 82093AA, "Register Description": identifier, version, arbitration, then two registers a pin.
  private func readRegister(_ index: UInt8) -> UInt32 {
    switch index {
    case 0, 2: return UInt32(state.identifier) << 24
    case 1: return UInt32(IOAPIC.pinCount - 1) << 16 | 0x20
    case 0x10..<UInt8(0x10 + 2 * IOAPIC.pinCount):
      let entry = state.entries[Int(index - 0x10) / 2]
      return UInt32(truncatingIfNeeded: index & 1 == 0 ? entry : entry >> 32)
    default: return 0
    }
  }

  private func writeRegister(_ index: UInt8, _ value: UInt32) {
    switch index {
    case 0: state.identifier = UInt8(value >> 24 & 0xf)
    case 0x10..<UInt8(0x10 + 2 * IOAPIC.pinCount):
      writeEntry(Int(index - 0x10) / 2, isHigh: index & 1 != 0, UInt64(value))
    default: break
    }
  }

  private func writeEntry(_ pin: Int, isHigh: Bool, _ value: UInt64) {
    let half: UInt64 = isHigh ? 0xffff_ffff_0000_0000 : 0xffff_ffff
    let changed = Entry.writable & half
    var entry = state.entries[pin] & ~changed | (isHigh ? value << 32 : value) & changed
    // Remote IRR has no meaning for an edge-triggered pin.
    if entry & Entry.level == 0 { entry &= ~Entry.remoteIRR }
    state.entries[pin] = entry
    serveLevel(pin)
  }
}

/// A 16550A UART (National Semiconductor PC16550D, "Registers"), whose line is infinitely fast:
/// the transmitter is always ready, and a byte written is on the console at once.
public final class UART: Device {
  /// Register offsets. Offsets 0 and 1 mean the divisor while LCR.DLAB is set.
  enum Offset {
    static let data: UInt64 = 0  // RBR when read, THR when written
    static let interruptEnable: UInt64 = 1
    static let interruptIdentification: UInt64 = 2  // FCR when written
    static let lineControl: UInt64 = 3
    static let modemControl: UInt64 = 4
    static let lineStatus: UInt64 = 5
    static let modemStatus: UInt64 = 6
    static let scratch: UInt64 = 7
  }

  /// Bits of the interrupt enable register.
  enum IER {
    static let receivedData: UInt8 = 1 << 0
    static let transmitterEmpty: UInt8 = 1 << 1
    static let lineStatus: UInt8 = 1 << 2
    static let modemStatus: UInt8 = 1 << 3
  }

  /// Bits of the FIFO control register.
  enum FCR {
    static let enable: UInt8 = 1 << 0
    static let clearReceiver: UInt8 = 1 << 1
  }

  /// Bits of the line control register.
  enum LCR {
    static let divisorLatch: UInt8 = 1 << 7
  }

  /// Bits of the modem control register.
  enum MCR {
    static let dtr: UInt8 = 1 << 0
    static let rts: UInt8 = 1 << 1
    static let out1: UInt8 = 1 << 2
    static let out2: UInt8 = 1 << 3
    static let loopback: UInt8 = 1 << 4
  }

  /// Bits of the line status register.
  enum LSR {
    static let dataReady: UInt8 = 1 << 0
    static let overrun: UInt8 = 1 << 1
    static let transmitterHoldingEmpty: UInt8 = 1 << 5
    static let transmitterEmpty: UInt8 = 1 << 6
  }

  /// Bits of the modem status register. Bits 3:0 tell which of bits 7:4 changed since the last
  /// read; for RI, that it went from 1 to 0.
  enum MSR {
    static let deltas: UInt8 = 0x0f
    static let ringEnded: UInt8 = 1 << 2
    static let cts: UInt8 = 1 << 4
    static let dsr: UInt8 = 1 << 5
    static let ri: UInt8 = 1 << 6
    static let dcd: UInt8 = 1 << 7
  }

  public struct State: Codable, Sendable, Equatable {
    public internal(set) var interruptEnable: UInt8 = 0
    public internal(set) var fifoControl: UInt8 = 0
    public internal(set) var lineControl: UInt8 = 0
    public internal(set) var modemControl: UInt8 = 0
    /// CTS, DSR and DCD are up: a terminal is connected, and always ready.
    public internal(set) var modemStatus: UInt8 = MSR.cts | MSR.dsr | MSR.dcd
    public internal(set) var scratch: UInt8 = 0
    /// 12 divides the 1.8432 MHz clock down to 9600 baud; the speed has no effect here.
    public internal(set) var divisor: UInt16 = 12
    public internal(set) var overrun = false
    /// The transmitter became empty, and no IIR read has reported it yet.
    public internal(set) var transmitterInterrupt = false
    /// The interrupt line has gone down and up again, and nobody has taken note yet.
    var hasPulsed = false
    /// What the guest can read: at most 16 bytes with FIFOs, one without.
    public internal(set) var receiver: [UInt8] = []
    /// Typed for the guest; bytes from `lineStart` on are still outside, because the receiver is
    /// full.
    public internal(set) var line: [UInt8] = []
    public internal(set) var lineStart = 0
  }

  public let name = "UART 16550A"
  public let widestAccess = 1
  public var state = State()
  private let console: Console

  public init(console: Console) { self.console = console }

  var isDivisorLatched: Bool { state.lineControl & LCR.divisorLatch != 0 }
  var isLoopback: Bool { state.modemControl & MCR.loopback != 0 }
  var hasFIFOs: Bool { state.fifoControl & FCR.enable != 0 }
  private var receiverCapacity: Int { hasFIFOs ? 16 : 1 }

  /// Bytes that somebody types for the guest.
  public func receive(_ bytes: some Sequence<UInt8>) {
    state.line.append(contentsOf: bytes)
    refill()
  }

  public func read(offset: UInt64, size: Int) -> UInt64 {
    let value: UInt8 =
      switch offset & 7 {
      case Offset.data where isDivisorLatched: UInt8(truncatingIfNeeded: state.divisor)
      case Offset.data: takeReceived()
      case Offset.interruptEnable where isDivisorLatched: UInt8(state.divisor >> 8)
      case Offset.interruptEnable: state.interruptEnable
      case Offset.interruptIdentification: takeInterruptIdentification()
      case Offset.lineControl: state.lineControl
      case Offset.modemControl: state.modemControl
      case Offset.lineStatus: takeLineStatus()
      case Offset.modemStatus: takeModemStatus()
      default: state.scratch
      }
    return UInt64(value)
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    let value = UInt8(truncatingIfNeeded: value)
    switch offset & 7 {
    case Offset.data where isDivisorLatched:
      state.divisor = state.divisor & 0xff00 | UInt16(value)
    case Offset.data: transmit(value)
    case Offset.interruptEnable where isDivisorLatched:
      state.divisor = state.divisor & 0x00ff | UInt16(value) << 8
    case Offset.interruptEnable: setInterruptEnable(value)
    case Offset.interruptIdentification: setFIFOControl(value)
    case Offset.lineControl: state.lineControl = value
    case Offset.modemControl: setModemControl(value)
    case Offset.scratch: state.scratch = value
    default: break  // LSR and MSR are read-only in operation
    }
  }

  private func transmit(_ byte: UInt8) {
    // PC16550D, "Modem Control Register": in loopback the output is disconnected, and what is
    // transmitted is received at once.
    if isLoopback { loopBack(byte) } else { console.append(byte) }
    // Writing THR clears the transmitter's interrupt, and the byte's leaving raises it again.
    if interruptLine && state.transmitterInterrupt { state.hasPulsed = true }
    state.transmitterInterrupt = true
  }

  private func loopBack(_ byte: UInt8) {
    if state.receiver.count < receiverCapacity {
      state.receiver.append(byte)
      return
    }
    // PC16550D, "Line Status Register", OE: without FIFOs the new byte destroys the old one; with
    // FIFOs the new one is lost.
    state.overrun = true
    if !hasFIFOs { state.receiver = [byte] }
  }

  private func takeReceived() -> UInt8 {
    guard !state.receiver.isEmpty else { return 0 }
    let byte = state.receiver.removeFirst()
    refill()
    return byte
  }

  /// Moves what was typed into the receiver as far as there is room.
  private func refill() {
    guard !isLoopback else { return }
    let waiting = state.line[state.lineStart...]
    let count = min(receiverCapacity - state.receiver.count, waiting.count)
    guard count > 0 else { return }
    state.receiver.append(contentsOf: waiting.prefix(count))
    state.lineStart += count
    if state.lineStart == state.line.count {
      state.line = []
      state.lineStart = 0
    }
  }

  private func takeLineStatus() -> UInt8 {
    var status = LSR.transmitterHoldingEmpty | LSR.transmitterEmpty
    if !state.receiver.isEmpty { status |= LSR.dataReady }
    if state.overrun { status |= LSR.overrun }
    state.overrun = false  // reading LSR clears the error bits
    return status
  }

  private func setFIFOControl(_ value: UInt8) {
    // PC16550D, "FIFO Control Register": bit 0 must be set when other bits are written, or they
    // are not programmed; changing it clears both FIFOs.
    let wasEnabled = hasFIFOs
    state.fifoControl = value & FCR.enable != 0 ? value & 0xc9 : 0
    if hasFIFOs != wasEnabled || (hasFIFOs && value & FCR.clearReceiver != 0) {
      state.receiver = []
    }
    refill()
  }

  private func setModemControl(_ value: UInt8) {
    state.modemControl = value & 0x1f
    let inputs = modemInputs()
    let changed = (state.modemStatus ^ inputs) & ~MSR.deltas
    var deltas = changed >> 4 & ~MSR.ringEnded
    if changed & MSR.ri != 0 && inputs & MSR.ri == 0 { deltas |= MSR.ringEnded }
    state.modemStatus = inputs | state.modemStatus & MSR.deltas | deltas
    refill()
  }

  /// PC16550D, "Modem Control Register": in loopback the four modem inputs are connected to the
  /// four outputs, DSR to DTR, CTS to RTS, RI to OUT1 and DCD to OUT2.
  private func modemInputs() -> UInt8 {
    guard isLoopback else { return MSR.cts | MSR.dsr | MSR.dcd }
    var inputs: UInt8 = 0
    if state.modemControl & MCR.dtr != 0 { inputs |= MSR.dsr }
    if state.modemControl & MCR.rts != 0 { inputs |= MSR.cts }
    if state.modemControl & MCR.out1 != 0 { inputs |= MSR.ri }
    if state.modemControl & MCR.out2 != 0 { inputs |= MSR.dcd }
    return inputs
  }

  private func takeModemStatus() -> UInt8 {
    defer { state.modemStatus &= ~MSR.deltas }
    return state.modemStatus
  }
}

/// One 8259A programmable interrupt controller (Intel 8259A data sheet), in 8086 mode.
///
/// Two of them, cascaded, are a PC's (`PICPair`). Which inputs are level-triggered is said by the
/// edge/level control register of later chip sets, beside LTIM in ICW1.
public final class PIC: Device {
  /// The initialisation command word that is expected next at the odd address.
  enum Expectation: UInt8, Codable, Sendable { case nothing, icw2, icw3, icw4 }

  public struct State: Codable, Sendable, Equatable {
    /// The levels at the IR inputs.
    public internal(set) var lines: UInt8 = 0
    /// IRR: the edge latches. Level-triggered inputs count as long as their line is up.
    public internal(set) var requests: UInt8 = 0
    /// ISR.
    public internal(set) var inService: UInt8 = 0
    /// IMR.
    public internal(set) var mask: UInt8 = 0
    /// Bits 7:3 of the vectors.
    public internal(set) var vectorBase: UInt8 = 0
    /// ICW3: the inputs that have slaves, or the slave's number.
    public internal(set) var cascade: UInt8 = 0
    /// The input of lowest priority; the one behind it has the highest.
    var lowestPriority: UInt8 = 7
    /// ELCR: inputs that are level-triggered.
    public internal(set) var levelTriggered: UInt8 = 0
    var isLevelMode = false
    var expects = Expectation.nothing
    var isSingle = false
    var needsICW4 = false
    public internal(set) var isInitialised = false
    var isSpecialFullyNested = false
    var isAutoEOI = false
    var rotatesOnAutoEOI = false
    var hasSpecialMask = false
    var readsInService = false
    /// The next read is an interrupt acknowledgement.
    var isPolled = false
  }

  public let name: String
  public let widestAccess = 1
  public var state = State()
  let isMaster: Bool

  public init(isMaster: Bool) {
    self.isMaster = isMaster
    name = isMaster ? "8259A PIC, master" : "8259A PIC, slave"
  }

  /// Changes the level at an input.
  func setLine(_ line: Int, _ level: Bool) {
    let bit: UInt8 = 1 << UInt8(line & 7)
    if level {
      // 8259A, "Edge and Level Triggered Modes": a request is recognised by a low-to-high
      // transition.
      if state.lines & bit == 0 { state.requests |= bit }
      state.lines |= bit
    } else {
      // 8259A, "Interrupt Sequence": the input must stay high until the acknowledgement.
      state.lines &= ~bit
      state.requests &= ~bit
    }
  }

  private var levelInputs: UInt8 { state.isLevelMode ? 0xff : state.levelTriggered }

  /// IRR as OCW3 reads it.
  var requestRegister: UInt8 { state.requests & ~levelInputs | state.lines & levelInputs }

  /// 0 for the input of the highest priority among `bits`, 8 if there is none.
  private func rank(of bits: UInt8) -> UInt8 {
    guard bits != 0 else { return 8 }
    let first = (state.lowestPriority &+ 1) & 7
    let rotated = bits &>> first | bits &<< (8 &- first)
    return UInt8(rotated.trailingZeroBitCount)
  }

  private func line(ofRank rank: UInt8) -> UInt8 { (rank &+ state.lowestPriority &+ 1) & 7 }

  /// The input that INT stands for; nil while INT is low.
  private var pendingLine: UInt8? {
    guard state.isInitialised, state.expects == .nothing else { return nil }
    let rank = rank(of: requestRegister & ~state.mask)
    var serviced = state.inService
    // 8259A, "Special Mask Mode": a masked level in service inhibits nothing.
    if state.hasSpecialMask { serviced &= ~state.mask }
    // 8259A, "Special Fully Nested Mode": a slave in service does not lock out its own further
    // requests.
    if state.isSpecialFullyNested && isMaster { serviced &= ~state.cascade }
    return rank < self.rank(of: serviced) ? line(ofRank: rank) : nil
  }

  /// The INT output.
  var isRequesting: Bool { pendingLine != nil }

  /// The acknowledge cycle: the input that is in service now; nil if the request has gone, for which
  /// the vector is that of input 7 and nothing is in service.
  func acknowledge() -> UInt8? {
    guard let line = pendingLine else { return nil }
    let bit: UInt8 = 1 << line
    state.requests &= ~bit
    if !state.isAutoEOI {
      state.inService |= bit
    } else if state.rotatesOnAutoEOI {
      state.lowestPriority = line
    }
    return line
  }

  // MARK: Registers

  public func read(offset: UInt64, size: Int) -> UInt64 {
    if state.isPolled { return UInt64(poll()) }
    if offset & 1 != 0 { return UInt64(state.mask) }
    return UInt64(state.readsInService ? state.inService : requestRegister)
  }

  /// 8259A, "Poll Command": bit 7 tells whether there was an interrupt, bits 2:0 which.
  private func poll() -> UInt8 {
    state.isPolled = false
    return acknowledge().map { 0x80 | $0 } ?? 0
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    let value = UInt8(truncatingIfNeeded: value)
    if offset & 1 != 0 {
      writeOdd(value)
    } else if value & 0x10 != 0 {
      writeICW1(value)
    } else if value & 0x08 != 0 {
      writeOCW3(value)
    } else {
      writeOCW2(value)
    }
  }

  /// 8259A, "Initialization Command Words 1 and 2": what ICW1 clears.
  private func writeICW1(_ value: UInt8) {
    state.requests = 0
    state.inService = 0
    state.mask = 0
    state.lowestPriority = 7
    state.hasSpecialMask = false
    state.readsInService = false
    state.isPolled = false
    state.isAutoEOI = false
    state.rotatesOnAutoEOI = false
    state.isSpecialFullyNested = false
    state.needsICW4 = value & 0x01 != 0
    state.isSingle = value & 0x02 != 0
    state.isLevelMode = value & 0x08 != 0
    state.isInitialised = false
    state.expects = .icw2
  }

  private func writeOdd(_ value: UInt8) {
    switch state.expects {
    case .nothing:
      state.mask = value
      return
    case .icw2:
      state.vectorBase = value & 0xf8
      state.expects = state.isSingle ? afterICW3 : .icw3
    case .icw3:
      state.cascade = value
      state.expects = afterICW3
    case .icw4:
      state.isAutoEOI = value & 0x02 != 0
      state.isSpecialFullyNested = value & 0x10 != 0
      state.expects = .nothing
    }
    state.isInitialised = state.expects == .nothing
  }

  private var afterICW3: Expectation { state.needsICW4 ? .icw4 : .nothing }

  /// 8259A, "Operation Control Word 2": R, SL and EOI in bits 7:5.
  private func writeOCW2(_ value: UInt8) {
    let level = value & 7
    switch value >> 5 {
    case 0b001: endOfInterrupt(highestInService)
    case 0b011: endOfInterrupt(level)
    case 0b101:
      let line = highestInService
      endOfInterrupt(line)
      if let line { state.lowestPriority = line }
    case 0b111:
      endOfInterrupt(level)
      state.lowestPriority = level
    case 0b100: state.rotatesOnAutoEOI = true
    case 0b000: state.rotatesOnAutoEOI = false
    case 0b110: state.lowestPriority = level
    default: break
    }
  }

  private func endOfInterrupt(_ line: UInt8?) {
    if let line { state.inService &= ~(1 << line) }
  }

  /// 8259A, "End of Interrupt": a non-specific EOI ends the level of the highest priority; in special
  /// mask mode not one that is masked.
  private var highestInService: UInt8? {
    let rank = rank(of: state.hasSpecialMask ? state.inService & ~state.mask : state.inService)
    return rank < 8 ? line(ofRank: rank) : nil
  }

  /// 8259A, "Operation Control Word 3".
  private func writeOCW3(_ value: UInt8) {
    if value & 0x40 != 0 { state.hasSpecialMask = value & 0x20 != 0 }
    if value & 0x04 != 0 { state.isPolled = true }
    if value & 0x02 != 0 { state.readsInService = value & 0x01 != 0 }
  }
}

/// The two 8259A of a PC: the slave's INT is the master's input 2.
public final class PICPair {
  public let master = PIC(isMaster: true)
  public let slave = PIC(isMaster: false)
  private static let cascadeLine = 2

  public init() {}

  /// Changes the level of IRQ 0 to 15; IRQ 2 is the cascade and has no pin.
  public func setLine(_ irq: Int, _ level: Bool) {
    guard 0..<16 ~= irq, irq != PICPair.cascadeLine else { return }
    (irq < 8 ? master : slave).setLine(irq & 7, level)
    propagate()
  }

  /// Carries the slave's INT to the master. To be called after a register access.
  public func propagate() {
    let level = slave.isRequesting
    let isUp = master.state.lines & 1 << UInt8(PICPair.cascadeLine) != 0
    if level != isUp { master.setLine(PICPair.cascadeLine, level) }
  }

  /// The INTR line to the processor.
  public var isRequesting: Bool { master.isRequesting }

  /// The interrupt-acknowledge cycle: the vector of the interrupt that is in service now.
  public func acknowledge() -> UInt8 {
    // 8259A, "Interrupt Sequence": if no request is left, the vector is that of level 7.
    guard let line = master.acknowledge() else { return master.state.vectorBase | 7 }
    guard master.state.cascade & 1 << line != 0, Int(line) == PICPair.cascadeLine else {
      return master.state.vectorBase | line
    }
    let slaveLine = slave.acknowledge()
    // INT goes low with the acknowledgement; a further request is a new edge.
    master.setLine(PICPair.cascadeLine, false)
    propagate()
    return slave.state.vectorBase | (slaveLine ?? 7)
  }

  /// Whether a rising edge of `irq` can lead to an interrupt.
  func listens(to irq: Int) -> Bool {
    let chip = irq < 8 ? master : slave
    let isOpen = chip.state.isInitialised && chip.state.mask & 1 << UInt8(irq & 7) == 0
    return isOpen && (irq < 8 || master.state.mask & 1 << UInt8(PICPair.cascadeLine) == 0)
  }
}

/// The edge/level control registers of the chip set, at ports 0x4d0 and 0x4d1: a set bit makes the
/// input of that number level-triggered.
public final class EdgeLevelControl: Device {
  /// The registers belong to the two PICs.
  public struct State: Codable, Sendable, Equatable {}

  public let name = "edge/level control"
  public let widestAccess = 1
  public var state = State()
  private let pics: PICPair

  public init(_ pics: PICPair) { self.pics = pics }

  /// The timer, the keyboard and the cascade on one side, RTC and FPU on the other, are always
  /// edge-triggered.
  private static let fixedEdges: (master: UInt8, slave: UInt8) = (0b0000_0111, 0b0010_0001)

  public func read(offset: UInt64, size: Int) -> UInt64 {
    UInt64((offset & 1 == 0 ? pics.master : pics.slave).state.levelTriggered)
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    let value = UInt8(truncatingIfNeeded: value)
    if offset & 1 == 0 {
      pics.master.state.levelTriggered = value & ~EdgeLevelControl.fixedEdges.master
    } else {
      pics.slave.state.levelTriggered = value & ~EdgeLevelControl.fixedEdges.slave
    }
  }
}

/// What the processors of a bare machine and the devices on its board have to say to each other.
///
/// The machine drives it: time only passes when the machine says so, so that the same start gives the
/// same bytes. Times are nanoseconds of simulated time since power-on.
public protocol Board: AnyObject {
  /// Answers ports, and memory that is neither RAM nor a local APIC.
  var bus: any DeviceBus { get }
  /// Where I/O APICs and message-signalled interrupts go; set by the machine.
  var sendMessage: ((InterruptMessage) -> Void)? { get set }

  /// Lets the devices catch up. Interrupt lines may change.
  func advance(to time: UInt64)
  /// The earliest time at which a device does something by itself; nil if none will.
  var nextEvent: UInt64? { get }

  /// The INTR output of the 8259A pair, wired to LINT0 of the first processor.
  var isInterruptRequested: Bool { get }
  /// The interrupt-acknowledge cycle: the vector that the 8259A pair gives.
  func acknowledgeInterrupt() -> UInt8
  /// A local APIC announces the end of a level-triggered interrupt (SDM 3A, "EOI Message").
  func endOfInterrupt(_ vector: UInt8)

  /// RESET: the devices return to their state after power-on.
  func reset()
  /// A device asks for RESET of the whole machine (port 0xcf9, port 0x92, the keyboard controller).
  var isResetRequested: Bool { get }
  /// A device ends the run (port 0xf4): running returns at the next instruction boundary.
  var isStopRequested: Bool { get }
}

extension Board {
  public func reset() {}
}

/// An interrupt on its way to one or more local APICs (SDM 3A, "Message Signalled Interrupts"; the
/// fields of an I/O APIC redirection entry).
public struct InterruptMessage: Sendable, Equatable {
  public enum Delivery: UInt8, Sendable {
    case fixed = 0
    case lowestPriority = 1
    case smi = 2
    case nmi = 4
    case initialise = 5
    case startUp = 6
    case external = 7
  }

  /// APIC identifier, or a set of logical destinations.
  public var destination: UInt32
  public var isLogical: Bool
  public var delivery: Delivery
  public var vector: UInt8
  public var isLevelTriggered: Bool

  public init(
    destination: UInt32, isLogical: Bool = false, delivery: Delivery = .fixed, vector: UInt8,
    isLevelTriggered: Bool = false
  ) {
    self.destination = destination
    self.isLogical = isLogical
    self.delivery = delivery
    self.vector = vector
    self.isLevelTriggered = isLevelTriggered
  }
}

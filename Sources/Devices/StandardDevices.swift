import X86

/// The devices that every machine of Ringside has, each at its place.
public final class StandardDevices {
  /// Where the devices stand.
  public enum Address {
    public static let debugConsole: UInt64 = 0xe9
    public static let debugExit: UInt64 = 0xf4
    /// COM1, as on every PC.
    public static let uart: UInt64 = 0x3f8
    public static let hypercallPort: UInt64 = 0x504
    /// Guest-physical, above any RAM.
    public static let scratchDevice: UInt64 = 0xd000_0000
  }

  public let bus = Bus()
  public let console: Console
  public let uart: UART
  public let debugConsole: DebugConsole
  public let debugExit = DebugExit()
  public let hypercallPort = HypercallPort()
  public let scratchDevice: ScratchDevice

  /// Devices that print on `console`. Throws `BusError` only if two of them were given one place.
  public init(console: Console = Console()) throws(BusError) {
    self.console = console
    uart = UART(console: console)
    debugConsole = DebugConsole(console: console)
    scratchDevice = ScratchDevice(console: console)
    try bus.claim(.port, at: Address.debugConsole, length: 1, by: debugConsole)
    try bus.claim(.port, at: Address.debugExit, length: 4, by: debugExit)
    try bus.claim(.port, at: Address.uart, length: 8, by: uart)
    try bus.claim(.port, at: Address.hypercallPort, length: 4, by: hypercallPort)
    try bus.claim(
      .memory, at: Address.scratchDevice, length: ScratchDevice.length, by: scratchDevice)
  }

  /// The state of all devices and of the console.
  public struct Snapshot: Sendable {
    fileprivate var bus: Bus.Snapshot
    fileprivate var console: Console.State
  }

  public func save() -> Snapshot { Snapshot(bus: bus.save(), console: console.state) }

  /// The state of all devices, and how much has been printed: the console only ever grows.
  public struct Mark: Sendable {
    fileprivate var bus: Bus.Snapshot
    fileprivate var printed: Console.Mark
  }

  public func mark() -> Mark { Mark(bus: bus.save(), printed: console.mark) }

  /// Goes back to a mark of the past: what was printed since is taken back.
  public func goBack(to mark: Mark) throws(BusError) {
    try bus.restore(mark.bus)
    console.goBack(to: mark.printed)
  }

  /// Puts devices and console back. Throws `BusError.otherDevices` when the snapshot was taken
  /// from other devices.
  public func restore(_ snapshot: Snapshot) throws(BusError) {
    try bus.restore(snapshot.bus)
    console.state = snapshot.console
  }
}

import X86

/// The board of a bare machine: the devices of a PC beside those that every machine of Ringside has,
/// wired as a PC's are.
///
/// All state is in the devices on the bus of `platform`, so saving that saves the board.
public final class PCBoard: Board {
  /// Where the devices stand.
  public enum Address {
    public static let masterPIC: UInt64 = 0x20
    public static let slavePIC: UInt64 = 0xa0
    public static let edgeLevelControl: UInt64 = 0x4d0
    public static let pit: UInt64 = 0x40
    public static let keyboardData: UInt64 = 0x60
    public static let systemControlB: UInt64 = 0x61
    public static let keyboardCommand: UInt64 = 0x64
    public static let rtc: UInt64 = 0x70
    public static let diagnostic: UInt64 = 0x80
    public static let systemControlA: UInt64 = 0x92
    /// Where test ROMs write their codes instead.
    public static let otherDiagnostic: UInt64 = 0x190
    public static let parallel: UInt64 = 0x378
    public static let firmwareConfiguration: UInt64 = 0x510
    public static let powerManagement: UInt64 = 0x600
    public static let pciConfiguration: UInt64 = 0xcf8
    public static let testPorts: UInt64 = 0xe0
    public static let testLines: UInt64 = 0x2000
    /// Guest-physical.
    public static let ioapic: UInt64 = 0xfec0_0000
    public static let testMemory: UInt64 = 0xff00_0000
  }

  /// Interrupt requests of the devices, as the PICs number them.
  enum IRQ {
    static let timer = 0
    static let keyboard = 1
    static let serial = 4
    static let clock = 8
  }

  public let platform: StandardDevices
  public let pics = PICPair()
  public let ioapic = IOAPIC()
  public let pit = PIT()
  public let rtc = RTC()
  public let keyboard = KeyboardController()
  public let systemControlA = SystemControlPortA()
  public let pci = PCIConfiguration()
  public let power = PowerManagement()
  public let firmware = FirmwareConfiguration()
  public let diagnostic = DiagnosticPort()
  let systemControlB: SystemControlPort
  let edgeLevelControl: EdgeLevelControl
  let parallel: ParallelPort
  let testLines = TestDeviceLines()
  let testPorts = TestDevicePorts()
  let testMemory = TestDeviceMemory()

  public var sendMessage: ((InterruptMessage) -> Void)?
  private let front: FrontBus

  /// A board around the devices of `platform`. Throws `BusError` only if two were given one place.
  public init(_ platform: StandardDevices) throws(BusError) {
    self.platform = platform
    systemControlB = SystemControlPort(pit)
    parallel = ParallelPort(console: platform.console)
    edgeLevelControl = EdgeLevelControl(pics)
    front = FrontBus(platform.bus)
    try claimPorts(platform.bus)
    try platform.bus.claim(.memory, at: Address.ioapic, length: 0x1000, by: ioapic)
    try platform.bus.claim(
      .memory, at: Address.testMemory, length: TestDeviceMemory.length, by: testMemory)
    front.board = self
    ioapic.send = { [unowned self] in sendMessage?($0) }
  }

  private func claimPorts(_ bus: Bus) throws(BusError) {
    try bus.claim(.port, at: Address.masterPIC, length: 2, by: pics.master)
    try bus.claim(.port, at: Address.slavePIC, length: 2, by: pics.slave)
    try bus.claim(.port, at: Address.edgeLevelControl, length: 2, by: edgeLevelControl)
    try bus.claim(.port, at: Address.pit, length: 4, by: pit)
    try bus.claim(.port, at: Address.keyboardData, length: 1, by: keyboard)
    try bus.claim(.port, at: Address.systemControlB, length: 1, by: systemControlB)
    try bus.claim(.port, at: Address.keyboardCommand, length: 1, by: PortView(keyboard, at: 4))
    try bus.claim(.port, at: Address.rtc, length: 2, by: rtc)
    try bus.claim(.port, at: Address.diagnostic, length: 1, by: diagnostic)
    try bus.claim(
      .port, at: Address.otherDiagnostic, length: 1, by: PortView(diagnostic, at: 0))
    try bus.claim(.port, at: Address.parallel, length: 3, by: parallel)
    try bus.claim(.port, at: Address.systemControlA, length: 1, by: systemControlA)
    try bus.claim(.port, at: Address.firmwareConfiguration, length: 2, by: firmware)
    try bus.claim(
      .port, at: Address.powerManagement, length: PowerManagement.Offset.length, by: power)
    try bus.claim(.port, at: Address.pciConfiguration, length: 8, by: pci)
    try bus.claim(.port, at: Address.testPorts, length: 4, by: testPorts)
    try bus.claim(.port, at: Address.testLines, length: TestDeviceLines.count, by: testLines)
  }

  // MARK: Board

  public var bus: any DeviceBus { front }

  public func advance(to time: UInt64) {
    pit.advance(to: time)
    systemControlB.advance(to: time)
    rtc.advance(to: time)
    power.advance(to: time)
    refreshLines()
  }

  /// Only of what would be heard: a masked timer wakes nobody.
  public var nextEvent: UInt64? {
    let timer = isHeard(IRQ.timer) ? pit.nextEvent : nil
    let clock = isHeard(IRQ.clock) ? rtc.nextEvent : nil
    return [timer, clock].compactMap(\.self).min()
  }

  private func isHeard(_ irq: Int) -> Bool {
    pics.listens(to: irq) || ioapic.listens(to: Self.pin(of: irq))
  }

  public var isInterruptRequested: Bool { pics.isRequesting }

  public func acknowledgeInterrupt() -> UInt8 { pics.acknowledge() }

  public func endOfInterrupt(_ vector: UInt8) { ioapic.endOfInterrupt(vector) }

  public var isResetRequested: Bool {
    keyboard.state.isResetRequested || systemControlA.state.isResetRequested
      || pci.state.isResetRequested
  }

  /// The monitor answers a hypercall while the machine has stopped.
  public var isStopRequested: Bool {
    platform.debugExit.value != nil || power.state.isOff
      || platform.hypercallPort.state.pointer != nil
  }

  /// The devices after RESET: as after power-on, but for CMOS memory, time and what was printed.
  public func reset() {
    pics.master.state = PIC.State()
    pics.slave.state = PIC.State()
    ioapic.state = IOAPIC.State()
    (keyboard.state, systemControlA.state) = (KeyboardController.State(), .init())
    (pci.state, testLines.state) = (PCIConfiguration.State(), TestDeviceLines.State())
    firmware.state = FirmwareConfiguration.State()
    platform.uart.state = UART.State()
    refreshLines()
  }

  // MARK: Interrupt lines

  /// IRQ n is pin n of the I/O APIC, but for the timer, which is pin 2.
  static func pin(of irq: Int) -> Int { irq == IRQ.timer ? 2 : irq }

  /// Carries what the devices' outputs are now to both interrupt controllers.
  func refreshLines() {
    pics.propagate()
    if pit.takeRise() { pulse(IRQ.timer) }
    if platform.uart.takePulse() { pulse(IRQ.serial) }
    var wanted = testLines.state.lines & 0xff_ffff
    func add(_ irq: Int, _ level: Bool) { if level { wanted |= 1 << UInt32(Self.pin(of: irq)) } }
    if wanted & 1 != 0 { wanted |= 1 << 2 }  // line 0 is the timer's
    wanted &= ~1
    add(IRQ.timer, pit.output(0))
    add(IRQ.keyboard, keyboard.interruptLine)
    add(IRQ.serial, platform.uart.interruptLine)
    add(IRQ.clock, rtc.interruptLine)
    var changed = wanted ^ ioapic.state.lines
    while changed != 0 {
      let pin = changed.trailingZeroBitCount
      changed &= changed &- 1
      setPin(pin, wanted & 1 << UInt32(pin) != 0)
    }
  }

  /// Down and up again: an edge.
  private func pulse(_ irq: Int) {
    setPin(Self.pin(of: irq), false)
    setPin(Self.pin(of: irq), true)
  }

  private func setPin(_ pin: Int, _ level: Bool) {
    ioapic.setLine(pin, level)
    if pin < 16 { pics.setLine(pin == 2 ? IRQ.timer : pin, level) }
  }
}

/// The bus as the processors see it: an access can change interrupt lines.
private final class FrontBus: DeviceBus {
  private let bus: Bus
  weak var board: PCBoard?

  init(_ bus: Bus) { self.bus = bus }

  func read(_ space: DeviceAccess.Space, _ address: UInt64, size: Int) -> UInt64 {
    defer { board?.refreshLines() }
    return bus.read(space, address, size: size)
  }

  func write(_ space: DeviceAccess.Space, _ address: UInt64, size: Int, value: UInt64) {
    bus.write(space, address, size: size, value: value)
    board?.refreshLines()
  }
}

import X86

/// What joins the processors of a bare machine: interrupt messages, and the ports and addresses that
/// are neither RAM nor a local APIC.
final class SystemBus {
  let processors: [Processor]
  var board: (any Board)? {
    didSet {
      for processor in processors { processor.hasBoard = board != nil }
      board?.sendMessage = { [weak self] message in self?.deliver(message) }
      refreshLines()
    }
  }

  /// The time that the board has been told.
  var boardTime: UInt64 = 0

  init(_ processors: [Processor]) {
    self.processors = processors
    for processor in processors {
      processor.systemBus = self
      processor.hasAPIC = true
      processor.refreshAPICPage()
    }
  }

  /// The processors refer to the bus; this lets go of them.
  func disconnect() {
    for processor in processors { processor.systemBus = nil }
    board = nil
  }

  // MARK: Devices

  func read(
    _ space: DeviceAccess.Space, _ address: UInt64, size: Int, by processor: Processor
  ) -> UInt64 {
    guard let board else { return Processor.mask(UInt8(truncatingIfNeeded: size)) }
    advanceBoard(to: processor.time)
    let value = board.bus.read(space, address, size: size)
    afterAccess(processor)
    return value & Processor.mask(UInt8(truncatingIfNeeded: size))
  }

  func write(
    _ space: DeviceAccess.Space, _ address: UInt64, size: Int, value: UInt64,
    by processor: Processor
  ) {
    guard let board else { return }
    advanceBoard(to: processor.time)
    board.bus.write(space, address, size: size, value: value)
    afterAccess(processor)
  }

  /// An access may have changed lines and deadlines.
  private func afterAccess(_ processor: Processor) {
    refreshLines()
    processor.requestYield()
  }

  func advance(to time: UInt64) {
    advanceBoard(to: time)
    refreshLines()
  }

  /// Processors take their turns one after the other, but time does not go back for the board.
  private func advanceBoard(to time: UInt64) {
    boardTime = max(boardTime, time)
    board?.advance(to: boardTime)
  }

  private func refreshLines() {
    processors.first?.setLINT0(board?.isInterruptRequested ?? false)
  }

  func acknowledgeExternalInterrupt() -> UInt8? {
    let vector = board?.acknowledgeInterrupt()
    refreshLines()
    return vector
  }

  func endOfInterrupt(_ vector: UInt8, at processor: Processor) {
    advanceBoard(to: processor.time)
    board?.endOfInterrupt(vector)
    refreshLines()
    processor.requestYield()
  }

  // MARK: Messages

  private func deliver(_ message: InterruptMessage) {
    let targets = processors.filter {
      $0.apic.matches(message.destination, isLogical: message.isLogical, isWide: false)
    }
    for target in targets where !target.isRunnable { target.sleep(until: boardTime) }
    deliver(message.delivery, message.vector, isLevel: message.isLevelTriggered, to: targets)
  }

  /// Carries out an interrupt command register (SDM 3A, "Interrupt Command Register (ICR)").
  func send(_ command: UInt64, from sender: Processor) {
    let vector = UInt8(truncatingIfNeeded: command)
    guard let delivery = InterruptMessage.Delivery(rawValue: UInt8(command >> 8 & 7)) else {
      return
    }
    // An INIT level de-assert has no effect on processors of this kind.
    if delivery == .initialise, command & 0xc000 == 0x8000 { return }
    if delivery == .fixed || delivery == .lowestPriority, vector < 16 {
      return sender.apic.report(APICError.sentIllegalVector)
    }
    let targets = targets(of: command, from: sender)
    // Nobody is woken before the interrupt was sent.
    for target in targets where !target.isRunnable { target.sleep(until: sender.time) }
    deliver(delivery, vector, isLevel: false, to: targets)
    sender.requestYield()
  }

  /// By shorthand, or by the destination field.
  private func targets(of command: UInt64, from sender: Processor) -> [Processor] {
    switch command >> 18 & 3 {
    case 1: return [sender]
    case 2: return processors.filter { $0.apic.isEnabled }
    case 3: return processors.filter { $0 !== sender && $0.apic.isEnabled }
    default: break
    }
    let isWide = sender.apic.isX2
    let destination = UInt32(truncatingIfNeeded: command >> (isWide ? 32 : 56))
    return processors.filter {
      $0.apic.matches(destination, isLogical: command & 0x800 != 0, isWide: isWide)
    }
  }

  private func deliver(
    _ delivery: InterruptMessage.Delivery, _ vector: UInt8, isLevel: Bool, to targets: [Processor]
  ) {
    switch delivery {
    case .fixed: for target in targets { target.apic.accept(vector, isLevel: isLevel) }
    case .lowestPriority: lowestPriority(targets)?.apic.accept(vector, isLevel: isLevel)
    case .nmi: for target in targets { target.nmiRequest = true }
    case .initialise: for target in targets { target.requestINIT() }
    case .startUp: for target in targets { target.requestStartUp(vector) }
    case .external: targets.first?.apic.hasExternalMessage = true
    // There is no system-management mode.
    case .smi: break
    }
    for target in targets { target.noteInterruptState() }
  }

  /// SDM 3A, "Lowest Priority Delivery Mode": the first of those with the lowest priority.
  private func lowestPriority(_ targets: [Processor]) -> Processor? {
    let accepting = targets.filter { $0.apic.isSoftwareEnabled }
    return accepting.min { $0.apic.processorPriority < $1.apic.processorPriority }
  }
}

extension Processor {
  /// INIT is taken at the next boundary. A SIPI that waits is for the state before it.
  func requestINIT() {
    initRequest = true
    startupVector = nil
  }

  /// SDM 3A, "MP Initialization Protocol": only a processor that waits for it takes a SIPI.
  func requestStartUp(_ vector: UInt8) {
    if activity == .waitForSIPI || initRequest { startupVector = vector }
  }
}

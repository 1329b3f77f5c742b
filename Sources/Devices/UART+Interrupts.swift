extension UART {
  /// Bits 3:0 of the interrupt identification register: 0 in bit 0 means that one is pending.
  private enum Identification {
    static let modemStatus: UInt8 = 0x00
    static let none: UInt8 = 0x01
    static let transmitterEmpty: UInt8 = 0x02
    static let receivedData: UInt8 = 0x04
    static let lineStatus: UInt8 = 0x06
    static let characterTimeout: UInt8 = 0x0c
  }

  /// Whether the UART asks for an interrupt. On a PC the line reaches the interrupt controller
  /// only while MCR.OUT2 is set.
  public var interruptLine: Bool {
    identification != Identification.none && state.modemControl & MCR.out2 != 0
  }

  /// Whether the line has gone down and up again since the last call.
  func takePulse() -> Bool {
    defer { state.hasPulsed = false }
    return state.hasPulsed
  }

  /// PC16550D, "Interrupt Identification Register": the pending source of the highest priority.
  private var identification: UInt8 {
    let enabled = state.interruptEnable
    if enabled & IER.lineStatus != 0 && state.overrun { return Identification.lineStatus }
    if enabled & IER.receivedData != 0 && !state.receiver.isEmpty {
      // Below the trigger level the FIFO reports a time-out after four character times without a
      // new byte, which on an infinitely fast line have always passed.
      return !hasFIFOs || state.receiver.count >= triggerLevel
        ? Identification.receivedData : Identification.characterTimeout
    }
    if enabled & IER.transmitterEmpty != 0 && state.transmitterInterrupt {
      return Identification.transmitterEmpty
    }
    if enabled & IER.modemStatus != 0 && state.modemStatus & MSR.deltas != 0 {
      return Identification.modemStatus
    }
    return Identification.none
  }

  /// Reads IIR. Reading clears the transmitter's interrupt if that is what was reported.
  func takeInterruptIdentification() -> UInt8 {
    let value = identification
    if value == Identification.transmitterEmpty { state.transmitterInterrupt = false }
    return value | (hasFIFOs ? 0xc0 : 0)
  }

  func setInterruptEnable(_ value: UInt8) {
    // The transmitter is empty, so enabling its interrupt raises it.
    let wasEnabled = state.interruptEnable & IER.transmitterEmpty != 0
    state.interruptEnable = value & 0x0f
    if !wasEnabled && value & IER.transmitterEmpty != 0 { state.transmitterInterrupt = true }
  }

  /// FCR bits 7:6: how many bytes the receiver FIFO holds before it reports them.
  private var triggerLevel: Int { [1, 4, 8, 14][Int(state.fifoControl >> 6)] }
}

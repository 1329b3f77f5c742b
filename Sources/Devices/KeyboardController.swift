/// The 8042 keyboard controller of a PC, as much of it as kernels probe: self tests, the command byte,
/// the output port with its A20 and reset lines, and a keyboard on which nobody types.
public final class KeyboardController: Device {
  /// Bits of the status register.
  private enum Status {
    static let outputFull: UInt8 = 0x01
    /// The self test has passed.
    static let system: UInt8 = 0x04
    static let isCommand: UInt8 = 0x08
    /// The keyboard is not locked.
    static let unlocked: UInt8 = 0x10
  }

  /// What the next byte to the data port means.
  enum Expectation: UInt8, Codable, Sendable {
    case keyboard, commandByte, outputPort, echo, keyboardArgument
  }

  public struct State: Codable, Sendable, Equatable {
    /// Bytes for the data port.
    var output: [UInt8] = []
    /// Bit 0 enables IRQ 1; bit 4 disables the keyboard.
    var commandByte: UInt8 = 0x45
    /// Bit 0 is RESET (low active), bit 1 the A20 line.
    public internal(set) var outputPort: UInt8 = 0xcf
    var expects = Expectation.keyboard
    var lastWasCommand = false
    public internal(set) var isResetRequested = false
  }

  public let name = "8042 keyboard controller"
  public let widestAccess = 1
  public var state = State()

  public init() {}

  /// The keyboard's IRQ.
  public var interruptLine: Bool { !state.output.isEmpty && state.commandByte & 0x01 != 0 }

  /// Offset 0 is the data port, 4 the command and status port; what lies between is others'.
  public func read(offset: UInt64, size: Int) -> UInt64 {
    guard offset == 0 else { return UInt64(status) }
    return UInt64(state.output.isEmpty ? 0 : state.output.removeFirst())
  }

  private var status: UInt8 {
    Status.system | Status.unlocked | (state.output.isEmpty ? 0 : Status.outputFull)
      | (state.lastWasCommand ? Status.isCommand : 0)
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    let value = UInt8(truncatingIfNeeded: value)
    state.lastWasCommand = offset != 0
    if offset != 0 { command(value) } else { data(value) }
  }

  private func command(_ value: UInt8) {
    state.expects = .keyboard
    switch value {
    case 0x20: answer(state.commandByte)
    case 0x60: state.expects = .commandByte
    case 0xaa: answer(0x55)
    case 0xab: answer(0x00)
    case 0xad: state.commandByte |= 0x10
    case 0xae: state.commandByte &= ~0x10
    case 0xc0: answer(0x80)
    case 0xd0: answer(state.outputPort)
    case 0xd1: state.expects = .outputPort
    case 0xd2: state.expects = .echo
    case 0xdd: state.outputPort &= ~0x02
    case 0xdf: state.outputPort |= 0x02
    // Pulses the lines whose bits are 0; line 0 is RESET.
    case 0xf0...0xff: if value & 1 == 0 { state.isResetRequested = true }
    default: break
    }
  }

  private func data(_ value: UInt8) {
    let meaning = state.expects
    state.expects = .keyboard
    switch meaning {
    case .commandByte: state.commandByte = value
    case .outputPort:
      state.outputPort = value
      if value & 1 == 0 { state.isResetRequested = true }
    case .echo: answer(value)
    case .keyboardArgument: answer(0xfa)
    case .keyboard: keyboard(value)
    }
  }

  /// A command to the keyboard itself, which acknowledges with 0xfa.
  private func keyboard(_ value: UInt8) {
    answer(0xfa)
    switch value {
    case 0xff: answer(0xaa)
    case 0xf2: [0xab, 0x83].forEach(answer)
    case 0xed, 0xf0, 0xf3: state.expects = .keyboardArgument
    case 0xee: state.output[state.output.count - 1] = 0xee
    default: break
    }
  }

  private func answer(_ value: UInt8) {
    if state.output.count < 16 { state.output.append(value) }
  }
}

/// One of the two ports of a device that do not stand side by side.
public final class PortView<Target: Device>: Device {
  public struct State: Codable, Sendable, Equatable {}

  public var name: String { target.name }
  public var widestAccess: Int { target.widestAccess }
  public var state = State()
  private let target: Target
  private let first: UInt64

  /// Offset 0 of the view is offset `first` of `target`.
  public init(_ target: Target, at first: UInt64) {
    self.target = target
    self.first = first
  }

  public func read(offset: UInt64, size: Int) -> UInt64 {
    target.read(offset: first &+ offset, size: size)
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    target.write(offset: first &+ offset, size: size, value: value)
  }
}

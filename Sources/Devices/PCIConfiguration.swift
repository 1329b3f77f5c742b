/// The configuration mechanism of the PCI bus (PCI Local Bus Specification, "Configuration Mechanism
/// #1") with nothing on the bus but the host bridge, and the reset control register in its midst.
public final class PCIConfiguration: Device {
  public struct State: Codable, Sendable, Equatable {
    var address: UInt32 = 0
    var resetControl: UInt8 = 0
    public internal(set) var isResetRequested = false
    /// The host bridge's registers that can be written; nothing hangs on them.
    var bridge = PCIConfiguration.bridgeHeader
  }

  public let name = "PCI configuration"
  public let widestAccess = 4
  public var state = State()

  public init() {}

  /// An Intel 440FX: vendor and device, class 06 00 (host bridge), revision 2.
  private static let bridgeHeader: [UInt8] = {
    var header = [UInt8](repeating: 0, count: 256)
    header.replaceSubrange(0..<4, with: [0x86, 0x80, 0x37, 0x12])
    header.replaceSubrange(4..<8, with: [0x06, 0x00, 0x80, 0x02])
    header.replaceSubrange(8..<12, with: [0x02, 0x00, 0x00, 0x06])
    return header
  }()

  /// Offsets 0 to 3 are the address register, 1 alone the reset control, 4 to 7 the data window.
  public func read(offset: UInt64, size: Int) -> UInt64 {
    if offset >= 4 { return readData(Int(offset & 3), size) }
    if offset == 1 && size == 1 { return UInt64(state.resetControl) }
    // Only a 32-bit access reaches the address register.
    return offset == 0 && size == 4 ? UInt64(state.address) : .max
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    if offset >= 4 { return writeData(Int(offset & 3), size, value) }
    if offset == 1 && size == 1 { return writeResetControl(UInt8(truncatingIfNeeded: value)) }
    if offset == 0 && size == 4 { state.address = UInt32(truncatingIfNeeded: value) & 0x80ff_fffc }
  }

  /// Bit 2 going up resets the processor, and with bit 1 set the whole board as well.
  private func writeResetControl(_ value: UInt8) {
    if value & ~state.resetControl & 0x04 != 0 { state.isResetRequested = true }
    state.resetControl = value & 0x0e
  }

  /// The first register of the access within the host bridge, bus 0, device 0, function 0; nil for
  /// places where there is nothing.
  private func bridgeRegister(_ offset: Int) -> Int? {
    guard state.address & 0x80ff_ff00 == 0x8000_0000 else { return nil }
    return Int(state.address & 0xfc) + offset
  }

  private func readData(_ offset: Int, _ size: Int) -> UInt64 {
    // PCI, "Configuration Transactions": a read that nobody claims gives all ones.
    guard let first = bridgeRegister(offset) else { return .max }
    return (0..<size).reduce(0) { $0 | UInt64(state.bridge[(first + $1) & 0xff]) << UInt64($1 * 8) }
  }

  private func writeData(_ offset: Int, _ size: Int, _ value: UInt64) {
    guard let first = bridgeRegister(offset) else { return }
    for index in 0..<size {
      let register = (first + index) & 0xff
      // The 440FX's own registers start at 0x40; of the header only the command word is writable.
      guard register >= 0x40 || register == 4 || register == 5 else { continue }
      state.bridge[register] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8))
    }
  }
}

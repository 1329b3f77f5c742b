/// What unit-test kernels drive interrupts and port accesses with, as QEMU's pc-testdev: at 24 ports
/// side by side a byte raises or lowers an interrupt line.
public final class TestDeviceLines: Device {
  public struct State: Codable, Sendable, Equatable {
    /// One bit a global system interrupt.
    public internal(set) var lines: UInt32 = 0
  }

  public let name = "test device, interrupt lines"
  public let widestAccess = 1
  public var state = State()
  public static let count: UInt64 = 24

  public init() {}

  public func read(offset: UInt64, size: Int) -> UInt64 { 0xff }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    let bit: UInt32 = 1 << UInt32(offset & 31)
    state.lines = value & 0xff != 0 ? state.lines | bit : state.lines & ~bit
  }
}

/// Four bytes behind ports that keep what is written, at any size.
public final class TestDevicePorts: Device {
  public struct State: Codable, Sendable, Equatable {
    var value: UInt32 = 0
  }

  public let name = "test device, ports"
  public let widestAccess = 4
  public var state = State()

  public init() {}

  public func read(offset: UInt64, size: Int) -> UInt64 {
    UInt64(state.value >> UInt32((offset & 3) * 8))
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    let shift = (offset & 3) * 8
    let mask = ((UInt64(1) << UInt64(min(size, 4) * 8)) - 1) << shift
    state.value = UInt32(
      truncatingIfNeeded: UInt64(state.value) & ~mask | (value << shift) & mask)
  }
}

/// Memory behind the bus: 64 KiB in which each access of the processor is a bus access.
public final class TestDeviceMemory: Device {
  public struct State: Codable, Sendable, Equatable {
    var bytes: [UInt8] = []
  }

  public let name = "test device, memory"
  public let widestAccess = 8
  public var state = State()
  public static let length: UInt64 = 0x10000

  public init() {}

  public func read(offset: UInt64, size: Int) -> UInt64 {
    guard !state.bytes.isEmpty else { return 0 }
    return (0..<size).reduce(0) {
      $0 | UInt64(state.bytes[place(offset, $1)]) << UInt64($1 * 8)
    }
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    if state.bytes.isEmpty {
      state.bytes = [UInt8](repeating: 0, count: Int(TestDeviceMemory.length))
    }
    for index in 0..<size {
      state.bytes[place(offset, index)] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8))
    }
  }

  private func place(_ offset: UInt64, _ index: Int) -> Int {
    Int((offset &+ UInt64(index)) & (TestDeviceMemory.length - 1))
  }
}

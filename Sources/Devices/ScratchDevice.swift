/// A small memory-mapped device to try loads and stores on: 4 KiB with five 32-bit registers.
///
/// | offset | register |
/// |---|---|
/// | 0x00 | id, 0x52494e47, read only |
/// | 0x04 | accesses so far, this one included, read only |
/// | 0x08, 0x0c | data, kept as written |
/// | 0x10 | text output: the low byte written goes to the console; reads as 0 |
///
/// Everything else reads as 0 and ignores writes.
public final class ScratchDevice: Device {
  public static let id: UInt32 = 0x5249_4e47
  /// The bytes of address space it wants.
  public static let length: UInt64 = 4096

  private enum Offset {
    static let id: UInt64 = 0x00
    static let accesses: UInt64 = 0x04
    static let data0: UInt64 = 0x08
    static let data1: UInt64 = 0x0c
    static let text: UInt64 = 0x10
  }

  public struct State: Codable, Sendable, Equatable {
    public var accesses: UInt32 = 0
    public var data0: UInt32 = 0
    public var data1: UInt32 = 0
  }

  public let name = "scratch device"
  public let widestAccess = 4
  public var state = State()
  private let console: Console

  public init(console: Console) { self.console = console }

  public func read(offset: UInt64, size: Int) -> UInt64 {
    state.accesses &+= 1
    let register: UInt32 =
      switch offset & ~3 {
      case Offset.id: ScratchDevice.id
      case Offset.accesses: state.accesses
      case Offset.data0: state.data0
      case Offset.data1: state.data1
      default: 0
      }
    return UInt64(register >> ScratchDevice.shift(offset)) & ScratchDevice.mask(size)
  }

  public func write(offset: UInt64, size: Int, value: UInt64) {
    state.accesses &+= 1
    switch offset & ~3 {
    case Offset.data0: ScratchDevice.merge(value, into: &state.data0, offset, size)
    case Offset.data1: ScratchDevice.merge(value, into: &state.data1, offset, size)
    case Offset.text where offset == Offset.text:
      console.append(UInt8(truncatingIfNeeded: value))
    default: break
    }
  }

  private static func merge(
    _ value: UInt64, into register: inout UInt32, _ offset: UInt64, _ size: Int
  ) {
    let lanes = UInt32(truncatingIfNeeded: mask(size)) << shift(offset)
    let bits = UInt32(truncatingIfNeeded: value) << shift(offset)
    register = register & ~lanes | bits & lanes
  }

  /// How far the byte at `offset` stands from bit 0 of its register.
  private static func shift(_ offset: UInt64) -> UInt32 { UInt32(offset & 3) * 8 }

  private static func mask(_ size: Int) -> UInt64 {
    size >= 4 ? 0xffff_ffff : (1 << (size * 8)) - 1
  }
}

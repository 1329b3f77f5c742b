/// Where a PC's RAM is: from 0 up to the hole below 4 GiB in which devices live, the rest above it.
public struct RAMLayout: Sendable, Equatable {
  /// Where the hole for devices begins if there is more RAM than fits below it.
  public static let hole: UInt64 = 0xc000_0000
  private static let fourGiB: UInt64 = 1 << 32

  /// Bytes from address 0.
  public let low: UInt64
  /// Bytes from 4 GiB.
  public let high: UInt64

  public init(size: UInt64) {
    low = min(size, RAMLayout.hole)
    high = size - low
  }

  /// A piece of the memory map that firmware hands to kernels (ACPI, "System Address Map
  /// Interfaces").
  public struct Range: Sendable, Equatable {
    public enum Kind: UInt32, Sendable { case usable = 1, reserved = 2, acpiTables = 3 }
    public var start: UInt64
    public var length: UInt64
    public var kind: Kind
  }

  /// The first byte of the extended BIOS data area, and the end of what programs may use below 1 MiB.
  public static let extendedBIOSData: UInt64 = 0x9fc00
  /// Read-only memory of the firmware below 1 MiB.
  public static let firmwareArea: UInt64 = 0xf0000
  private static let oneMiB: UInt64 = 1 << 20

  /// The memory map, ascending.
  public var map: [Range] {
    var map = [
      Range(start: 0, length: min(low, Self.extendedBIOSData), kind: .usable),
      Range(
        start: Self.extendedBIOSData, length: 0xa0000 - Self.extendedBIOSData, kind: .reserved),
      Range(
        start: Self.firmwareArea, length: Self.oneMiB - Self.firmwareArea, kind: .reserved),
    ]
    if low > Self.oneMiB {
      map.append(Range(start: Self.oneMiB, length: low - Self.oneMiB, kind: .usable))
    }
    map.append(Range(start: 0xfffc_0000, length: 0x4_0000, kind: .reserved))
    if high > 0 { map.append(Range(start: Self.fourGiB, length: high, kind: .usable)) }
    return map
  }
}

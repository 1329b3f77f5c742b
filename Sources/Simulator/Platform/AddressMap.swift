/// Where the physical addresses of a machine lead: RAM from 0, on a bare machine with a hole below
/// 4 GiB for devices, and read-only memory that ends at 1 MiB and, in full, at 4 GiB.
///
/// An offset counts bytes of the memory behind it, which has no holes: RAM, then the ROM.
struct AddressMap: Sendable {
  static let holeStart: UInt64 = 3 << 30
  static let holeEnd: UInt64 = 4 << 30
  /// The ROM may take up to this much below 4 GiB, and `shadowCapacity` of its end below 1 MiB.
  static let romCapacity: UInt64 = 16 << 20
  static let shadowCapacity: UInt64 = 128 << 10
  private static let shadowEnd: UInt64 = 1 << 20

  /// All bytes of RAM.
  let ram: UInt64
  /// The bytes of RAM that begin at 0; the rest begins at 4 GiB.
  let low: UInt64
  private let hasHole: Bool
  private(set) var romSize: UInt64 = 0
  /// Where the part of the ROM below 1 MiB begins; beyond all RAM if there is none.
  private var shadowStart: UInt64 = ~0

  init(ram: UInt64, hasHole: Bool) {
    self.ram = ram
    self.hasHole = hasHole
    low = hasHole ? min(ram, AddressMap.holeStart) : ram
  }

  /// One past the last address that can lead to memory.
  var end: UInt64 { hasHole ? AddressMap.holeEnd &+ (ram &- low) : low }

  mutating func setROM(size: UInt64) {
    romSize = min(size, AddressMap.romCapacity)
    shadowStart =
      size == 0 ? ~0 : AddressMap.shadowEnd &- min(romSize, AddressMap.shadowCapacity)
  }

  /// The offset of the `count` bytes at `address`; nil unless all are memory of one kind.
  @inline(__always)
  func offset(_ address: UInt64, _ count: UInt64) -> UInt64? {
    if address < low, count <= low &- address,
      address >= AddressMap.shadowEnd || address &+ count <= shadowStart
    {
      return address
    }
    return offsetElsewhere(address, count)
  }

  @inline(never)
  private func offsetElsewhere(_ address: UInt64, _ count: UInt64) -> UInt64? {
    if address >= AddressMap.holeEnd {
      let place = address &- AddressMap.holeEnd
      let size = ram &- low
      return place < size && count <= size &- place ? low &+ place : nil
    }
    let end = address < AddressMap.shadowEnd ? AddressMap.shadowEnd : AddressMap.holeEnd
    guard isROM(address), count <= end &- address else { return nil }
    return ram &+ romSize &- (end &- address)
  }

  /// Whether stores to `address` are lost.
  @inline(__always)
  func isROM(_ address: UInt64) -> Bool {
    if romSize == 0 { return false }
    return (address >= shadowStart && address < AddressMap.shadowEnd)
      || (address < AddressMap.holeEnd && address >= AddressMap.holeEnd &- romSize)
  }
}

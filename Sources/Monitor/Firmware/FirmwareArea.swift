import Devices

/// What a BIOS leaves in memory below 1 MiB: its data, the ACPI tables, and services of which a boot
/// sector finds the simplest.
enum FirmwareArea {
  static let extendedBIOSData = RAMLayout.extendedBIOSData
  /// The RSDP and what it points to.
  static let tables: UInt64 = 0xf_0000
  /// The MultiProcessor Specification's floating pointer and table.
  private static let multiprocessor: UInt64 = 0xf_8000
  /// The services' code, in segment 0xf000.
  private static let services: UInt64 = 0xf_e000

  /// Everything that must be there before the image is placed. There is nothing without memory up to
  /// 1 MiB.
  static func segments(processors: Int, memory: RAMLayout) -> [GuestImage.Segment] {
    guard memory.low >= 1 << 20 else { return [] }
    let acpi = ACPITables(at: tables, processors: processors)
    return [
      // The BIOS data area: COM1, the extended area's segment, equipment, KiB of memory.
      segment(0x400, [0xf8, 0x03]),
      segment(0x40e, littleEndian(UInt16(extendedBIOSData >> 4)) + [0, 0]),
      segment(0x413, littleEndian(UInt16(extendedBIOSData >> 10))),
      // The extended area's size in KiB.
      segment(extendedBIOSData, [1]),
      segment(acpi.address, acpi.bytes),
      segment(
        multiprocessor, MultiprocessorTable.bytes(at: multiprocessor, processors: processors)),
    ]
  }

  private static func segment(_ address: UInt64, _ bytes: [UInt8]) -> GuestImage.Segment {
    GuestImage.Segment(address: address, bytes: bytes)
  }

  /// The interrupts that a BIOS answers, each with its handler. All others return at once.
  private static let handlers: [(vector: Int, code: [UInt8])] = [
    // INT 10h: with AH = 0Eh, OUT 0xe9, AL prints the character.
    (0x10, [0x80, 0xfc, 0x0e, 0x75, 0x02, 0xe6, 0xe9, 0xcf]),
    // INT 12h: MOV AX, KiB of memory.
    (0x12, [0xb8, 0x7f, 0x02, 0xcf]),
    // INT 13h and 15h: STC; RETF 2 says that it has failed.
    (0x13, [0xf9, 0xca, 0x02, 0x00]),
    (0x15, [0xf9, 0xca, 0x02, 0x00]),
    // INT 1Ah: no ticks.
    (0x1a, [0x31, 0xc9, 0x31, 0xd2, 0xb0, 0x00, 0xcf]),
    // IRQ 0 and 8: an EOI, in case somebody unmasks them.
    (0x08, [0x50, 0xb0, 0x20, 0xe6, 0x20, 0x58, 0xcf]),
    (0x70, [0x50, 0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, 0x58, 0xcf]),
  ]

  /// The interrupt vector table and the handlers, for a boot sector.
  static var serviceSegments: [GuestImage.Segment] {
    var code: [UInt8] = [0xcf]
    let first = UInt16(services & 0xffff)
    var table = (0..<256).flatMap { _ in Self.vector(first) }
    for (number, handler) in handlers {
      table.replaceSubrange(
        number * 4..<number * 4 + 4, with: Self.vector(first + UInt16(code.count)))
      code += handler
    }
    return [segment(0, table), segment(services, code)]
  }

  private static func vector(_ offset: UInt16) -> [UInt8] {
    littleEndian(offset) + littleEndian(UInt16(0xf000))
  }
}

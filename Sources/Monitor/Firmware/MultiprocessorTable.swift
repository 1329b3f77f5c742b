import Devices

/// The configuration table of the Intel MultiProcessor Specification 1.4, by which kernels older than
/// ACPI find processors and interrupt routing: the floating pointer and the table behind it.
enum MultiprocessorTable {
  /// `address` is a multiple of 16 in the BIOS's area, where kernels look for `_MP_`.
  static func bytes(at address: UInt64, processors: Int) -> [UInt8] {
    let table = table(processors: processors)
    // "MP Floating Pointer Structure": the table's address, 16 bytes of length, revision 4.
    var pointer = Array("_MP_".utf8) + littleEndian(UInt32(truncatingIfNeeded: address) + 16)
    pointer += [1, 4, 0, 0, 0, 0, 0, 0]
    pointer[10] = ACPITables.checksum(pointer)
    return pointer + table
  }

  private static let isaBus: UInt8 = 0
  private static let ioapic: UInt8 = 0

  /// "MP Configuration Table Header" and its entries.
  private static func table(processors: Int) -> [UInt8] {
    var entries = (0..<processors).map(processor)
    entries.append([1, isaBus] + Array("ISA   ".utf8))
    entries.append([2, ioapic, 0x20, 1] + littleEndian(UInt32(PCBoard.Address.ioapic)))
    // "I/O Interrupt Assignment Entries": IRQ n is pin n, but for the timer.
    for irq in 0..<16 as Range<UInt8> where irq != 2 {
      entries.append([3, 0, 0, 0, isaBus, irq, ioapic, irq == 0 ? 2 : irq])
    }
    // "Local Interrupt Assignment Entries": the 8259A at LINT0 of the first, NMI at LINT1 of all.
    entries.append([4, 3, 0, 0, isaBus, 0, 0, 0])
    entries.append([4, 1, 0, 0, isaBus, 0, 0xff, 1])
    let body = entries.flatMap(\.self)
    var header = Array("PCMP".utf8) + littleEndian(UInt16(44 + body.count)) + [4, 0]
    header += Array("RINGSIDE".utf8) + Array("BARE PC     ".utf8)
    header += littleEndian(UInt32(0)) + littleEndian(UInt16(0))
    header += littleEndian(UInt16(entries.count)) + littleEndian(UInt32(0xfee0_0000))
    header += littleEndian(UInt32(0))
    header[7] = ACPITables.checksum(header + body)
    return header + body
  }

  /// "Processor Entries": usable, and the first one is the bootstrap processor.
  private static func processor(_ index: Int) -> [UInt8] {
    let flags: UInt8 = index == 0 ? 0b11 : 0b01
    // Signature: family 6; features: an APIC on the chip.
    return [0, UInt8(truncatingIfNeeded: index), 0x14, flags] + littleEndian(UInt32(0x600))
      + littleEndian(UInt32(0x200)) + [UInt8](repeating: 0, count: 8)
  }
}

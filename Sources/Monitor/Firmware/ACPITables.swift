import Devices

/// The ACPI tables of a bare machine (ACPI Specification, "ACPI Software Programming Model"), of the
/// first revision: RSDP, RSDT, MADT, FADT, FACS and a DSDT that can only switch off.
struct ACPITables {
  /// Everything, to be placed at `address`.
  private(set) var bytes: [UInt8] = []
  let address: UInt64

  /// `address` is a multiple of 64 in the BIOS's area, where kernels look for the RSDP.
  init(at address: UInt64, processors: Int) {
    self.address = address
    // The RSDP has its place before what it points to.
    bytes = [UInt8](repeating: 0, count: 64)
    let facs = place(Self.facs)
    let dsdt = place(Self.table("DSDT", revision: 1, Self.switchingOff))
    let fadt = place(Self.table("FACP", revision: 3, Self.fadt(facs: facs, dsdt: dsdt)))
    let madt = place(Self.table("APIC", revision: 1, Self.madt(processors: processors)))
    let rsdt = place(
      Self.table("RSDT", revision: 1, littleEndian(fadt) + littleEndian(madt)))
    bytes.replaceSubrange(0..<20, with: Self.rsdp(rsdt: rsdt))
  }

  private mutating func place(_ table: [UInt8]) -> UInt32 {
    while bytes.count % 64 != 0 { bytes.append(0) }
    defer { bytes += table }
    return UInt32(truncatingIfNeeded: address + UInt64(bytes.count))
  }

  /// "Root System Description Pointer", revision 0: 20 bytes that add up to 0.
  private static func rsdp(rsdt: UInt32) -> [UInt8] {
    var bytes = Array("RSD PTR ".utf8) + [0] + maker + [0] + littleEndian(rsdt)
    bytes[8] = checksum(bytes)
    return bytes
  }

  private static let maker = Array("RINGSI".utf8)

  /// "System Description Table Header" and the table's own fields.
  private static func table(_ signature: String, revision: UInt8, _ body: [UInt8]) -> [UInt8] {
    var bytes = Array(signature.utf8)
    bytes += littleEndian(UInt32(36 + body.count)) + [revision, 0] + maker
    bytes += Array("RINGSIDE".utf8) + littleEndian(UInt32(1))
    bytes += Array("RING".utf8) + littleEndian(UInt32(1)) + body
    bytes[9] = checksum(bytes)
    return bytes
  }

  /// What makes the sum of all bytes 0.
  static func checksum(_ bytes: [UInt8]) -> UInt8 { 0 &- bytes.reduce(0, &+) }

  /// "Firmware ACPI Control Structure", which has no checksum.
  private static let facs: [UInt8] =
    Array("FACS".utf8) + littleEndian(UInt32(64)) + [UInt8](repeating: 0, count: 56)

  /// "ACPI Machine Language": Name (\_S5, Package {softOff, softOff, 0, 0}).
  private static let switchingOff: [UInt8] = {
    let type = UInt8(PowerManagement.softOff)
    return [0x08] + Array("_S5_".utf8) + [0x12, 0x08, 4, 0x0a, type, 0x0a, type, 0x00, 0x00]
  }()

  /// "Fixed ACPI Description Table", by the offsets in the table. There is no SMI command: the machine
  /// is in ACPI mode from the start.
  private static func fadt(facs: UInt32, dsdt: UInt32) -> [UInt8] {
    let base = UInt32(PCBoard.Address.powerManagement)
    var table = [UInt8](repeating: 0, count: 244)
    func set<Number: FixedWidthInteger>(_ offset: Int, _ value: Number) {
      table.replaceSubrange(offset..<offset + Number.bitWidth / 8, with: littleEndian(value))
    }
    set(36, facs)
    set(40, dsdt)
    set(46, UInt16(9))  // SCI_INT
    set(56, base + UInt32(PowerManagement.Offset.event))
    set(64, base + UInt32(PowerManagement.Offset.control))
    set(76, base + UInt32(PowerManagement.Offset.timer))
    (table[88], table[89], table[91]) = (4, 2, 4)  // the lengths of these blocks
    set(96, UInt16(0xfff))  // no C2
    set(98, UInt16(0xfff))  // no C3
    table[108] = 0x32  // the century in CMOS
    set(109, UInt16(0b11))  // legacy devices, a keyboard controller
    // Bits 0 WBINVD works, 2 C1 on all processors, 4 no power button, 5 no sleep button, 6 RTC not in
    // the registers, 10 the reset register.
    set(112, UInt32(0x475))
    // RESET_REG: an I/O port of 8 bits, 0xcf9, and the value for it.
    table.replaceSubrange(116..<120, with: [1, 8, 0, 1])
    set(120, UInt64(PCBoard.Address.pciConfiguration) + 1)
    table[128] = 0x06
    return Array(table[36...])
  }

  /// "Multiple APIC Description Table": local APICs, the I/O APIC, and what the ISA interrupts are
  /// connected to where it is not the pin of their number.
  private static func madt(processors: Int) -> [UInt8] {
    var bytes = littleEndian(UInt32(0xfee0_0000)) + littleEndian(UInt32(1))
    for index in 0..<processors {
      let number = UInt8(truncatingIfNeeded: index)
      bytes += [0, 8, number, number] + littleEndian(UInt32(1))
    }
    bytes += [1, 12, 0, 0] + littleEndian(UInt32(PCBoard.Address.ioapic)) + littleEndian(UInt32(0))
    bytes += sourceOverride(irq: 0, pin: 2, flags: 0)
    // The SCI: active high, level-triggered.
    bytes += sourceOverride(irq: 9, pin: 9, flags: 0x0d)
    // NMI at LINT1 of all processors.
    return bytes + [4, 6, 0xff, 0, 0, 1]
  }

  private static func sourceOverride(irq: UInt8, pin: UInt32, flags: UInt16) -> [UInt8] {
    [2, 10, 0, irq] + littleEndian(pin) + littleEndian(flags)
  }
}

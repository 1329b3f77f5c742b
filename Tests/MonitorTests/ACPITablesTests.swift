import Testing

@testable import Monitor

/// Expected values: ACPI Specification, "ACPI System Description Tables".
@Suite struct ACPITablesTests {
  private let tables = ACPITables(at: 0xf_0000, processors: 3)

  private func word(_ address: UInt64, _ size: Int = 4) -> UInt64 {
    let first = Int(address - tables.address)
    return littleEndian(tables.bytes[first..<first + size])
  }

  private func signature(_ address: UInt64) -> String {
    let first = Int(address - tables.address)
    return String(decoding: tables.bytes[first..<first + 4], as: UTF8.self)
  }

  private func sum(_ address: UInt64, _ count: UInt64) -> UInt8 {
    let first = Int(address - tables.address)
    return tables.bytes[first..<first + Int(count)].reduce(0, &+)
  }

  private var listed: [UInt64] {
    let rsdt = word(tables.address + 16)
    return (0..<(word(rsdt + 4) - 36) / 4).map { word(rsdt + 36 + $0 * 4) }
  }

  private func table(_ name: String) throws -> UInt64 {
    try #require(listed.first { signature($0) == name })
  }

  @Test func theRootPointerLeadsToTables() {
    #expect(String(decoding: tables.bytes[..<8], as: UTF8.self) == "RSD PTR ")
    #expect(sum(tables.address, 20) == 0)
    #expect(signature(word(tables.address + 16)) == "RSDT")
    #expect(Set(listed.map(signature)) == ["FACP", "APIC"])
  }

  @Test func allChecksumsAreRight() throws {
    let fadt = try table("FACP")
    for address in listed + [word(tables.address + 16), word(fadt + 40)] {
      #expect(sum(address, word(address + 4)) == 0, "\(signature(address))")
    }
  }

  @Test func theFADTNamesTheRegisters() throws {
    let fadt = try table("FACP")
    #expect(word(fadt + 4) == 244)
    #expect(signature(word(fadt + 36)) == "FACS" && word(fadt + 36) % 64 == 0)
    #expect(signature(word(fadt + 40)) == "DSDT")
    #expect(word(fadt + 46, 2) == 9 && word(fadt + 48) == 0)
    #expect([56, 64, 76].map { word(fadt + $0) } == [0x600, 0x604, 0x608])
    #expect([88, 89, 91].map { word(fadt + $0, 1) } == [4, 2, 4])
    // RESET_REG and RESET_VALUE.
    #expect(word(fadt + 120, 8) == 0xcf9 && word(fadt + 128, 1) == 6)
  }

  @Test func theDSDTIsOneNamedPackage() throws {
    let dsdt = word(try table("FACP") + 40)
    #expect(word(dsdt + 4) == 36 + 14)
    // NameOp, "_S5_", PackageOp with a length that reaches the end of the table.
    #expect(word(dsdt + 36, 1) == 0x08 && signature(dsdt + 37) == "_S5_")
    #expect(word(dsdt + 41, 1) == 0x12 && word(dsdt + 42, 1) == 8)
  }

  @Test func theMADTHasEveryProcessor() throws {
    let madt = try table("APIC")
    #expect(word(madt + 36) == 0xfee0_0000)
    var entry = madt + 44
    var processors: [UInt64] = []
    var overrides: [[UInt64]] = []
    var controllers: [UInt64] = []
    while entry < madt + word(madt + 4) {
      switch word(entry, 1) {
      case 0:
        #expect(word(entry + 4) == 1)
        processors.append(word(entry + 3, 1))
      case 1: controllers.append(word(entry + 4))
      case 2: overrides.append([word(entry + 3, 1), word(entry + 4)])
      default: break
      }
      try #require(word(entry + 1, 1) > 0)
      entry += word(entry + 1, 1)
    }
    #expect(entry == madt + word(madt + 4))
    #expect(processors == [0, 1, 2] && controllers == [0xfec0_0000])
    #expect(overrides == [[0, 2], [9, 9]])
  }
}

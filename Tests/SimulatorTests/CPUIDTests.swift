import Testing
import X86

@testable import Simulator

/// CPUID's table against the manual, and the bits that state decides.
@Suite struct CPUIDTests {
  @Test func namesTheProcessor() {
    let vendor = CPUID.read(0, 0)
    #expect([vendor.ebx, vendor.edx, vendor.ecx] == [0x756e_6547, 0x4965_6e69, 0x6c65_746e])
    #expect(vendor.eax == CPUID.highestBasicLeaf)
    #expect(CPUID.read(0x8000_0000, 0).eax == 0x8000_0008)
    #expect(CPUID.read(0x8000_0002, 0).eax == 0x676e_6952)
  }

  @Test func noTwoRowsShareABit() {
    var seen: [[UInt32]: UInt32] = [:]
    for row in CPUID.rows {
      let key = [row.leaf, row.subleaf, UInt32(row.register.rawValue)]
      let bits = row.value << row.bit
      #expect(seen[key, default: 0] & bits == 0, "\(row)")
      #expect((row.value << row.bit) >> row.bit == row.value, "\(row)")
      seen[key, default: 0] |= bits
    }
  }

  @Test func answersForLeavesThatDoNotExist() {
    #expect(CPUID.read(0x4000_0000, 0) == CPUID.read(CPUID.highestBasicLeaf, 0))
    #expect(CPUID.read(0x8000_0009, 0) == CPUID.read(CPUID.highestBasicLeaf, 0))
    #expect(CPUID.read(1, 7) == CPUID.read(1, 0))
    #expect(CPUID.read(7, 9) == .zero)
  }

  @Test func addsWhatTheStateDecides() throws {
    let lab = try Lab()
    let processor = lab.processor
    try lab.protected([])
    #expect(processor.cpuid(0x8000_0001, 0).edx & 1 << 11 == 0)
    try lab.long([])
    #expect(processor.cpuid(0x8000_0001, 0).edx & 1 << 11 != 0)
    #expect(processor.cpuid(1, 0).ecx & 1 << 27 == 0)
    processor.cr4 |= CR4.osxsave | CR4.pke
    #expect(processor.cpuid(1, 0).ecx & 1 << 27 != 0)
    #expect(processor.cpuid(7, 0).ecx & 1 << 4 != 0)
    #expect(processor.cpuid(0xb, 5).ecx == 5)
  }
}

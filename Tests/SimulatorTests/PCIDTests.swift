import Testing
import X86

@testable import Simulator

/// SDM 3A, "Process-Context Identifiers (PCIDs)"; SDM 2A, "INVPCID".
@Suite struct PCIDTests {
  private let page = PagingMachineLab.page
  private let keep: UInt64 = 1 << 63

  /// PCID 1 is current.
  private func machine() throws -> PagingMachineLab {
    let lab = try PagingMachineLab()
    #expect(try lab.moveToCR4(CR4.pae | CR4.pge | CR4.pcide) == nil)
    #expect(try lab.moveToCR3(Lab.tables | 1) == nil)
    return lab
  }

  @Test func translationsBelongToTheirPCID() throws {
    let lab = try machine()
    try lab.cacheThenRemap()
    try lab.moveToCR3(keep | Lab.tables | 2)
    #expect(lab.processor.cr3 == Lab.tables | 2)
    #expect(lab.processor.tlb.find(page) == nil)
    try lab.moveToCR3(keep | Lab.tables | 1)
    #expect(try lab.isStale)
    // Without bit 63 the PCID that is loaded is flushed, and no other.
    try lab.moveToCR3(Lab.tables | 2)
    try lab.moveToCR3(keep | Lab.tables | 1)
    #expect(try lab.isStale)
    try lab.moveToCR3(Lab.tables | 1)
    #expect(try !lab.isStale)
    // What is cached now is of PCID 1 too.
    try lab.map(PagingMachineLab.page)
    try lab.moveToCR3(keep | Lab.tables | 2)
    #expect(try lab.read(page) == 0x11)
  }

  @Test func globalPagesBelongToAll() throws {
    let lab = try machine()
    try lab.cacheThenRemap(0x107)
    try lab.moveToCR3(Lab.tables | 2)
    #expect(try lab.isStale)
    try lab.invlpg(page)
    try lab.moveToCR3(keep | Lab.tables | 1)
    #expect(try !lab.isStale)
  }

  @Test func invlpgKeepsOtherPCIDs() throws {
    let lab = try machine()
    try lab.cacheThenRemap()
    try lab.moveToCR3(keep | Lab.tables | 2)
    try lab.invlpg(page)
    try lab.moveToCR3(keep | Lab.tables | 1)
    #expect(try lab.isStale)
  }

  /// Which types drop a page of PCID 1 and a global one, executed in PCID 2.
  @Test(
    arguments: [
      (0, 1, PagingMachineLab.page, true, false),
      (0, 1, PagingMachineLab.page + 0x1000, false, false),
      (0, 3, PagingMachineLab.page, false, false), (1, 1, 0, true, false),
      (1, 2, 0, false, false), (2, 0, 0, true, true), (3, 0, 0, true, false),
    ] as [(UInt64, UInt64, UInt64, Bool, Bool)])
  func invpcid(
    _ type: UInt64, _ pcid: UInt64, _ linear: UInt64, _ drops: Bool, _ dropsGlobal: Bool
  ) throws {
    for (bits, isDropped) in [(UInt64(7), drops), (0x107, dropsGlobal)] {
      let lab = try machine()
      try lab.cacheThenRemap(bits)
      try lab.moveToCR3(keep | Lab.tables | 2)
      #expect(try lab.invpcid(type, pcid: pcid, linear: linear) == nil)
      try lab.moveToCR3(keep | Lab.tables | 1)
      #expect(try lab.isStale == !isDropped)
    }
  }

  @Test func invpcidFaults() throws {
    let lab = try machine()
    #expect(try lab.invpcid(4) == 13)
    #expect(try lab.invpcid(1 << 32) == 13)
    #expect(try lab.invpcid(1, pcid: 1 << 12) == 13)
    #expect(try lab.invpcid(2, pcid: 1 << 63) == 13)
    #expect(try lab.invpcid(0, linear: 1 << 56) == 13)
    #expect(try lab.invpcid(0, linear: 1 << 55) == nil)
    // The address counts for type 0 only.
    #expect(try lab.invpcid(1, linear: 1 << 56) == nil)
    // Without CR4.PCIDE the only PCID is 0.
    try lab.moveToCR3(Lab.tables)
    try lab.moveToCR4(CR4.pae)
    #expect(try lab.invpcid(1, pcid: 1) == 13)
    #expect(try lab.invpcid(0, pcid: 1) == 13)
    #expect(try lab.invpcid(3, pcid: 1) == nil)
    #expect(try lab.invpcid(1) == nil)
    #expect(try PagingMachineLab(isUser: true).invpcid(1) == 13)
  }

  @Test func turningPCIDsOff() throws {
    let lab = try machine()
    try lab.cacheThenRemap(0x107)
    try lab.moveToCR3(Lab.tables)
    try lab.moveToCR4(CR4.pae | CR4.pge)
    #expect(try !lab.isStale)
  }
}

import Testing
import X86

@testable import Simulator

/// SDM 2B, "MOV: Move to/from Control Registers": what is #GP(0), and what a load does.
@Suite struct ControlRegisterTests {
  private let long = CR0.pe | CR0.pg | CR0.wp | CR0.et

  @Test func cr0In64BitMode() throws {
    let lab = try PagingMachineLab()
    let rows: [(UInt64, UInt64?)] = [
      (1 << 32 | long, 13), (1 << 63 | long, 13), (long & ~CR0.pe, 13), (long & ~CR0.pg, 13),
      (long | CR0.nw, 13), (long | CR0.nw | CR0.cd, nil), (long | 1 << 20, nil), (long, nil),
    ]
    for (value, vector) in rows {
      let before = lab.processor.cr0
      #expect(try lab.moveToCR0(value) == vector, "\(String(value, radix: 16))")
      // Reserved bits of the lower half are ignored.
      #expect(lab.processor.cr0 == (vector == nil ? value & ~(1 << 20) : before))
    }
  }

  @Test func cr3In64BitMode() throws {
    let lab = try PagingMachineLab()
    for bit in UInt64(40)..<64 {
      #expect(try lab.moveToCR3(Lab.tables | 1 << bit) == 13, "bit \(bit)")
    }
    #expect(try lab.moveToCR3(Lab.tables | 0xfff) == nil)
    #expect(lab.processor.cr3 == Lab.tables | 0xfff)
    // With PCIDs bit 63 is no address bit, and bit 62 still is.
    #expect(try lab.moveToCR3(Lab.tables) == nil)
    #expect(try lab.moveToCR4(CR4.pae | CR4.pcide) == nil)
    #expect(try lab.moveToCR3(Lab.tables | 1 << 63 | 5) == nil)
    #expect(lab.processor.cr3 == Lab.tables | 5)
    #expect(try lab.moveToCR3(Lab.tables | 1 << 62) == 13)
  }

  @Test func cr4In64BitMode() throws {
    let lab = try PagingMachineLab()
    let pae = CR4.pae
    for bit in [14, 15, 19, 24, 27, 31, 32, 63] as [UInt64] {
      #expect(try lab.moveToCR4(pae | 1 << bit) == 13, "bit \(bit)")
    }
    #expect(try lab.moveToCR4(0) == 13)
    #expect(try lab.moveToCR4(CR4.pge) == 13)
    #expect(try lab.moveToCR4(pae | CR4.la57) == 13)
    try lab.moveToCR3(Lab.tables | 8)
    #expect(try lab.moveToCR4(pae | CR4.pcide) == 13)
    try lab.moveToCR3(Lab.tables)
    #expect(try lab.moveToCR4(pae | CR4.pcide) == nil)
    // Clearing it needs no empty PCID, and once set CR3 does not matter.
    try lab.moveToCR3(Lab.tables | 8)
    #expect(try lab.moveToCR4(pae | CR4.pcide | CR4.pge) == nil)
    #expect(try lab.moveToCR4(pae) == nil)
    #expect(try lab.moveToCR4(pae | CR4.smep | CR4.pke | CR4.pge) == nil)
    #expect(lab.processor.cr4 == pae | CR4.smep | CR4.pke | CR4.pge)
  }

  @Test func pagingStaysOnWithPCIDs() throws {
    let lab = try PagingMachineLab()
    try lab.moveToCR4(CR4.pae | CR4.pcide)
    // In compatibility mode paging could be turned off, were it not for CR4.PCIDE.
    lab.processor.setSegment(
      .cs, Segment(selector: 8, base: 0, limit: ~0, access: 0xc09b))
    lab.processor.updateMode()
    #expect(try lab.moveToCR0(CR0.pe) == 13)
  }

  @Test func registersThatDoNotExist() throws {
    for number in [1, 5, 6, 7] as [UInt8] {
      for isUser in [false, true] {
        let lab = try PagingMachineLab(isUser: isUser)
        #expect(try lab.execute([0x0f, 0x22, 0xc0 | number << 3]) == 6)
        #expect(try lab.execute([0x0f, 0x20, 0xc0 | number << 3]) == 6)
      }
    }
    for number in [0, 2, 3, 4] as [UInt8] {
      let lab = try PagingMachineLab(isUser: true)
      #expect(try lab.execute([0x0f, 0x22, 0xc0 | number << 3]) == 13)
    }
    let lab = try PagingMachineLab()
    #expect(try lab.execute([0x44, 0x0f, 0x22, 0xc0], [.rax: 16]) == 13)
    #expect(try lab.execute([0x44, 0x0f, 0x22, 0xc0], [.rax: 15]) == nil)
    #expect(try lab.execute([0x44, 0x0f, 0x22, 0xc8]) == 6)
  }

  @Test func efer() throws {
    let lab = try PagingMachineLab()
    func write(_ value: UInt64) throws -> UInt64? {
      try lab.execute([0x0f, 0x30], [.rcx: 0xc000_0080, .rax: value, .rdx: 0])
    }
    let on = EFER.lme | EFER.lma
    for bit in [1, 2, 7, 9, 12, 15] as [UInt64] { #expect(try write(on | 1 << bit) == 13) }
    #expect(try write(0) == 13)
    #expect(try write(on) == nil)
    // LMA is read-only.
    #expect(try write(EFER.lme | EFER.nxe) == nil)
    #expect(lab.processor.efer == on | EFER.nxe)
  }

  // MARK: Outside IA-32e mode

  @Test func cr4In32BitMode() throws {
    let lab = try PagingMachineLab(is32Bit: true)
    #expect(try lab.moveToCR4(CR4.pcide) == 13)
    #expect(try lab.moveToCR4(CR4.pae | CR4.la57) == nil)
    #expect(try lab.moveToCR4(0) == nil)
  }

  @Test func enteringLongMode() throws {
    let lab = try PagingMachineLab(is32Bit: true)
    lab.processor.efer = EFER.lme
    let on = CR0.pe | CR0.pg | CR0.et
    #expect(try lab.moveToCR0(on) == 13)
    try lab.moveToCR4(CR4.pae)
    let task = lab.processor.tr
    lab.processor.tr = Segment(selector: 0x28, base: Lab.tss, limit: 0x67, access: 0x83)
    #expect(try lab.moveToCR0(on) == 13)
    #expect(lab.processor.efer == EFER.lme)
    lab.processor.tr = task
    try lab.lab.poke(Lab.tables, Lab.tables + 0x1000 | 7)
    try lab.lab.poke(Lab.tables + 0x1000, Lab.tables + 0x2000 | 7)
    try lab.lab.poke(Lab.tables + 0x2000, UInt64(0x87))
    #expect(try lab.moveToCR0(on) == nil)
    #expect(lab.processor.efer == EFER.lme | EFER.lma)
    #expect(lab.processor.pagingMode == .level4)
  }

  // MARK: PDPTE registers

  @Test func pdptesAreLoadedWithPaging() throws {
    let lab = try PagingMachineLab(is32Bit: true)
    try lab.moveToCR4(CR4.pae)
    let on = CR0.pe | CR0.pg | CR0.et
    #expect(try lab.moveToCR0(on) == nil)
    #expect(lab.processor.pdptes.0 == Lab.tables + 0x1000 | 1)
    // Memory is not looked at again, whatever the TLB holds.
    try lab.lab.poke(Lab.tables, UInt64(0))
    lab.processor.tlb.flushEverything()
    #expect(try lab.execute([0x8b, 0x03], [.rbx: PagingMachineLab.page]) == nil)
    #expect(lab.processor[.rax] == 0x11)
  }

  @Test func pdptesWithReservedBits() throws {
    for bit in [1, 2, 5, 6, 7, 8, 40, 52, 63] as [UInt64] {
      let lab = try PagingMachineLab(is32Bit: true)
      try lab.moveToCR4(CR4.pae)
      let entry = Lab.tables + 24
      try lab.lab.poke(entry, UInt64(1) << bit | 1)
      let on = CR0.pe | CR0.pg | CR0.et
      let off = lab.processor.cr0
      #expect(try lab.moveToCR0(on) == 13, "bit \(bit)")
      #expect(lab.processor.cr0 == off && lab.processor.pdptes.0 == 0)
      // Of an entry that is not present nothing is reserved.
      try lab.lab.poke(entry, UInt64(1) << bit)
      #expect(try lab.moveToCR0(on) == nil)
      try lab.lab.poke(entry, UInt64(1) << bit | 1)
      #expect(try lab.moveToCR3(Lab.tables) == 13)
      #expect(try lab.moveToCR4(CR4.pae | CR4.pge) == 13)
      #expect(lab.processor.cr4 == CR4.pae)
      // A change of other bits loads none.
      #expect(try lab.moveToCR4(CR4.pae | CR4.tsd) == nil)
      #expect(try lab.moveToCR0(on | CR0.wp) == nil)
      #expect(try lab.moveToCR0(on | CR0.cd) == 13)
    }
  }

  // MARK: Protection keys

  @Test func rdpkruAndWrpkru() throws {
    let (rdpkru, wrpkru): ([UInt8], [UInt8]) = ([0x0f, 0x01, 0xee], [0x0f, 0x01, 0xef])
    let lab = try PagingMachineLab()
    #expect(try lab.execute(rdpkru, [.rcx: 0]) == 6)
    #expect(try lab.execute(wrpkru, [.rcx: 0, .rdx: 0]) == 6)
    #expect(lab.processor.cpuid(7, 0).ecx >> 3 & 3 == 1)
    try lab.moveToCR4(CR4.pae | CR4.pke)
    // OSPKE beside PKU.
    #expect(lab.processor.cpuid(7, 0).ecx >> 3 & 3 == 3)
    #expect(try lab.execute(rdpkru, [.rcx: 1]) == 13)
    #expect(try lab.execute(wrpkru, [.rcx: 1, .rdx: 0]) == 13)
    #expect(try lab.execute(wrpkru, [.rcx: 0, .rdx: 1]) == 13)
    // The upper halves do not matter.
    let high: UInt64 = 1 << 32
    let values: [GeneralRegister: UInt64] = [.rax: high | 0xfff0, .rcx: high, .rdx: high]
    #expect(try lab.execute(wrpkru, values) == nil)
    #expect(try lab.execute(rdpkru, [.rax: ~0, .rcx: 0, .rdx: ~0]) == nil)
    #expect(lab.processor[.rax] == 0xfff0 && lab.processor[.rdx] == 0)
  }

  /// A key takes effect at once, on pages that are cached.
  @Test func keysAndTheTLB() throws {
    let lab = try PagingMachineLab()
    let page = PagingMachineLab.page
    try lab.map(page, 7 | 3 << 59)
    try lab.moveToCR4(CR4.pae | CR4.pke)
    #expect(try lab.read(page) == 0x11)
    func set(_ pkru: UInt64) throws {
      #expect(try lab.execute([0x0f, 0x01, 0xef], [.rax: pkru, .rcx: 0, .rdx: 0]) == nil)
    }
    try set(1 << 6)
    #expect(try lab.read(page) == nil)
    #expect(try lab.lab.peek(lab.processor[.rsp], as: UInt64.self) == 0x21)
    try set(1 << 7)
    #expect(try lab.read(page) == 0x11)
    #expect(try lab.write(page, 1) == 14)
    #expect(try lab.lab.peek(lab.processor[.rsp], as: UInt64.self) == 0x23)
    try set(0)
    #expect(try lab.write(page, 0x77) == nil)
  }
}

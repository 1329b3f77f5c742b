import Testing
import X86

@testable import Simulator

/// SDM 3A, "Operations that Invalidate TLBs and Paging-Structure Caches": a translation is used until
/// it is invalidated, and no longer.
@Suite struct TLBTests {
  private let page = PagingMachineLab.page
  private let global: UInt64 = 0x107

  @Test func staleUntilINVLPG() throws {
    let lab = try PagingMachineLab()
    try lab.cacheThenRemap()
    #expect(try lab.isStale)
    // Another page, even one in the same slot, is not the one that is dropped.
    try lab.invlpg(page + 0x1000)
    #expect(try lab.isStale)
    try lab.invlpg(page + 0xfff)
    #expect(try lab.read(page) == 0x22)
  }

  @Test func absentPagesAreNotCached() throws {
    let lab = try PagingMachineLab()
    try lab.map(0, 0)
    #expect(try lab.read(page) == nil)
    try lab.map(PagingMachineLab.other)
    #expect(try lab.read(page) == 0x22)
  }

  @Test func staleEntryWithoutPresence() throws {
    let lab = try PagingMachineLab()
    _ = try lab.read(page)
    try lab.map(0, 0)
    #expect(try lab.isStale)
    try lab.moveToCR3(Lab.tables)
    #expect(try lab.read(page) == nil)
  }

  /// More rights need no invalidation; a page fault drops the entry.
  @Test func rightsAddedAndTaken() throws {
    let lab = try PagingMachineLab()
    try lab.map(PagingMachineLab.page, 5)
    #expect(try lab.read(page) == 0x11)
    try lab.map(PagingMachineLab.page, 7)
    #expect(try lab.write(page, 0x33) == nil)
    try lab.map(PagingMachineLab.other, 5)
    // Stale and writable.
    #expect(try lab.write(page, 0x44) == nil)
    #expect(try lab.read(page) == 0x44)
    try lab.invlpg(page)
    #expect(try lab.write(page, 0x55) == 14)
    #expect(try lab.read(page) == 0x22)
  }

  @Test func pageFaultDropsTheEntry() throws {
    let lab = try PagingMachineLab()
    try lab.map(PagingMachineLab.page, 5)
    _ = try lab.read(page)
    try lab.map(PagingMachineLab.other, 5)
    #expect(try lab.write(page, 1) == 14)
    #expect(try !lab.isStale)
  }

  @Test func movToCR3KeepsGlobalPages() throws {
    let lab = try PagingMachineLab()
    try lab.cacheThenRemap()
    try lab.moveToCR3(Lab.tables)
    #expect(try !lab.isStale)

    // G without CR4.PGE means nothing.
    try lab.cacheThenRemap(global)
    try lab.moveToCR3(Lab.tables)
    #expect(try !lab.isStale)

    try lab.moveToCR4(CR4.pae | CR4.pge)
    try lab.cacheThenRemap(global)
    for _ in 0..<3 { try lab.moveToCR3(Lab.tables) }
    #expect(try lab.isStale)
    try lab.invlpg(page)
    #expect(try !lab.isStale)

    try lab.cacheThenRemap(global)
    try lab.moveToCR4(CR4.pae)
    #expect(try !lab.isStale)
    try lab.moveToCR4(CR4.pae | CR4.pge)
    try lab.cacheThenRemap(global)
    try lab.moveToCR4(CR4.pae | CR4.pge | CR4.smap)
    #expect(lab.processor.tlb.find(page) != nil)
  }

  /// Tags run out after 4094 flushes; translations do not get mixed up by it.
  @Test func manyFlushes() throws {
    let lab = try PagingMachineLab()
    try lab.moveToCR4(CR4.pae | CR4.pge)
    try lab.cacheThenRemap(global)
    for _ in 0..<9000 { try lab.moveToCR3(Lab.tables) }
    #expect(try lab.isStale)
    try lab.map(PagingMachineLab.page)
    try lab.invlpg(page)
    for _ in 0..<1000 {
      try lab.cacheThenRemap()
      try lab.moveToCR3(Lab.tables)
    }
    #expect(try !lab.isStale)
  }

  @Test func largePagesGoAsAWhole() throws {
    let lab = try PagingMachineLab()
    let directory = Lab.tables + 0x2000
    // 2 MiB at linear 0x200000, and 1 GiB at 0x40000000; both lead to address 0.
    try lab.lab.poke(directory + 8, UInt64(0x87))
    try lab.lab.poke(Lab.tables + 0x1000 + 8, UInt64(0x87))
    for (base, entry) in [
      (UInt64(0x20_0000), directory + 8), (0x4000_0000, Lab.tables + 0x1000 + 8),
    ] {
      #expect(try lab.read(base + page) == 0x11)
      #expect(try lab.read(base + PagingMachineLab.other) == 0x22)
      try lab.lab.poke(entry, UInt64(0))
      #expect(try lab.read(base + page) == 0x11)
      // A page beside it says nothing about it.
      try lab.invlpg(base - 1)
      #expect(try lab.read(base + PagingMachineLab.other) == 0x22)
      try lab.invlpg(base + 0x1f_0000)
      #expect(try lab.read(base + page) == nil)
      #expect(try lab.read(base + PagingMachineLab.other) == nil)
    }
  }

  /// A page cached for one privilege is judged anew for another.
  @Test func rightsAreOfTheMoment() throws {
    let lab = try PagingMachineLab()
    try lab.map(PagingMachineLab.page, 5)
    #expect(try lab.read(page) == 0x11)
    #expect(try lab.write(page, 1) == 14)
    // Without CR0.WP the supervisor writes it.
    let cr0 = lab.processor.cr0
    #expect(try lab.moveToCR0(cr0 & ~CR0.wp) == nil)
    #expect(try lab.write(page, 0x66) == nil)
    #expect(try lab.moveToCR0(cr0) == nil)
    #expect(try lab.write(page, 1) == 14)
    // SMAP: the kernel's own pages are made supervisor pages first.
    for address in stride(from: UInt64(0), to: 0x2_0000, by: 0x1000) {
      try lab.lab.poke(lab.lab.entryAddress(address), address | 3)
    }
    #expect(try lab.read(page) == 0x66)
    #expect(try lab.moveToCR4(CR4.pae | CR4.smap) == nil)
    #expect(try lab.read(page) == nil)
    try lab.execute([0x0f, 0x01, 0xcb])
    #expect(try lab.read(page) == 0x66)
    try lab.execute([0x0f, 0x01, 0xca])
    #expect(try lab.read(page) == nil)
  }

  @Test func content() throws {
    let lab = try PagingMachineLab()
    try lab.moveToCR4(CR4.pae | CR4.pge | CR4.pcide)
    try lab.moveToCR3(Lab.tables | 5)
    try lab.map(PagingMachineLab.other, 0x107)
    _ = try lab.read(page)
    func entry() -> CachedTranslation? {
      lab.processor.cachedTranslations().first { $0.linear == page }
    }
    let found = try #require(entry())
    #expect(found.guestPhysical == PagingMachineLab.other)
    #expect(found.physical == PagingMachineLab.other)
    #expect(found.pageSize == 4096)
    #expect(found.isGlobal && found.isUser && found.isWritable && found.isExecutable)
    #expect(!found.isDirty)
    #expect(found.vpid == 0 && found.pcid == 5 && found.eptRoot == nil)
    _ = try lab.write(page, 1)
    #expect(entry()?.isDirty == true)
    // Global: valid in another PCID too. Then gone.
    try lab.moveToCR3(Lab.tables | 6)
    #expect(entry() != nil)
    try lab.invlpg(page)
    #expect(entry() == nil)
    lab.processor.tlb.flushEverything()
    #expect(lab.processor.cachedTranslations().isEmpty)
  }
}

import Testing
import X86

@testable import Simulator

/// SDM 3A, "Accessed and Dirty Flags", and what a translation gives.
@Suite struct PagingFlagTests {
  private let accessed: UInt64 = 0x20
  private let dirty: UInt64 = 0x40

  private static let shapes: [(PagingMode, Int)] = [
    (.bits32, 1), (.bits32, 2), (.pae, 1), (.pae, 2), (.level4, 1), (.level4, 2), (.level4, 3),
    (.level5, 1), (.level5, 2), (.level5, 3),
  ]

  @Test(arguments: shapes)
  func flags(_ mode: PagingMode, _ leaf: Int) throws {
    var lab = try PagingWalkLab(mode, leaf: leaf)
    let before = (leaf...mode.topLevel).map { lab.entry($0) }
    let read = try lab.walk(PageAccess(.read))
    #expect(!read.rights.contains(.dirty))
    for level in lab.levels {
      #expect(lab.entry(level) == before[level - leaf] | accessed, "level \(level)")
    }
    // The PDPTEs of PAE paging have no accessed flag.
    if mode == .pae { #expect(lab.entry(3) == before[3 - leaf]) }
    #expect(try lab.walk(PageAccess(.write)).rights.contains(.dirty))
    for level in lab.levels {
      let isLeaf = level == leaf
      #expect(lab.entry(level) == before[level - leaf] | accessed | (isLeaf ? dirty : 0))
    }
    // An access that is refused changes the leaf neither way.
    lab.remove(leaf, accessed | dirty | PagingWalkLab.writable)
    let refused = lab.entry(leaf)
    #expect(lab.error(PageAccess(.write, isUser: true)) == 7)
    #expect(lab.entry(leaf) == refused)
  }

  @Test func levelsAboveAnAbsentEntryAreAccessed() throws {
    var lab = try PagingWalkLab(.level4)
    lab.remove(1, PagingWalkLab.present)
    #expect(lab.error(PageAccess(.read)) == 0)
    #expect(lab.entry(2) & accessed != 0 && lab.entry(4) & accessed != 0)
    #expect(lab.entry(1) & accessed == 0)
  }

  @Test(arguments: [(1, 4096), (2, 2 << 20), (3, 1 << 30)] as [(Int, UInt64)])
  func pageSizes(_ leaf: Int, _ size: UInt64) throws {
    let lab = try PagingWalkLab(.level5, leaf: leaf)
    let page = try lab.walk(PageAccess(.read))
    #expect(page.pageSize == size)
    #expect(page.physical & (size - 1) == (leaf == 1 ? 0x123 : lab.linear & (size - 1)))
  }

  @Test func globalNeedsPGE() throws {
    var lab = try PagingWalkLab(.level4)
    lab.add(1, 0x100)
    #expect(try !lab.walk(PageAccess(.read)).rights.contains(.global))
    lab.registers.cr4 |= CR4.pge
    #expect(try lab.walk(PageAccess(.read)).rights.contains(.global))
    // G counts in the leaf only.
    lab.remove(1, 0x100)
    lab.add(2, 0x100)
    #expect(try !lab.walk(PageAccess(.read)).rights.contains(.global))
  }

  /// Tables where no RAM answers read as all ones: present, with reserved bits.
  @Test func tablesOutsideOfMemory() throws {
    var lab = try PagingWalkLab(.level4)
    lab.registers.cr3 = 0x7f_0000_0000
    #expect(lab.error(PageAccess(.read, isUser: true)) == 0xd)
  }

  @Test func explainedWalkOfFiveLevels() throws {
    let lab = try PagingWalkLab(.level5)
    let walk = Processor.explainWalk(
      lab.linear, PageAccess(.read), lab.registers, memory: lab.memory)
    #expect(walk.references.map(\.table) == ["PML5", "PML4", "PDPT", "PD", "PT"])
    #expect(walk.references.map(\.address) == [5, 4, 3, 2, 1].map { lab.address($0) })
    #expect(walk.physical == PagingWalkLab.page + 0x123)
    let outside = Processor.explainWalk(
      1 << 56, PageAccess(.read), lab.registers, memory: lab.memory)
    #expect(outside.fault == .nonCanonical)
    let inside = Processor.explainWalk(
      0xff << 56, PageAccess(.read), lab.registers, memory: lab.memory)
    #expect(inside.fault == .pageFault(errorCode: 0))
  }

  /// `walk` names the rule behind a fault.
  @Test func refusals() throws {
    func reason(
      _ access: PageAccess, _ edit: (inout PagingWalkLab) -> Void
    ) throws -> String {
      var lab = try PagingWalkLab(.level5)
      edit(&lab)
      return Processor.explainWalk(lab.linear, access, lab.registers, memory: lab.memory).reason
        ?? ""
    }
    let key = try reason(PageAccess(.write, isUser: true)) {
      $0.registers.cr4 |= CR4.pke
      $0.registers.pkru = 0x800
      $0.add(1, 5 << 59)
    }
    #expect(key == "protection key 5 has WD (no writes) in PKRU 0x800")
    #expect(try reason(PageAccess(.read)) { $0.registers.cr4 |= CR4.smap }.contains("SMAP"))
    #expect(try reason(PageAccess(.fetch)) { $0.registers.cr4 |= CR4.smep }.contains("SMEP"))
    #expect(try reason(PageAccess(.fetch)) { $0.add(3, 1 << 63) } == "XD is 1")
    #expect(try reason(PageAccess(.write)) { $0.remove(4, 2) }.contains("CR0.WP"))
    #expect(try reason(PageAccess(.read, isUser: true)) { $0.remove(5, 4) }.contains("U/S"))
    #expect(try reason(PageAccess(.read)) { $0.remove(1, 1) } == "")
  }
}

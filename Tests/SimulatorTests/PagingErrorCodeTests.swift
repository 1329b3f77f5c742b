import Testing
import X86

@testable import Simulator

/// SDM 3A, "Determination of Access Rights" and "Page-Fault Exceptions": P 0, W/R 1, U/S 2, RSVD 3,
/// I/D 4, PK 5.
@Suite struct PagingErrorCodeTests {
  static let modes: [PagingMode] = [.bits32, .pae, .level4, .level5]
  static let accesses: [(PageAccess, UInt32)] = [
    (PageAccess(.read), 0), (PageAccess(.write), 2), (PageAccess(.fetch), 0x10),
    (PageAccess(.read, isUser: true), 4), (PageAccess(.write, isUser: true), 6),
    (PageAccess(.fetch, isUser: true), 0x14),
  ]

  /// I/D is reported with PAE and NXE, or with SMEP.
  private func code(_ bits: UInt32, _ lab: PagingWalkLab) -> UInt32 {
    let hasID = lab.mode != .bits32 || lab.registers.cr4 & CR4.smep != 0
    return hasID ? bits : bits & ~0x10
  }

  @Test(arguments: modes)
  func allowed(_ mode: PagingMode) throws {
    let lab = try PagingWalkLab(mode)
    for (access, _) in Self.accesses {
      #expect(lab.error(access) == nil)
      #expect(try lab.walk(access).physical == PagingWalkLab.page + 0x123)
    }
  }

  @Test(arguments: modes)
  func notPresent(_ mode: PagingMode) throws {
    for level in 1...mode.topLevel {
      var lab = try PagingWalkLab(mode)
      lab.remove(level, PagingWalkLab.present)
      for (access, bits) in Self.accesses {
        #expect(lab.error(access) == code(bits, lab), "level \(level), \(access)")
      }
      // Reserved bits of an entry that is not present mean nothing.
      if !lab.isPointer(level), mode != .bits32 { lab.add(level, 1 << 51) }
      #expect(lab.error(PageAccess(.read)) == 0)
    }
  }

  @Test(arguments: modes)
  func supervisorPage(_ mode: PagingMode) throws {
    for level in try PagingWalkLab(mode).levels {
      var lab = try PagingWalkLab(mode)
      lab.remove(level, PagingWalkLab.user)
      for (access, bits) in Self.accesses {
        let expected = access.isUser ? code(bits | 1, lab) : nil
        #expect(lab.error(access) == expected, "level \(level), \(access)")
      }
    }
  }

  @Test(arguments: modes)
  func readOnly(_ mode: PagingMode) throws {
    for level in try PagingWalkLab(mode).levels {
      var lab = try PagingWalkLab(mode)
      lab.remove(level, PagingWalkLab.writable)
      #expect(lab.error(PageAccess(.write)) == 3)
      #expect(lab.error(PageAccess(.write, isUser: true)) == 7)
      #expect(lab.error(PageAccess(.read, isUser: true)) == nil)
      lab.registers.cr0 &= ~CR0.wp
      #expect(lab.error(PageAccess(.write)) == nil)
      #expect(lab.error(PageAccess(.write, isUser: true)) == 7)
    }
  }

  @Test(arguments: modes)
  func executeDisable(_ mode: PagingMode) throws {
    guard mode != .bits32 else { return }
    for level in try PagingWalkLab(mode).levels {
      var lab = try PagingWalkLab(mode)
      lab.add(level, 1 << 63)
      #expect(lab.error(PageAccess(.fetch)) == 0x11)
      #expect(lab.error(PageAccess(.fetch, isUser: true)) == 0x15)
      #expect(lab.error(PageAccess(.read)) == nil)
      // Without NXE the bit is reserved, and I/D is not reported.
      lab.registers.efer &= ~EFER.nxe
      #expect(lab.error(PageAccess(.fetch)) == 9)
      #expect(lab.error(PageAccess(.write, isUser: true)) == 0xf)
    }
  }

  @Test(arguments: modes)
  func supervisorExecution(_ mode: PagingMode) throws {
    var lab = try PagingWalkLab(mode)
    lab.registers.cr4 |= CR4.smep
    lab.registers.efer &= ~EFER.nxe
    #expect(lab.error(PageAccess(.fetch)) == 0x11)
    #expect(lab.error(PageAccess(.fetch, isUser: true)) == nil)
    // One supervisor entry makes it a supervisor page.
    for level in lab.levels {
      var other = try PagingWalkLab(mode)
      other.registers.cr4 |= CR4.smep
      other.remove(level, PagingWalkLab.user)
      #expect(other.error(PageAccess(.fetch)) == nil)
    }
    // SMEP alone makes I/D reported.
    lab.remove(1, PagingWalkLab.present)
    #expect(lab.error(PageAccess(.fetch)) == 0x10)
  }

  @Test(arguments: modes)
  func supervisorAccess(_ mode: PagingMode) throws {
    var lab = try PagingWalkLab(mode)
    lab.registers.cr4 |= CR4.smap
    #expect(lab.error(PageAccess(.read)) == 1)
    #expect(lab.error(PageAccess(.write)) == 3)
    #expect(lab.error(PageAccess(.fetch)) == nil)
    #expect(lab.error(PageAccess(.write, isUser: true)) == nil)
    lab.registers.rflags |= RFLAGS.ac.rawValue
    #expect(lab.error(PageAccess(.read)) == nil)
    #expect(lab.error(PageAccess(.write)) == nil)
    #expect(lab.error(PageAccess(.read, isImplicit: true)) == 1)
    #expect(lab.error(PageAccess(.write, isImplicit: true)) == 3)
    // Without write protection a read-only user page is written with AC only.
    lab.remove(1, PagingWalkLab.writable)
    #expect(lab.error(PageAccess(.write)) == 3)
    lab.registers.cr0 &= ~CR0.wp
    #expect(lab.error(PageAccess(.write)) == nil)
    lab.registers.rflags &= ~RFLAGS.ac.rawValue
    #expect(lab.error(PageAccess(.write)) == 3)
  }

  @Test(arguments: [PagingMode.level4, .level5], 1...3)
  func protectionKeys(_ mode: PagingMode, _ leaf: Int) throws {
    var lab = try PagingWalkLab(mode, leaf: leaf)
    lab.registers.cr4 |= CR4.pke
    lab.add(leaf, 5 << 59)
    let (disabled, readOnly): (UInt32, UInt32) = (1 << 10, 1 << 11)
    lab.registers.pkru = ~(disabled | readOnly)
    for (access, _) in Self.accesses { #expect(lab.error(access) == nil) }
    lab.registers.pkru = disabled
    #expect(lab.error(PageAccess(.read)) == 0x21)
    #expect(lab.error(PageAccess(.write)) == 0x23)
    #expect(lab.error(PageAccess(.read, isUser: true)) == 0x25)
    #expect(lab.error(PageAccess(.write, isUser: true)) == 0x27)
    // Keys are not for fetches.
    #expect(lab.error(PageAccess(.fetch, isUser: true)) == nil)
    lab.registers.pkru = readOnly
    #expect(lab.error(PageAccess(.read, isUser: true)) == nil)
    #expect(lab.error(PageAccess(.write, isUser: true)) == 0x27)
    #expect(lab.error(PageAccess(.write)) == 0x23)
    lab.registers.cr0 &= ~CR0.wp
    #expect(lab.error(PageAccess(.write)) == nil)
    #expect(lab.error(PageAccess(.write, isUser: true)) == 0x27)
    // PK is reported beside another reason, but not for a supervisor page or with PKE off.
    lab.remove(leaf, PagingWalkLab.writable)
    lab.registers.pkru = disabled
    #expect(lab.error(PageAccess(.write, isUser: true)) == 0x27)
    lab.remove(leaf, PagingWalkLab.user)
    #expect(lab.error(PageAccess(.write, isUser: true)) == 7)
    #expect(lab.error(PageAccess(.read)) == nil)
    lab.add(leaf, PagingWalkLab.user)
    lab.registers.cr4 &= ~CR4.pke
    #expect(lab.error(PageAccess(.read, isUser: true)) == nil)
  }

  @Test func protectionKeysAreForLongModes() throws {
    var lab = try PagingWalkLab(.bits32)
    lab.registers.cr4 |= CR4.pke
    lab.registers.pkru = ~0
    #expect(lab.error(PageAccess(.write, isUser: true)) == nil)
  }

  /// Bits that must be 0 with MAXPHYADDR 40 (SDM 3A, the tables "Format of …"), and all others.
  struct Reserved: Sendable, CustomTestStringConvertible {
    var mode: PagingMode
    var leaf: Int
    var level: Int
    var bits: [ClosedRange<Int>]
    var testDescription: String { "\(mode.rawValue), level \(level), leaf \(leaf)" }
  }

  static let reserved: [Reserved] = [
    Reserved(mode: .bits32, leaf: 1, level: 1, bits: []),
    Reserved(mode: .bits32, leaf: 1, level: 2, bits: []),
    Reserved(mode: .bits32, leaf: 2, level: 2, bits: [21...21]),
    Reserved(mode: .pae, leaf: 1, level: 1, bits: [40...62]),
    Reserved(mode: .pae, leaf: 1, level: 2, bits: [40...62]),
    Reserved(mode: .pae, leaf: 2, level: 2, bits: [13...20, 40...62]),
    Reserved(mode: .level4, leaf: 1, level: 1, bits: [40...51]),
    Reserved(mode: .level4, leaf: 1, level: 2, bits: [40...51]),
    Reserved(mode: .level4, leaf: 1, level: 3, bits: [40...51]),
    Reserved(mode: .level4, leaf: 1, level: 4, bits: [7...7, 40...51]),
    Reserved(mode: .level4, leaf: 2, level: 2, bits: [13...20, 40...51]),
    Reserved(mode: .level4, leaf: 3, level: 3, bits: [13...29, 40...51]),
    Reserved(mode: .level5, leaf: 1, level: 1, bits: [40...51]),
    Reserved(mode: .level5, leaf: 1, level: 4, bits: [7...7, 40...51]),
    Reserved(mode: .level5, leaf: 1, level: 5, bits: [7...7, 40...51]),
    Reserved(mode: .level5, leaf: 2, level: 2, bits: [13...20, 40...51]),
    Reserved(mode: .level5, leaf: 3, level: 3, bits: [13...29, 40...51]),
  ]

  @Test(arguments: reserved)
  func reservedBits(_ row: Reserved) throws {
    #expect(Processor.physicalAddressWidth == 40)
    for bit in 0..<(row.mode == .bits32 ? 32 : 63) {
      var lab = try PagingWalkLab(row.mode, leaf: row.leaf)
      // Address bits of a table lead elsewhere, and PS of a directory entry makes it a leaf.
      let isAddress = row.level != row.leaf && (12..<40).contains(bit)
      if isAddress || (bit == 7 && row.level < 4 && row.level != row.leaf) { continue }
      lab.add(row.level, 1 << UInt64(bit))
      let isReserved = row.bits.contains { $0.contains(bit) }
      #expect(lab.error(PageAccess(.read)) == (isReserved ? 9 : nil), "bit \(bit)")
      let user = PageAccess(.write, isUser: true)
      #expect(lab.error(user) == (isReserved ? 0xf : nil), "bit \(bit)")
    }
  }

  /// SDM 3A, "32-Bit Paging": PDE bits 20:13 are address bits 39:32; with fewer physical bits the
  /// upper ones are reserved.
  @Test func pse36() throws {
    var lab = try PagingWalkLab(.bits32, leaf: 2)
    lab.set(2, 0x1234_5087 & 0xffc0_0fff | 0xa5 << 13)
    let page = try lab.walk(PageAccess(.read))
    #expect(page.physical == 0xa5_1220_5123)
    #expect(page.pageSize == 4 << 20)
    lab.registers.physicalWidth = 36
    #expect(lab.error(PageAccess(.read)) == 9)
    lab.set(2, 0x1200_0087 | 0x5 << 13)
    #expect(try lab.walk(PageAccess(.read)).physical == 0x5_1220_5123)
    // Without PSE bit 7 is ignored: the entry points at a table.
    lab.registers.cr4 &= ~CR4.pse
    lab.set(2, PagingWalkLab.tables + 0x1000 | 0x87)
    lab.set(1, PagingWalkLab.page | 7)
    #expect(try lab.walk(PageAccess(.read)).physical == PagingWalkLab.page + 0x123)
  }
}

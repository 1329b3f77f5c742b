import X86

@testable import Simulator

/// Tables for one linear address in any paging mode, and walks of it.
struct PagingWalkLab {
  /// The tables of level 1 to 5; `tables + level << 12`.
  static let tables: UInt64 = 0x10000
  /// Where the page is mapped: above 4 GiB of physical addresses only as far as entries can say so.
  static let page: UInt64 = 0x8000
  static let present: UInt64 = 1
  static let writable: UInt64 = 2
  static let user: UInt64 = 4
  static let large: UInt64 = 0x80

  let memory: PhysicalMemory
  let mode: PagingMode
  /// The level of the entry that maps the page.
  let leaf: Int
  let linear: UInt64
  var registers: PagingRegisters

  /// Every entry present, writable, user; WP, NXE and PSE on.
  init(_ mode: PagingMode, leaf: Int = 1, linear: UInt64? = nil) throws {
    memory = try PhysicalMemory(size: 1 << 20)
    self.mode = mode
    self.leaf = leaf
    self.linear = linear ?? PagingWalkLab.linear(mode)
    var cr4 = CR4.pse
    if mode != .bits32 { cr4 |= CR4.pae }
    if mode == .level5 { cr4 |= CR4.la57 }
    let isLong = mode == .level4 || mode == .level5
    registers = PagingRegisters(
      mode: mode, cr0: CR0.pe | CR0.pg | CR0.wp,
      cr3: PagingWalkLab.tables + UInt64(mode.topLevel) << 12, cr4: cr4,
      efer: EFER.nxe | (isLong ? EFER.lme | EFER.lma : 0), rflags: 2)
    for level in leaf...mode.topLevel {
      let isLeaf = level == leaf
      let target =
        isLeaf
        ? (leaf == 1 ? PagingWalkLab.page : PagingWalkLab.large)
        : PagingWalkLab.tables + UInt64(level - 1) << 12
      set(level, target | (isPointer(level) ? 1 : 7))
    }
  }

  /// An address with a different index at each level.
  static func linear(_ mode: PagingMode) -> UInt64 {
    switch mode {
    case .bits32, .pae, .off: 0x4060_5123
    case .level4: 0x0102_4060_5123
    case .level5: 0x0005_0102_4060_5123
    }
  }

  /// One of the four entries that PAE paging keeps in registers.
  func isPointer(_ level: Int) -> Bool { mode == .pae && level == 3 }

  func address(_ level: Int) -> UInt64 {
    PagingWalkLab.tables + UInt64(level) << 12
      + UInt64(mode.index(of: linear, level: level) * mode.entrySize)
  }

  func entry(_ level: Int) -> UInt64 {
    if mode == .bits32 { return UInt64(memory.load(address(level), as: UInt32.self)) }
    return memory.load(address(level), as: UInt64.self)
  }

  mutating func set(_ level: Int, _ value: UInt64) {
    if mode == .bits32 {
      memory.store(address(level), UInt32(truncatingIfNeeded: value))
    } else {
      memory.store(address(level), value)
    }
    guard isPointer(level) else { return }
    let table = PagingWalkLab.tables + 3 << 12
    registers.pdptes = (
      memory.load(table, as: UInt64.self), memory.load(table + 8, as: UInt64.self),
      memory.load(table + 16, as: UInt64.self), memory.load(table + 24, as: UInt64.self)
    )
  }

  mutating func add(_ level: Int, _ bits: UInt64) { set(level, entry(level) | bits) }
  mutating func remove(_ level: Int, _ bits: UInt64) { set(level, entry(level) & ~bits) }

  /// The levels with entries in memory that carry rights.
  var levels: [Int] { (leaf...mode.topLevel).filter { !isPointer($0) } }

  func walk(_ access: PageAccess) throws(WalkFault) -> PageTranslation {
    var walker = PageWalker(
      memory: memory, registers: registers, recorder: NoRecorder(), setsFlags: true)
    return try walker.walk(linear, access)
  }

  /// The error code of the page fault; nil if there is none.
  func error(_ access: PageAccess) -> UInt32? {
    do {
      _ = try walk(access)
      return nil
    } catch {
      guard case .pageFault(let code) = error else { return ~0 }
      return code
    }
  }
}

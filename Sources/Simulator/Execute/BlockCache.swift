import X86

/// A run of decoded instructions with one entry. Conditional branches that are taken leave it; it ends
/// at any other control transfer or at the edge of its page.
struct Block {
  /// Host-physical address of the first byte, with the code size in bits 63:62.
  var key: UInt64 = ~0
  var firstOp: UInt32 = 0
  var count: UInt32 = 0
  /// Bytes from the first instruction to the end of the last.
  var byteCount: UInt32 = 0
}

/// Decoded code, found by physical address, so that it survives a change of address space.
///
/// Ops and instructions live in two arenas that are filled up and then dropped as a whole.
@safe final class BlockCache {
  static let tableSize = 1 << 13
  static let opCapacity = 1 << 16

  let ops: UnsafeMutablePointer<DecodedOp>
  let instructions: UnsafeMutablePointer<Instruction>
  /// Direct-mapped by key.
  let table: UnsafeMutablePointer<Block>
  var opCount = 0
  /// The TLBs of the processors that execute from it.
  var tlbs: [TLB] = []
  /// For each physical page with decoded code, which of its 64-byte lines hold some.
  private var codeLines: [UInt64: UInt64] = [:]
  /// One bit a physical page: it has decoded code. Read on each slow store.
  private var isCode: [UInt64]

  init(memory: PhysicalMemory) {
    // SAFETY: allocated once, freed in deinit, indexed below their capacities only.
    unsafe ops = .allocate(capacity: BlockCache.opCapacity)
    unsafe ops.initialize(repeating: DecodedOp(), count: BlockCache.opCapacity)
    unsafe instructions = .allocate(capacity: BlockCache.opCapacity)
    unsafe instructions.initialize(
      repeating: Instruction(mnemonic: .nop), count: BlockCache.opCapacity)
    unsafe table = .allocate(capacity: BlockCache.tableSize)
    unsafe table.initialize(repeating: Block(), count: BlockCache.tableSize)
    isCode = [UInt64](repeating: 0, count: Int(memory.map.end >> 18) + 1)
  }

  deinit {
    // SAFETY: allocated in init.
    unsafe ops.deallocate()
    unsafe instructions.deallocate()
    unsafe table.deallocate()
  }

  @inline(__always)
  static func key(_ physical: UInt64, _ size: CodeSize) -> UInt64 {
    physical | UInt64(size.rawValue) << 62
  }

  @inline(__always)
  func slot(_ key: UInt64) -> UnsafeMutablePointer<Block> {
    let hash = key ^ (key >> 13) ^ (key >> 60)
    // SAFETY: masked to the size of the allocation.
    return unsafe table + Int(truncatingIfNeeded: hash & UInt64(BlockCache.tableSize - 1))
  }

  func flushEverything() {
    // SAFETY: the whole allocation.
    unsafe table.update(repeating: Block(), count: BlockCache.tableSize)
    opCount = 0
    for page in codeLines.keys { isCode[Int(page >> 6)] &= ~(1 << (page & 63)) }
    codeLines.removeAll()
  }

  /// True if the page holds decoded code, so that stores to it must be looked at.
  func holdsCode(page: UInt64) -> Bool {
    let word = Int(truncatingIfNeeded: page >> 6)
    return word < isCode.count && isCode[word] >> (page & 63) & 1 != 0
  }

  /// Notes that `count` bytes from `physical` (within one page) are decoded. True if the page had no
  /// code before, so that write access to it must be dropped from the TLB.
  func markCode(_ physical: UInt64, count: Int) -> Bool {
    let page = physical >> 12
    let word = Int(truncatingIfNeeded: page >> 6)
    guard count > 0, word < isCode.count else { return false }
    let first = (physical & 0xfff) >> 6
    let last = min(((physical & 0xfff) + UInt64(count) - 1) >> 6, 63)
    let mask = (~UInt64(0) << first) & (~UInt64(0) >> (63 - last))
    let isNew = !holdsCode(page: page)
    isCode[word] |= 1 << (page & 63)
    codeLines[page, default: 0] |= mask
    return isNew
  }

  /// Drops the blocks of a page if the `count` bytes written at `physical` may touch decoded code.
  /// True if blocks were dropped.
  func noteStore(_ physical: UInt64, count: Int) -> Bool {
    let page = physical >> 12
    guard holdsCode(page: page), let lines = codeLines[page] else { return false }
    let first = (physical & 0xfff) >> 6
    let last = min(((physical & 0xfff) + UInt64(max(count, 1)) - 1) >> 6, 63)
    guard lines & (~UInt64(0) << first) & (~UInt64(0) >> (63 - last)) != 0 else { return false }
    dropPage(page)
    return true
  }

  private func dropPage(_ page: UInt64) {
    for index in 0..<BlockCache.tableSize {
      // SAFETY: index < tableSize.
      if unsafe (table[index].key << 2) >> 14 == page { unsafe table[index] = Block() }
    }
    codeLines[page] = nil
    isCode[Int(page >> 6)] &= ~(1 << (page & 63))
  }
}

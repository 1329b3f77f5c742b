import X86

/// Whether, and how far, the executor goes on from block to block without being asked.
struct Chain {
  /// It ends before more than this many instructions have retired.
  var target: UInt64
  /// The linear page of the block that executes, and its physical page with the code size, as in the
  /// keys of blocks.
  var linearPage: UInt64
  var keyPage: UInt64
  /// Blocks until the caller wants to see to interrupts from outside.
  var rounds: Int

  /// One block, or part of it.
  static var none: Chain { Chain(target: 0, linearPage: 0, keyPage: 0, rounds: 0) }

  /// A block of `count` instructions may be repeated while fewer than this have retired.
  @inline(__always)
  func repeats(_ retired: UInt64, _ count: Int) -> UInt64 {
    let count = UInt64(truncatingIfNeeded: count)
    return target < count ? 0 : min(target &- count &+ 1, retired &+ 4096)
  }
}

extension Processor {
  /// The decoded block at CS:RIP, if there is one, it may execute whole, and nothing has to be seen to
  /// first.
  ///
  /// Within a page the translation that its first block was found by holds: what changes translations
  /// goes through the general path, behind which there is no chain.
  @inline(__always)
  func nextBlock(_ chain: inout Chain) -> UnsafeMutablePointer<Block>? {
    if attention || chain.rounds == 0 { return nil }
    let linear = (segments[1].base &+ r[17]) & linearMask
    if (linear ^ chain.linearPage) >> 12 != 0 {
      let entry = unsafe tlb.slot(linear)
      // SAFETY: slot() masks its index.
      guard unsafe entry.pointee.fetchTag == (linear & ~0xfff) | tlb.generation else { return nil }
      chain.linearPage = linear & ~0xfff
      chain.keyPage = unsafe BlockCache.key(entry.pointee.physicalPage << 12, codeSize)
    }
    let key = chain.keyPage | (linear & 0xfff)
    let block = unsafe blocks.slot(key)
    // SAFETY: slot() masks its index.
    guard unsafe block.pointee.key == key,
      unsafe retired &+ UInt64(block.pointee.count) <= chain.target,
      unsafe r[17] &+ UInt64(block.pointee.byteCount) <= codeEnd
    else { return nil }
    chain.rounds &-= 1
    return unsafe block
  }
}

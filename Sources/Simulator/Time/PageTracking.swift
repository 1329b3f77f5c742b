import Glibc

/// Which pages a checkpoint needs: those that are written after it, as they were before.
///
/// Pages are counted by their offsets in the mapping, as `AddressMap` gives them.
///
/// The hot path writes through TLB entries, which get the right to write only to pages whose note is
/// 0. Everything else that writes calls `prepareToWrite` first.
extension PhysicalMemory {
  /// Not written since the last checkpoint: keep the content first.
  private static let unsaved: UInt8 = 1
  /// Has watched bytes.
  private static let watched: UInt8 = 2
  /// Pages that the open log grows by before the owner of the budget is asked again.
  private static let growthStep = 64
  /// Their bytes.
  static let growthReserve = growthStep * PageLog.mostBytesOfPage

  /// Writes to the page of this physical address must be looked at.
  @inline(__always)
  func isWatched(_ address: UInt64) -> Bool {
    guard let offset = map.offset(address & ~0xfff, 4096) else { return false }
    // SAFETY: an offset of the map lies in the mapping, which has a note for each page.
    return unsafe pageNotes[Int(truncatingIfNeeded: offset >> 12)] != 0
  }

  /// To be called before `count` bytes, at least 1, at an offset in the mapping are written.
  @inline(__always)
  func prepareToWrite(_ offset: UInt64, _ count: UInt64) {
    let first = Int(truncatingIfNeeded: offset >> 12)
    let last = Int(truncatingIfNeeded: (offset &+ count &- 1) >> 12)
    // SAFETY: the caller has checked the range against the mapping.
    if last &- first <= 1, unsafe pageNotes[first] | pageNotes[last] == 0 { return }
    slowlyPrepare(first, last, offset, count)
  }

  @inline(never)
  private func slowlyPrepare(_ first: Int, _ last: Int, _ offset: UInt64, _ count: UInt64) {
    for page in first...last {
      // SAFETY: within the range that the caller has checked.
      let note = unsafe pageNotes[page]
      if note & PhysicalMemory.unsaved != 0 { keep(page) }
      if note & PhysicalMemory.watched != 0, !hasWatchHit {
        let written = offset..<(offset &+ count)
        hasWatchHit = watchedRanges.contains { $0.overlaps(written) }
      }
    }
  }

  private func keep(_ page: Int) {
    // SAFETY: the page is one of this memory.
    unsafe pageNotes[page] &= ~PhysicalMemory.unsaved
    guard let openLog else { return }
    unsafe openLog.add(page: UInt64(page), at: base + page << 12)
    if openLog.count % PhysicalMemory.growthStep == 0,
      mayGrow?(openLog.bytes + PhysicalMemory.growthReserve) == false
    {
      stopTracking()
    }
  }

  /// Ends the epoch, if there is one, and begins the next. Returns the log of the one that ended.
  /// The caller drops write access from the TLBs.
  func beginEpoch() -> PageLog? {
    let ended = openLog
    openLog = PageLog()
    if let ended {
      // SAFETY: pages in the log are pages of this memory.
      for page in ended.pageNumbers { unsafe pageNotes[Int(page)] |= PhysicalMemory.unsaved }
    } else {
      // SAFETY: one note a page.
      for page in 0..<Int(reserved >> 12) { unsafe pageNotes[page] |= PhysicalMemory.unsaved }
    }
    return ended
  }

  /// Nothing is kept any more.
  func stopTracking() {
    guard openLog != nil else { return }
    openLog = nil
    // SAFETY: one note a page.
    for page in 0..<Int(reserved >> 12) { unsafe pageNotes[page] &= ~PhysicalMemory.unsaved }
  }

  /// Watches these physical bytes, each range within one page, instead of others. The caller drops
  /// write access from the TLBs.
  func watch(_ ranges: [Range<UInt64>]) {
    setNotes(of: watchedRanges) { $0 & ~PhysicalMemory.watched }
    watchedRanges = ranges.compactMap { range in
      guard !range.isEmpty, let offset = map.offset(range.lowerBound, UInt64(range.count)) else {
        return nil
      }
      return offset..<(offset + UInt64(range.count))
    }
    setNotes(of: watchedRanges) { $0 | PhysicalMemory.watched }
    hasWatchHit = false
  }

  private func setNotes(of ranges: [Range<UInt64>], _ change: (UInt8) -> UInt8) {
    for range in ranges {
      for page in (range.lowerBound >> 12)...((range.upperBound - 1) >> 12) {
        // SAFETY: `watch` keeps only ranges within this memory.
        unsafe pageNotes[Int(page)] = unsafe change(pageNotes[Int(page)])
      }
    }
  }
}

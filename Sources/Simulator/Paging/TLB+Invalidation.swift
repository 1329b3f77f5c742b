/// Which translations an instruction drops (SDM 3A, "Operations that Invalidate TLBs and
/// Paging-Structure Caches"; SDM 3C, "Operations that Invalidate Cached Mappings"). Linear and
/// combined mappings go together, the latter of every EPT root.
extension TLB {
  func flushEverything() {
    startEpoch(ofGuests: false)
    startEpoch(ofGuests: true)
    resolve()
  }

  /// One PCID of a VPID, but for global pages: MOV to CR3, INVPCID type 1.
  func flush(vpid: UInt16, pcid: UInt16) {
    spaces.forget(spaceKey(vpid, pcid))
    resolve()
  }

  /// All PCIDs of a VPID: changes of CR0.PG and CR4, INVPCID types 2 and 3, INVVPID types 1 and 3.
  func flush(vpid: UInt16, keepsGlobals: Bool) {
    if vpid == 0, !keepsGlobals {
      startEpoch(ofGuests: false)
    } else {
      let first = spaceKey(vpid, 0)
      spaces.forget { $0 & ~0xffff == first }
      if !keepsGlobals { globals.forget(spaceKey(vpid, 0xffff)) }
    }
    resolve()
  }

  /// Every VPID but 0: INVVPID type 2.
  func flushGuests() {
    startEpoch(ofGuests: true)
    resolve()
  }

  /// The combined mappings of one EPT root, or of all: INVEPT.
  func flush(eptRoot: UInt64?) {
    if let eptRoot {
      roots.forget(eptRoot)
    } else {
      roots.forget { $0 != 0 }
    }
    resolve()
  }

  // MARK: Single addresses

  /// INVLPG: the whole page of `linear` in the current PCID, and global.
  func flushPage(_ linear: UInt64) {
    flushPage(linear) { entry, _ in isCurrent(entry.stamp) }
  }

  /// INVPCID type 0: not global pages.
  func flushPage(_ linear: UInt64, vpid: UInt16, pcid: UInt16) {
    flushPage(linear) { _, origin in
      origin.vpid == vpid && origin.pcid == pcid && !origin.rights.contains(.global)
    }
  }

  /// INVVPID type 0: every PCID, and global.
  func flushPage(_ linear: UInt64, vpid: UInt16) {
    flushPage(linear) { _, origin in origin.vpid == vpid }
  }

  @inline(__always)
  private func flushPage(_ linear: UInt64, where matches: (TLBEntry, TLBOrigin) -> Bool) {
    let index = TLB.index(linear)
    // SAFETY: index() masks.
    if unsafe entries[index].linearPage == linear & ~0xfff,
      unsafe matches(entries[index], origins[index])
    {
      unsafe entries[index] = TLBEntry()
    }
    if largePages.mayCover(linear) { flushLargePage(linear, where: matches) }
  }

  /// Drops every part of a large page, and finds out which large pages are left.
  @inline(never)
  private func flushLargePage(_ linear: UInt64, where matches: (TLBEntry, TLBOrigin) -> Bool) {
    largePages.clear()
    for index in 0..<TLB.size {
      // SAFETY: index < size.
      let (entry, origin) = unsafe (entries[index], origins[index])
      guard origin.pageShift > 12, entry.linearPage != ~0 else { continue }
      if origin.covers(linear, entry.linearPage), matches(entry, origin) {
        unsafe entries[index] = TLBEntry()
      } else {
        largePages.note(entry.linearPage, origin.pageShift)
      }
    }
  }
}

/// Where large pages may be cached, so that INVLPG looks for their parts only there.
///
/// A mark is one bit for a hash of size and address: too many marks cost a search, none is missing.
final class LargePageMarks {
  /// For 2-MiB, 4-MiB and 1-GiB pages.
  private var marks: (UInt64, UInt64, UInt64) = (0, 0, 0)

  @inline(__always)
  private static func bit(_ linear: UInt64, _ shift: UInt64) -> UInt64 {
    1 << (((linear >> shift) &* 0x9e37_79b9_7f4a_7c15) >> 58)
  }

  func note(_ linear: UInt64, _ shift: UInt8) {
    switch shift {
    case 21: marks.0 |= LargePageMarks.bit(linear, 21)
    case 22: marks.1 |= LargePageMarks.bit(linear, 22)
    default: marks.2 |= LargePageMarks.bit(linear, 30)
    }
  }

  @inline(__always)
  func mayCover(_ linear: UInt64) -> Bool {
    marks.0 & LargePageMarks.bit(linear, 21) | marks.1 & LargePageMarks.bit(linear, 22)
      | marks.2 & LargePageMarks.bit(linear, 30) != 0
  }

  func clear() { marks = (0, 0, 0) }
}

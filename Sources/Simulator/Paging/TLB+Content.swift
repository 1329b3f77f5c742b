import X86

extension TLB {
  /// The valid entries of every context, by linear address.
  func content() -> [CachedTranslation] {
    // SAFETY: index < size.
    let all = (0..<TLB.size).map { unsafe (entry: entries[$0], origin: origins[$0]) }
    return all.filter { isLive($0.entry, $0.origin) }
      .map { CachedTranslation($0.entry, $0.origin) }
      .sorted { ($0.linear, $0.vpid, $0.pcid ?? 0) < ($1.linear, $1.vpid, $1.pcid ?? 0) }
  }

  /// Whether the stamps of its address space and root are still the ones of the entry.
  private func isLive(_ entry: TLBEntry, _ origin: TLBOrigin) -> Bool {
    guard entry.linearPage != ~0, roots.current(origin.eptRoot) == origin.rootStamp else {
      return false
    }
    let stamp =
      origin.rights.contains(.global)
      ? globals.current(spaceKey(origin.vpid, 0xffff))
      : spaces.current(spaceKey(origin.vpid, origin.pcid))
    return stamp == entry.stamp
  }
}

extension CachedTranslation {
  fileprivate init(_ entry: TLBEntry, _ origin: TLBOrigin) {
    self.init(
      linear: entry.linearPage, guestPhysical: origin.guestPhysicalPage << 12,
      physical: entry.physicalPage << 12, pageSize: 1 << UInt64(origin.pageShift & 63))
    let rights = origin.rights
    isUser = rights.contains(.user)
    isWritable = rights.contains(.writable)
    isExecutable = !rights.contains(.noExecute)
    isDirty = rights.contains(.dirty)
    isGlobal = rights.contains(.global)
    protectionKey = rights.protectionKey
    vpid = origin.vpid
    pcid = origin.pcid == TranslationContext.pagingOff ? nil : origin.pcid
    guard origin.eptRoot != 0 else { return }
    eptRoot = origin.eptRoot << 12
    eptRights =
      (rights.contains(.eptReadable) ? "r" : "-") + (rights.contains(.eptWritable) ? "w" : "-")
      + (rights.contains(.eptExecutable) ? "x" : "-")
  }
}

extension Processor {
  /// What the TLB holds. Nothing changes by looking.
  public func cachedTranslations() -> [CachedTranslation] { tlb.content() }
}

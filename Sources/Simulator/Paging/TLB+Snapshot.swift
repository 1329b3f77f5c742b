/// What a TLB holds: a real one keeps stale translations too, so that going back in time has to.
struct TLBSnapshot: Sendable {
  fileprivate typealias Row = (index: Int, entry: TLBEntry, origin: TLBOrigin)
  fileprivate let rows: [Row]
  fileprivate let contexts: TLB.Contexts

  /// Bytes of this process that it takes, nearly.
  var bytes: Int { rows.count * MemoryLayout<Row>.stride + 4096 }
}

extension TLB {
  func save() -> TLBSnapshot {
    var rows: [TLBSnapshot.Row] = []
    for index in 0..<TLB.size {
      // SAFETY: index < size.
      let (entry, origin) = unsafe (entries[index], origins[index])
      if entry.linearPage != ~0 { rows.append((index, entry, origin)) }
    }
    return TLBSnapshot(rows: rows, contexts: contexts)
  }

  /// Puts the translations back. Their tags may be those of another context by now: the next access
  /// to each page makes new ones.
  func restore(_ snapshot: TLBSnapshot) {
    // SAFETY: the whole allocation; indices are of `save`.
    unsafe entries.update(repeating: TLBEntry(), count: TLB.size)
    largePages.clear()
    for row in snapshot.rows {
      unsafe entries[row.index] = row.entry
      unsafe entries[row.index].dropTags()
      unsafe origins[row.index] = row.origin
      if row.origin.pageShift > 12 { largePages.note(row.entry.linearPage, row.origin.pageShift) }
    }
    contexts = snapshot.contexts
  }
}

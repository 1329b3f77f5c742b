/// What a TLB holds: a real one keeps stale translations too, so that going back in time has to.
struct TLBSnapshot: Sendable {
  fileprivate let rows: [(index: Int, entry: TLBEntry)]
  fileprivate let contexts: TLB.Contexts

  /// Bytes of this process that it takes.
  var bytes: Int { rows.count * MemoryLayout<(index: Int, entry: TLBEntry)>.stride }
}

extension TLB {
  func save() -> TLBSnapshot {
    var rows: [(index: Int, entry: TLBEntry)] = []
    for index in 0..<TLB.size {
      // SAFETY: index < size.
      let entry = unsafe entries[index]
      if entry.physicalPage != ~0 { rows.append((index, entry)) }
    }
    return TLBSnapshot(rows: rows, contexts: contexts)
  }

  /// Puts the translations back, none of them with the right to write unseen.
  func restore(_ snapshot: TLBSnapshot) {
    // SAFETY: the whole allocation; indices are of `save`.
    unsafe entries.update(repeating: TLBEntry(), count: TLB.size)
    for row in snapshot.rows { unsafe entries[row.index] = row.entry }
    contexts = snapshot.contexts
    dropWriteAccess()
  }
}

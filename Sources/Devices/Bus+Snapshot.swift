extension Bus {
  /// The state of all devices of one bus, and its access counts.
  public struct Snapshot: Sendable {
    fileprivate struct Row: Sendable {
      var state: any Sendable
      var reads: UInt64
      var writes: UInt64
    }
    fileprivate var rows: [Row]
  }

  public func save() -> Snapshot {
    Snapshot(
      rows: claims.map {
        Snapshot.Row(state: $0.device.erasedState, reads: $0.reads, writes: $0.writes)
      })
  }

  /// Puts all devices back. Throws `BusError.otherDevices`, and changes nothing, when the snapshot
  /// was taken from a bus with other devices.
  public func restore(_ snapshot: Snapshot) throws(BusError) {
    guard snapshot.rows.count == claims.count,
      zip(claims, snapshot.rows).allSatisfy({ $0.device.accepts($1.state) })
    else { throw .otherDevices }
    for (index, row) in snapshot.rows.enumerated() {
      claims[index].device.take(row.state)
      claims[index].reads = row.reads
      claims[index].writes = row.writes
    }
  }
}

extension Device {
  fileprivate var erasedState: any Sendable { state }

  fileprivate func accepts(_ state: any Sendable) -> Bool { state is State }

  fileprivate func take(_ state: any Sendable) {
    if let state = state as? State { self.state = state }
  }
}

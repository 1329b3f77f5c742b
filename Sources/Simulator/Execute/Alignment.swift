import X86

extension Processor {
  /// SDM 3A, "Interrupt 17: Alignment Check Exception": explicit accesses at CPL 3 only, which is when
  /// `checksAlignment` is set. A page fault of the same access comes first.
  func checkAlignment(_ linear: UInt64, _ size: Int, isWrite: Bool) throws(Fault) {
    guard linear & UInt64(truncatingIfNeeded: size &- 1) != 0 else { return }
    try forEachPage(linear, size) { part, count throws(Fault) in
      let access = LinearAccess(
        linear: part, kind: isWrite ? .write : .read, size: count, isUser: true)
      if emulationBus == nil { _ = try translate(access) }
    }
    throw exception(17, 0)
  }
}

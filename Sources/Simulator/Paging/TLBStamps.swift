/// The stamps that live translations of an address space carry, by the space's key.
///
/// To flush a space is to forget its stamp, at the cost of one store. The map is direct-mapped: a
/// space that pushes out another one flushes it, as a processor may at any time.
@safe final class TLBStamps {
  struct Slot: Sendable {
    var key: UInt64 = 0
    /// 0 if the space has none.
    var stamp: UInt64 = 0
  }

  private static let size = 64
  private let slots: UnsafeMutablePointer<Slot>

  init() {
    // SAFETY: allocated once, freed in deinit, indexed by 6 bits.
    unsafe slots = .allocate(capacity: TLBStamps.size)
    unsafe slots.initialize(repeating: Slot(), count: TLBStamps.size)
  }

  deinit {
    // SAFETY: allocated in init.
    unsafe slots.deallocate()
  }

  @inline(__always)
  private func slot(_ key: UInt64) -> UnsafeMutablePointer<Slot> {
    // SAFETY: the upper 6 bits of a product index 64 slots.
    unsafe slots + Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 58)
  }

  /// The stamp of `key`, which is `fresh` if it has none.
  @inline(__always)
  func stamp(_ key: UInt64, orElse fresh: UInt64) -> UInt64 {
    let slot = unsafe slot(key)
    // SAFETY: slot() stays inside the allocation.
    if unsafe slot.pointee.key != key || slot.pointee.stamp == 0 {
      unsafe slot.pointee = Slot(key: key, stamp: fresh)
    }
    return unsafe slot.pointee.stamp
  }

  /// The stamp of `key` if it has one, else nil.
  func current(_ key: UInt64) -> UInt64? {
    // SAFETY: slot() stays inside the allocation.
    let found = unsafe slot(key).pointee
    return found.key == key && found.stamp != 0 ? found.stamp : nil
  }

  func forget(_ key: UInt64) {
    let slot = unsafe slot(key)
    // SAFETY: slot() stays inside the allocation.
    if unsafe slot.pointee.key == key { unsafe slot.pointee.stamp = 0 }
  }

  func forget(where matches: (_ key: UInt64) -> Bool) {
    for index in 0..<TLBStamps.size {
      // SAFETY: index < size.
      if matches(unsafe slots[index].key) { unsafe slots[index].stamp = 0 }
    }
  }

  /// All slots, in order.
  var content: [Slot] {
    // SAFETY: the whole allocation.
    get { unsafe Array(UnsafeBufferPointer(start: slots, count: TLBStamps.size)) }
    set {
      // SAFETY: index < size.
      for (index, slot) in newValue.prefix(TLBStamps.size).enumerated() {
        unsafe slots[index] = slot
      }
    }
  }
}

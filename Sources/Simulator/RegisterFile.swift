import X86

/// RAX to R15 (0 to 15), a zero (16, `Instruction.none`) and RIP (17, `Instruction.rip`), so that
/// effective addresses need no branch. There is a word for every index, of which the first 18 are used.
@safe struct RegisterFile {
  private let words: UnsafeMutablePointer<UInt64>

  init() {
    // SAFETY: freed by `deallocate`, which the owning processor calls in its deinit.
    unsafe words = .allocate(capacity: 256)
    unsafe words.initialize(repeating: 0, count: 256)
  }

  func deallocate() { unsafe words.deallocate() }

  @inline(__always)
  subscript(_ number: UInt8) -> UInt64 {
    // SAFETY: the capacity is 256.
    get { unsafe words[Int(number)] }
    nonmutating set { unsafe words[Int(number)] = newValue }
  }
}

/// ES, CS, SS, DS, FS and GS with their bounds, indexed modulo 8.
@safe struct SegmentFile {
  private let caches: UnsafeMutablePointer<SegmentCache>

  init() {
    // SAFETY: freed by `deallocate`, which the owning processor calls in its deinit.
    unsafe caches = .allocate(capacity: 8)
    unsafe caches.initialize(repeating: SegmentCache(), count: 8)
  }

  func deallocate() { unsafe caches.deallocate() }

  @inline(__always)
  subscript(_ number: UInt8) -> SegmentCache {
    // SAFETY: masked to 8, the capacity.
    unsafeAddress { unsafe UnsafePointer(caches + Int(number & 7)) }
    nonmutating unsafeMutableAddress { unsafe caches + Int(number & 7) }
  }
}

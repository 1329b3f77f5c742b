import X86

/// A segment register with the bounds that make the checks of the hot path two additions and a
/// comparison: an access of n bytes at offset o is inside when o + n <= the end.
struct SegmentCache {
  var segment = Segment.realMode(selector: 0)
  /// Base as it is added: in 64-bit mode 0 for ES, CS, SS and DS.
  var base: UInt64 = 0
  /// One past the last readable offset; all ones in 64-bit mode, 0 when reading needs the slow check.
  var readEnd: UInt64 = 0
  /// The same for writes.
  var writeEnd: UInt64 = 0
}

extension Processor {
  /// Recomputes the bounds of `register` after it, or the mode, has changed.
  func refreshBounds(_ register: SegmentRegister) {
    segments[register.rawValue].refresh(
      mode: mode, isFSOrGS: register.rawValue >= SegmentRegister.fs.rawValue)
    // Bounds that nothing fits in send every access to the full checks.
    if checksAlignment {
      segments[register.rawValue].readEnd = 0
      segments[register.rawValue].writeEnd = 0
    }
  }
}

extension SegmentCache {
  @inline(__always)
  mutating func refresh(mode: CPUMode, isFSOrGS: Bool) {
    if mode == .long {
      // SDM 3A, "Segmentation in IA-32e Mode": no limit checks, and only FS and GS have a base.
      base = isFSOrGS ? segment.base : 0
      readEnd = ~0
      writeEnd = ~0
      return
    }
    base = segment.base
    let end = UInt64(segment.limit) + 1
    if mode == .real || mode == .virtual8086 {
      // The type is not checked here; an expand-down segment left over from protected mode is.
      let ordinary = !segment.isExpandDown
      readEnd = ordinary ? end : 0
      writeEnd = ordinary ? end : 0
      return
    }
    let usable = !segment.isUnusable && segment.isPresent && !segment.isExpandDown
    readEnd = usable && segment.isReadable ? end : 0
    writeEnd = usable && segment.isWritable ? end : 0
  }
}

extension VMCSField {
  /// Number of storage slots that hold every field once.
  @inlinable public static var slotCount: Int { 213 }

  /// Where a dense array keeps the field: 0..<`slotCount`, unique, and nil for a high half and for
  /// an encoding that no row of `rows` has.
  ///
  /// Plain arithmetic, so that it folds to a constant for a constant field. Indices that the
  /// manual leaves out cost an unused slot.
  @inlinable public var slot: Int? {
    // Bits 31:15, 12 and 0 are zero in the encoding of every full field.
    guard rawValue & 0xffff_9001 == 0 else { return nil }
    switch rawValue >> 10 {
    // 16-bit fields
    case 0x00: return slot(from: 0, present: 0x3f)
    case 0x02: return slot(from: 6, present: 0x7ff)
    case 0x03: return slot(from: 17, present: 0x7f)
    // 64-bit fields
    case 0x08: return slot(from: 24, present: 0x2e7_ffff_ffff)
    case 0x09: return slot(from: 66, present: 0x7)
    case 0x0a: return slot(from: 69, present: 0x19f_ffff)
    case 0x0b: return slot(from: 94, present: 0x2fff)
    // 32-bit fields
    case 0x10: return slot(from: 108, present: 0xf_ffff)
    case 0x11: return slot(from: 128, present: 0xff)
    case 0x12: return slot(from: 136, present: 0xbf_ffff)
    case 0x13: return slot(from: 160, present: 0x1)
    // natural-width fields
    case 0x18: return slot(from: 161, present: 0xff)
    case 0x19: return slot(from: 169, present: 0x3f)
    case 0x1a: return slot(from: 175, present: 0x7f_ffff)
    case 0x1b: return slot(from: 198, present: 0x7fff)
    default: return nil
    }
  }

  /// `first` + index, if bit `index` of `present` is set.
  @inlinable func slot(from first: Int, present: UInt64) -> Int? {
    // A shift by more than 63 gives 0.
    (present >> UInt64(index)) & 1 == 1 ? first &+ index : nil
  }
}

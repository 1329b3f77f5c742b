import X86

/// The stack that a change of privilege switches to.
struct InnerStack {
  var segment: Segment
  var pointer: UInt64
}

/// Pushes on a stack that is not SS:RSP yet; the caller commits `pointer` when all has gone well.
struct StackWriter {
  var pointer: UInt64
  let size: UInt8
  private let base: UInt64
  private let mask: UInt64
  private let isLong: Bool
  private let isUser: Bool
  private let segment: Segment
  private let processor: Processor
  /// Error code of #SS: the selector only for a stack that is switched to.
  private let errorCode: UInt32

  init(
    _ stack: InnerStack, size: UInt8, _ processor: Processor, isNew: Bool, external: UInt32 = 0
  ) {
    self.size = size
    errorCode = (isNew ? UInt32(stack.segment.selector & 0xfffc) : 0) | external
    self.processor = processor
    segment = stack.segment
    isLong = processor.efer & EFER.lma != 0
    base = isLong ? 0 : stack.segment.base
    mask = isLong ? ~0 : stack.segment.is32Bit ? 0xffff_ffff : 0xffff
    isUser = stack.segment.dpl == 3
    pointer = stack.pointer
  }

  /// #SS if the slot is outside the segment or not canonical.
  mutating func push(_ value: UInt64) throws(Fault) {
    let next = (pointer &- UInt64(size)) & mask
    let linear = isLong ? next : (base &+ next) & 0xffff_ffff
    if isLong {
      guard processor.isCanonical(linear) else { throw processor.exception(12, errorCode) }
    } else {
      try checkLimit(next)
    }
    switch size {
    case 2:
      try processor.storeLinear(
        linear, UInt16(truncatingIfNeeded: value), isUser: isUser, isExplicit: true)
    case 4:
      try processor.storeLinear(
        linear, UInt32(truncatingIfNeeded: value), isUser: isUser, isExplicit: true)
    default:
      try processor.storeLinear(linear, value, isUser: isUser, isExplicit: true)
    }
    pointer = (pointer & ~mask) | next
  }

  private func checkLimit(_ offset: UInt64) throws(Fault) {
    let last = offset &+ UInt64(size) &- 1
    let limit = UInt64(segment.limit)
    let isInside =
      segment.isExpandDown
      ? offset > limit && last <= (segment.is32Bit ? 0xffff_ffff : 0xffff) : last <= limit
    if !isInside { throw processor.exception(12, errorCode) }
  }
}

extension Processor {
  /// SS:RSP for privilege `level` out of the TSS (SDM 3A, "Stack Switching"). Error codes name TR or the
  /// new SS, with `external` as EXT.
  func innerStack(
    for level: UInt8, external: UInt32 = 0, interruptStack: UInt8 = 0
  ) throws(Fault) -> InnerStack {
    if efer & EFER.lma != 0 { return try innerStack64(for: level, external, interruptStack) }
    let is32Bit = tr.type & 8 != 0
    let slot = is32Bit ? 4 + UInt64(level) * 8 : 2 + UInt64(level) * 4
    let size: UInt64 = is32Bit ? 8 : 4
    guard slot + size - 1 <= UInt64(tr.limit) else {
      throw exception(10, UInt32(tr.selector & 0xfffc) | external)
    }
    let place = (tr.base &+ slot) & linearMaskForTables
    let pointer: UInt64
    let selector: UInt16
    if is32Bit {
      pointer = UInt64(try loadLinear(place, isUser: false) as UInt32)
      selector = try loadLinear(place &+ 4, isUser: false)
    } else {
      pointer = UInt64(try loadLinear(place, isUser: false) as UInt16)
      selector = try loadLinear(place &+ 2, isUser: false)
    }
    let error = UInt32(selector & 0xfffc) | external
    if selector & 0xfffc == 0 { throw exception(10, external) }
    let found = try descriptor(selector, vector: 10, external: external)
    guard UInt8(selector & 3) == level, found.dpl == level, found.isCodeOrData, !found.isCode,
      found.type & 2 != 0
    else { throw exception(10, error) }
    guard found.isPresent else { throw exception(12, error) }
    return InnerStack(segment: try markAccessed(found), pointer: pointer)
  }

  /// SDM 3A, "64-Bit Mode Stack Switching": RSPn or ISTn; SS becomes a null selector.
  private func innerStack64(
    for level: UInt8, _ external: UInt32, _ interruptStack: UInt8
  ) throws(Fault) -> InnerStack {
    let slot: UInt64 =
      interruptStack > 0 ? 0x24 + (UInt64(interruptStack) - 1) * 8 : 4 + UInt64(level) * 8
    guard slot + 7 <= UInt64(tr.limit) else {
      throw exception(10, UInt32(tr.selector & 0xfffc) | external)
    }
    let pointer: UInt64 = try loadLinear(tr.base &+ slot, isUser: false)
    guard isCanonical(pointer) else { throw exception(12, external) }
    var segment = Segment.unusable(selector: UInt16(level))
    segment.access |= UInt32(level) << 5
    return InnerStack(segment: segment, pointer: pointer)
  }
}

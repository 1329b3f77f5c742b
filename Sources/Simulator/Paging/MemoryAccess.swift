import X86

/// Guest memory by segment and offset. The `@inline(__always)` functions are the hot path: bounds,
/// one TLB comparison that also catches page crossings, and the access. Everything else has a name.
extension Processor {
  @inline(__always)
  func load<T: FixedWidthInteger & UnsignedInteger>(
    _ segment: UInt8, _ offset: UInt64, as type: T.Type
  ) throws(Fault) -> T {
    let size = UInt64(MemoryLayout<T>.size)
    if offset &+ size <= segments[segment].readEnd {
      let linear = (segments[segment].base &+ offset) & linearMask
      let entry = unsafe tlb.slot(linear)
      if unsafe entry.pointee.readTag == ((linear &+ (size &- 1)) & ~0xfff) | tlb.generation {
        // SAFETY: the tag says that the page is RAM mapped at the addend, and that all bytes of the
        // access lie in it; the TLB is flushed before RAM is unmapped, which is never.
        return unsafe TLB.host(entry.pointee.addend, linear).loadUnaligned(as: T.self)
      }
    }
    return try loadSlowly(segment, offset, as: type)
  }

  @inline(__always)
  func store<T: FixedWidthInteger & UnsignedInteger>(
    _ segment: UInt8, _ offset: UInt64, _ value: T
  ) throws(Fault) {
    let size = UInt64(MemoryLayout<T>.size)
    if offset &+ size <= segments[segment].writeEnd {
      let linear = (segments[segment].base &+ offset) & linearMask
      let entry = unsafe tlb.slot(linear)
      if unsafe entry.pointee.writeTag == ((linear &+ (size &- 1)) & ~0xfff) | tlb.generation {
        // SAFETY: as in load, with the tag for writes.
        unsafe TLB.host(entry.pointee.addend, linear).storeBytes(of: value, as: T.self)
        return
      }
    }
    try storeSlowly(segment, offset, value)
  }

  /// Reads, having made sure that the write that follows cannot fault: for read-modify-write.
  @inline(__always)
  func loadForUpdate<T: FixedWidthInteger & UnsignedInteger>(
    _ segment: UInt8, _ offset: UInt64, as type: T.Type
  ) throws(Fault) -> T {
    let size = UInt64(MemoryLayout<T>.size)
    if offset &+ size <= segments[segment].writeEnd {
      let linear = (segments[segment].base &+ offset) & linearMask
      let entry = unsafe tlb.slot(linear)
      if unsafe entry.pointee.writeTag == ((linear &+ (size &- 1)) & ~0xfff) | tlb.generation {
        // SAFETY: as in load, with the tag for writes.
        return unsafe TLB.host(entry.pointee.addend, linear).loadUnaligned(as: T.self)
      }
    }
    return try loadForUpdateSlowly(segment, offset, as: type)
  }

  @inline(never)
  private func loadSlowly<T: FixedWidthInteger & UnsignedInteger>(
    _ segment: UInt8, _ offset: UInt64, as: T.Type
  ) throws(Fault) -> T {
    let linear = try checkedLinear(segment, offset, size: MemoryLayout<T>.size, isWrite: false)
    return try loadLinear(linear, isUser: cpl == 3, isExplicit: true)
  }

  @inline(never)
  private func storeSlowly<T: FixedWidthInteger & UnsignedInteger>(
    _ segment: UInt8, _ offset: UInt64, _ value: T
  ) throws(Fault) {
    let linear = try checkedLinear(segment, offset, size: MemoryLayout<T>.size, isWrite: true)
    try storeLinear(linear, value, isUser: cpl == 3, isExplicit: true)
  }

  @inline(never)
  private func loadForUpdateSlowly<T: FixedWidthInteger & UnsignedInteger>(
    _ segment: UInt8, _ offset: UInt64, as: T.Type
  ) throws(Fault) -> T {
    let size = MemoryLayout<T>.size
    let linear = try checkedLinear(segment, offset, size: size, isWrite: true)
    try forEachPage(linear, size) { part, count throws(Fault) in
      let access = LinearAccess(linear: part, kind: .write, size: count, isUser: cpl == 3)
      if emulationBus == nil, watchedPhysical(part, isUser: cpl == 3) == nil {
        _ = try translate(access)
      }
    }
    return try loadLinear(linear, isUser: cpl == 3, isExplicit: true)
  }

  /// Segment checks in full (SDM 3A, "Limit Checking", "Type Checking"; SDM 1, "Canonical Addressing").
  @inline(never)
  func checkedLinear(
    _ segment: UInt8, _ offset: UInt64, size: Int, isWrite: Bool
  ) throws(Fault) -> UInt64 {
    let cache = segments[segment]
    // Stack-segment violations are #SS, all others #GP.
    let isStack = segment == SegmentRegister.ss.rawValue
    let linear = (cache.base &+ offset) & linearMask
    if mode == .long {
      let last = linear &+ UInt64(size &- 1)
      if !isCanonical(linear) || !isCanonical(last) { throw exception(isStack ? 12 : 13, 0) }
      if checksAlignment { try checkAlignment(linear, size, isWrite: isWrite) }
      return linear
    }
    let descriptor = cache.segment
    if mode == .protected || mode == .compatibility {
      if descriptor.isUnusable || !descriptor.isPresent {
        throw exception(isStack ? 12 : 13, 0)
      }
      if isWrite ? !descriptor.isWritable : !descriptor.isReadable { throw generalProtection() }
    }
    let last = offset &+ UInt64(size &- 1)
    let limit = UInt64(descriptor.limit)
    let isInside: Bool
    if descriptor.isExpandDown {
      isInside = offset > limit && last <= (descriptor.is32Bit ? 0xffff_ffff : 0xffff)
    } else {
      isInside = last <= limit && offset <= last
    }
    if !isInside { throw exception(isStack ? 12 : 13, 0) }
    if checksAlignment { try checkAlignment(linear, size, isWrite: isWrite) }
    return linear
  }

  /// Calls `body` for the parts of an access that lie in one page each.
  func forEachPage(
    _ linear: UInt64, _ size: Int, _ body: (UInt64, Int) throws(Fault) -> Void
  ) throws(Fault) {
    let first = min(size, Int(0x1000 &- (linear & 0xfff)))
    try body(linear, first)
    if first < size { try body((linear &+ UInt64(first)) & linearMask, size - first) }
  }

  /// A read by linear address, with no segment in the way: descriptor tables, IDT, TSS, stacks of
  /// gates. The former are implicit accesses, which SMAP forbids whatever RFLAGS.AC says.
  func loadLinear<T: FixedWidthInteger & UnsignedInteger>(
    _ linear: UInt64, isUser: Bool, isExplicit: Bool = false
  ) throws(Fault) -> T {
    let size = MemoryLayout<T>.size
    defer { if armed.hasData { noteDataAccess(linear, size, isWrite: false) } }
    if (linear & 0xfff) &+ UInt64(size) <= 0x1000 {
      return T(truncatingIfNeeded: try loadPart(linear, size, isUser, isExplicit))
    }
    var value: UInt64 = 0
    var shift: UInt64 = 0
    try forEachPage(linear, size) { part, count throws(Fault) in
      value |= try loadPart(part, count, isUser, isExplicit) << shift
      shift += UInt64(count * 8)
    }
    return T(truncatingIfNeeded: value)
  }

  private func loadPart(
    _ linear: UInt64, _ size: Int, _ isUser: Bool, _ isExplicit: Bool
  ) throws(Fault) -> UInt64 {
    let access = LinearAccess(
      linear: linear, kind: .read, size: size, isUser: isUser, isExplicit: isExplicit)
    let physical: UInt64
    if let bus = emulationBus {
      guard let found = try translateForEmulation(access) else {
        return bus.read(.memory, pendingExit.guestPhysical ?? linear, size: size)
      }
      physical = found
    } else {
      physical = try translate(access)
      if isDevice(physical, size: size) { return try loadDevice(physical, size: size) }
    }
    switch size {
    case 1: return UInt64(memory.load(physical, as: UInt8.self))
    case 2: return UInt64(memory.load(physical, as: UInt16.self))
    case 4: return UInt64(memory.load(physical, as: UInt32.self))
    case 8: return memory.load(physical, as: UInt64.self)
    default:
      var value: UInt64 = 0
      for index in 0..<UInt64(size) {
        value |= UInt64(memory.load(physical &+ index, as: UInt8.self)) << (index * 8)
      }
      return value
    }
  }

  func storeLinear<T: FixedWidthInteger & UnsignedInteger>(
    _ linear: UInt64, _ value: T, isUser: Bool, isExplicit: Bool = false
  ) throws(Fault) {
    let size = MemoryLayout<T>.size
    defer { if armed.hasData { noteDataAccess(linear, size, isWrite: true) } }
    if (linear & 0xfff) &+ UInt64(size) <= 0x1000 {
      return try storePart(linear, size, UInt64(value), isUser, isExplicit)
    }
    // Both pages must be writable before either changes.
    try forEachPage(linear, size) { part, count throws(Fault) in
      let access = LinearAccess(
        linear: part, kind: .write, size: count, isUser: isUser, isExplicit: isExplicit)
      if emulationBus == nil { _ = try translate(access) }
    }
    var rest = UInt64(value)
    try forEachPage(linear, size) { part, count throws(Fault) in
      try storePart(part, count, rest, isUser, isExplicit)
      rest = count < 8 ? rest >> UInt64(count * 8) : 0
    }
  }

  private func storePart(
    _ linear: UInt64, _ size: Int, _ value: UInt64, _ isUser: Bool, _ isExplicit: Bool
  ) throws(Fault) {
    let access = LinearAccess(
      linear: linear, kind: .write, size: size, isUser: isUser, isExplicit: isExplicit)
    let physical: UInt64
    if let bus = emulationBus {
      guard let found = try translateForEmulation(access) else {
        bus.write(.memory, pendingExit.guestPhysical ?? linear, size: size, value: value)
        return
      }
      physical = found
    } else if let known = watchedPhysical(linear, isUser: isUser) {
      physical = known
    } else {
      physical = try translate(access)
      if isDevice(physical, size: size) { return try storeDevice(physical, size: size, value) }
    }
    switch size {
    case 1: memory.store(physical, UInt8(truncatingIfNeeded: value))
    case 2: memory.store(physical, UInt16(truncatingIfNeeded: value))
    case 4: memory.store(physical, UInt32(truncatingIfNeeded: value))
    case 8: memory.store(physical, value)
    default:
      for index in 0..<UInt64(size) {
        memory.store(physical &+ index, UInt8(truncatingIfNeeded: value >> (index * 8)))
      }
    }
    noteStore(physical, size)
  }

  /// The address in a page that is writable but watched, if the TLB knows it.
  private func watchedPhysical(_ linear: UInt64, isUser: Bool) -> UInt64? {
    guard isUser == (cpl == 3) else { return nil }
    let entry = unsafe tlb.slot(linear)
    // SAFETY: slot() masks its index.
    guard unsafe entry.pointee.watchedTag == (linear & ~0xfff) | tlb.generation else { return nil }
    let page = unsafe entry.pointee.physicalPage
    // Its code has been dropped, its content kept: stores need not be looked at any more.
    if !blocks.holdsCode(page: page), !memory.isWatched(page << 12) {
      unsafe entry.pointee.writeTag = entry.pointee.watchedTag
    }
    return page << 12 | (linear & 0xfff)
  }

  /// Drops decoded code that a store has changed, and leaves the block that is executing.
  func noteStore(_ physical: UInt64, _ size: Int) {
    if blocks.noteStore(physical, count: size) { stopBlock() }
    if memory.hasWatchHit {
      attention = true
      stopBlock()
    }
  }

  /// While emulating one instruction for the monitor: nil where no RAM answers, so that the bus does.
  private func translateForEmulation(_ access: LinearAccess) throws(Fault) -> UInt64? {
    do {
      let physical = try translate(access)
      if memory.contains(physical, UInt64(access.size)) { return physical }
      pendingExit.guestPhysical = physical
      return nil
    } catch {
      guard error == .exit, pendingExit.access != nil else { throw error }
      return nil
    }
  }
}

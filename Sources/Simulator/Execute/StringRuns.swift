import X86

/// Repetitions of MOVS and STOS in one go, as far as they lie in one page each and the TLB knows it:
/// the same bytes as one by one, and no fault can come in between.
extension Processor {
  /// Carries out at most `most` repetitions upwards; returns how many. 0 when the next has to be
  /// executed by itself.
  func stringRun(_ i: Instruction, _ most: UInt64) -> UInt64 {
    guard systemFlags & RFLAGS.df.rawValue == 0, emulationBus == nil else { return 0 }
    let isMove = i.mnemonic == .movs
    guard isMove || i.mnemonic == .stos else { return 0 }
    let size = UInt64(i.operand0.kind == .register ? i.operand1.size : i.operand0.size)
    let mask = Processor.mask(i.addressSize)
    let (source, destination) = (r[6] & mask, r[7] & mask)
    guard let target = place(0, destination, size, mask, isWrite: true) else { return 0 }
    var count = min(most, target.room / size)
    if isMove {
      guard let origin = place(i.segment.rawValue, source, size, mask, isWrite: false) else {
        return 0
      }
      count = min(count, origin.room / size)
      // A destination that begins inside of the source copies what it has just written.
      let distance = UInt64(target.host &- origin.host)
      if distance > 0 && distance < count * size { return 0 }
      copy(to: target.host, from: origin.host, Int(count * size))
    } else {
      fill(target.host, size, Int(count))
    }
    if count > 0 {
      writeCounted(7, i, destination &+ count * size)
      if isMove { writeCounted(6, i, source &+ count * size) }
    }
    return count
  }

  private struct Place {
    var host: UInt
    /// Bytes to the end of the page, the segment or the address size.
    var room: UInt64
  }

  /// Where `offset` is in this process; nil unless at least `size` bytes are known to be accessible.
  private func place(
    _ segment: UInt8, _ offset: UInt64, _ size: UInt64, _ mask: UInt64, isWrite: Bool
  ) -> Place? {
    let end = min(isWrite ? segments[segment].writeEnd : segments[segment].readEnd, mask)
    guard offset < end else { return nil }
    let linear = (segments[segment].base &+ offset) & linearMask
    let entry = unsafe tlb.slot(linear)
    // SAFETY: slot() masks its index.
    let tag = unsafe isWrite ? entry.pointee.writeTag : entry.pointee.readTag
    guard tag == (linear & ~0xfff) | tlb.generation else { return nil }
    let room = min(end &- offset, 0x1000 &- (linear & 0xfff))
    return unsafe room < size ? nil : Place(host: entry.pointee.addend &+ UInt(linear), room: room)
  }

  private func copy(to target: UInt, from origin: UInt, _ bytes: Int) {
    guard let to = unsafe UnsafeMutableRawPointer(bitPattern: target),
      let from = unsafe UnsafeRawPointer(bitPattern: origin)
    else { return }
    // SAFETY: both ranges lie in pages of RAM, as `place` has found.
    unsafe to.copyMemory(from: from, byteCount: bytes)
  }

  private func fill(_ target: UInt, _ size: UInt64, _ count: Int) {
    guard let to = unsafe UnsafeMutableRawPointer(bitPattern: target) else { return }
    let value = r[0]
    // SAFETY: the range lies in a page of RAM, as `place` has found.
    switch size {
    case 1:
      unsafe UnsafeMutableRawBufferPointer(start: to, count: count).initializeMemory(
        as: UInt8.self, repeating: UInt8(truncatingIfNeeded: value))
    default:
      for index in 0..<count {
        let place = index * Int(size)
        switch size {
        case 2:
          unsafe to.storeBytes(
            of: UInt16(truncatingIfNeeded: value), toByteOffset: place, as: UInt16.self)
        case 4:
          unsafe to.storeBytes(
            of: UInt32(truncatingIfNeeded: value), toByteOffset: place, as: UInt32.self)
        default: unsafe to.storeBytes(of: value, toByteOffset: place, as: UInt64.self)
        }
      }
    }
  }
}

import X86

/// A descriptor as it stands in the GDT or LDT, with where it stands.
struct DescriptorSlot {
  var selector: UInt16
  var raw: UInt64
  /// Linear address, for the accessed and busy bits.
  var address: UInt64

  var segment: Segment { Segment(selector: selector, descriptor: raw) }
  var type: UInt8 { UInt8(truncatingIfNeeded: raw >> 40) & 0xf }
  var isCodeOrData: Bool { raw >> 44 & 1 != 0 }
  var dpl: UInt8 { UInt8(truncatingIfNeeded: raw >> 45) & 3 }
  var isPresent: Bool { raw >> 47 & 1 != 0 }
  var isCode: Bool { isCodeOrData && type & 8 != 0 }
  var isConforming: Bool { isCode && type & 4 != 0 }
}

extension Processor {
  /// The descriptor that `selector` names. #GP(selector), or `vector`, if it is beyond its table.
  func descriptor(
    _ selector: UInt16, vector: UInt8 = 13, external: UInt32 = 0
  ) throws(Fault) -> DescriptorSlot {
    guard let address = descriptorAddress(selector) else {
      throw exception(vector, UInt32(selector & 0xfffc) | external)
    }
    let raw: UInt64 = try loadLinear(address, isUser: false)
    return DescriptorSlot(selector: selector, raw: raw, address: address)
  }

  /// The upper half of a system descriptor of IA-32e mode. #GP(selector) if it is beyond the table, or
  /// is no upper half: its type field must be 0 (SDM 3A, "System Descriptors").
  func upperHalf(_ slot: DescriptorSlot) throws(Fault) -> UInt64 {
    let code = UInt32(slot.selector & 0xfffc)
    let last = (slot.selector & 0xfff8) | (slot.selector & 4)
    guard last < 0xfff8, descriptorAddress(last &+ 8) != nil else { throw generalProtection(code) }
    let high: UInt64 = try loadLinear(slot.address &+ 8, isUser: false)
    guard (high >> 40) & 0x1f == 0 else { throw generalProtection(code) }
    return high
  }

  /// Linear address of a descriptor; nil beyond the limit or with an unusable LDT.
  func descriptorAddress(_ selector: UInt16) -> UInt64? {
    let offset = UInt64(selector & 0xfff8)
    if selector & 4 == 0 {
      guard offset + 7 <= UInt64(gdtr.limit) else { return nil }
      return (gdtr.base &+ offset) & linearMaskForTables
    }
    guard !ldtr.isUnusable, ldtr.isPresent, ldtr.selector & 0xfffc != 0,
      offset + 7 <= UInt64(ldtr.limit)
    else { return nil }
    return (ldtr.base &+ offset) & linearMaskForTables
  }

  /// Table bases are 64 bits wide in IA-32e mode, compatibility mode included.
  var linearMaskForTables: UInt64 { efer & EFER.lma != 0 ? ~0 : 0xffff_ffff }

  /// Sets the accessed bit in memory, as loading a segment register does.
  func markAccessed(_ slot: DescriptorSlot) throws(Fault) -> Segment {
    var segment = slot.segment
    if slot.isCodeOrData, slot.type & 1 == 0 {
      try storeLinear(
        slot.address &+ 5, UInt8(truncatingIfNeeded: slot.raw >> 40) | 1, isUser: false)
      segment.access |= 1
    }
    return segment
  }

  /// MOV, POP and far loads of ES, SS, DS, FS, GS (SDM 2, "MOV").
  func loadSegment(_ register: SegmentRegister, _ selector: UInt16) throws(Fault) {
    if mode == .real || mode == .virtual8086 {
      var segment = self.segment(register)
      segment.selector = selector
      segment.base = UInt64(selector) << 4
      if mode == .virtual8086 { segment = Processor.virtual8086Segment(selector) }
      // Limit and rights stay: what protected mode left there is "unreal mode".
      segment.access = (segment.access & ~0x1_0000) | 0x93
      return setSegment(register, segment)
    }
    if selector & 0xfffc == 0 { return try loadNull(register, selector) }
    if register == .ss { return try loadStackSegment(selector) }
    let slot = try descriptor(selector)
    let code = UInt32(selector & 0xfffc)
    // A data segment or readable code; the privilege rule is not for conforming code.
    guard slot.isCodeOrData, !slot.isCode || slot.type & 2 != 0 else {
      throw generalProtection(code)
    }
    if !slot.isConforming, slot.dpl < max(cpl, UInt8(selector & 3)) {
      throw generalProtection(code)
    }
    guard slot.isPresent else { throw exception(11, code) }
    setSegment(register, try markAccessed(slot))
  }

  static func virtual8086Segment(_ selector: UInt16) -> Segment {
    Segment(selector: selector, base: UInt64(selector) << 4, limit: 0xffff, access: 0xf3)
  }

  /// A null selector makes DS, ES, FS and GS unusable; SS takes one only in 64-bit mode below CPL 3.
  private func loadNull(_ register: SegmentRegister, _ selector: UInt16) throws(Fault) {
    if register == .ss {
      guard mode == .long, cpl < 3, UInt8(selector & 3) == cpl else { throw generalProtection() }
      var segment = Segment.unusable(selector: selector)
      segment.access |= UInt32(cpl) << 5
      return setSegment(.ss, segment)
    }
    var segment = Segment.unusable(selector: selector)
    // In 64-bit mode the bases of FS and GS that MSRs hold are cleared by processors of this kind.
    segment.base = 0
    setSegment(register, segment)
  }

  private func loadStackSegment(_ selector: UInt16) throws(Fault) {
    let slot = try descriptor(selector)
    let code = UInt32(selector & 0xfffc)
    guard UInt8(selector & 3) == cpl, slot.isCodeOrData, !slot.isCode, slot.type & 2 != 0,
      slot.dpl == cpl
    else { throw generalProtection(code) }
    guard slot.isPresent else { throw exception(12, code) }
    setSegment(.ss, try markAccessed(slot))
  }
}

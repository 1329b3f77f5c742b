import X86

/// XGETBV, XSETBV, XSAVE, XSAVEOPT and XRSTOR (SDM 1, "Managing State Using the XSAVE Feature Set").
/// The only state component is that of x87.
extension Processor {
  /// XCR0 bits that may be set.
  static let xcr0Supported: UInt64 = 1
  private static let x87Component: UInt64 = 1
  private static let headerOffset: UInt64 = 512
  private static let areaSize: UInt64 = 576

  private var requestedFeatures: UInt64 { (r[2] << 32) | (r[0] & 0xffff_ffff) }

  func xgetbv() throws(Fault) {
    if cr4 & CR4.osxsave == 0 { throw undefinedOpcode }
    if r[1] & 0xffff_ffff != 0 { throw generalProtection() }
    r[0] = xcr0 & 0xffff_ffff
    r[2] = xcr0 >> 32
  }

  /// In non-root operation it exits always, after the faults of privilege.
  func xsetbv() throws(Fault) {
    if cr4 & CR4.osxsave == 0 { throw undefinedOpcode }
    if cpl != 0 { throw generalProtection() }
    try interceptAlways(.xsetbv)
    let value = requestedFeatures
    guard r[1] & 0xffff_ffff == 0, Processor.isValidXCR0(value) else {
      throw generalProtection()
    }
    xcr0 = value
  }

  /// SDM 2B, "XSETBV": bit 0 must be 1, and unsupported bits 0.
  public static func isValidXCR0(_ value: UInt64) -> Bool {
    value & 1 != 0 && value & ~xcr0Supported == 0
  }

  /// The offset of the XSAVE area, when it may be used.
  private func extendedArea(_ i: Instruction) throws(Fault) -> UInt64 {
    if cr4 & CR4.osxsave == 0 { throw undefinedOpcode }
    if cr0 & CR0.ts != 0 { throw exception(7) }
    let place = effectiveAddress(i)
    // SDM 2C, "XSAVE": not aligned on 64 bytes is #GP.
    if (segments[i.segment.rawValue].base &+ place) & 63 != 0 { throw generalProtection() }
    return place
  }

  /// XSAVE, and XSAVEOPT, which leaves out a component in its initial configuration.
  func xsave(_ i: Instruction) throws(Fault) {
    let place = try extendedArea(i)
    let segment = i.segment.rawValue
    let features = requestedFeatures & xcr0
    // A write that would fault does so before anything has been written.
    for offset in [0, Processor.areaSize - 8] {
      _ = try loadForUpdate(segment, place &+ offset, as: UInt64.self)
    }
    let inUse: UInt64 = x87 == .initial ? 0 : Processor.x87Component
    let saves = i.mnemonic == .xsave || inUse != 0
    if features & Processor.x87Component != 0, saves {
      for (index, word) in x87.image.enumerated() {
        try store(segment, place &+ Processor.imageOffset(index), word)
      }
    }
    let header = place &+ Processor.headerOffset
    let old = try load(segment, header, as: UInt64.self)
    try store(segment, header, (old & ~features) | (inUse & features))
  }

  func xrstor(_ i: Instruction) throws(Fault) {
    let place = try extendedArea(i)
    let segment = i.segment.rawValue
    let header = place &+ Processor.headerOffset
    let present = try load(segment, header, as: UInt64.self)
    let compaction = try load(segment, header &+ 8, as: UInt64.self)
    let reserved = try load(segment, header &+ 16, as: UInt64.self)
    // SDM 1, "Operation of XRSTOR", the standard form: bits beyond XCR0, and bytes 23:8 of the header.
    if present & ~xcr0 != 0 || compaction != 0 || reserved != 0 { throw generalProtection() }
    guard requestedFeatures & xcr0 & Processor.x87Component != 0 else { return }
    guard present & Processor.x87Component != 0 else {
      x87 = .initial
      return
    }
    var image: [UInt64] = []
    for index in 0..<19 {
      image.append(try load(segment, place &+ Processor.imageOffset(index), as: UInt64.self))
    }
    x87 = X87State(image: image)
  }

  /// Where word `index` of `X87State.image` lies: MXCSR's eight bytes are left out.
  private static func imageOffset(_ index: Int) -> UInt64 {
    UInt64(index < 3 ? index * 8 : index * 8 + 8)
  }
}

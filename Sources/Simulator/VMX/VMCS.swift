import X86

/// A virtual-machine control structure where it lives: in its 4-KiB region of physical memory
/// (SDM 3C, "Format of the VMCS Region").
///
/// Revision identifier and abort indicator stand where the manual puts them; the data behind them
/// are private to the processor: the launch state, then one quadword a field. What software writes
/// there by other means than VMWRITE yields other values of the fields and nothing worse.
@safe struct VMCS {
  static let size: UInt64 = 4096
  /// Bit 31 of the first word: a shadow VMCS.
  static let shadowBit: UInt32 = 1 << 31
  private static let abortOffset: UInt64 = 4
  private static let launchStateOffset: UInt64 = 8
  private static let fieldOffset: UInt64 = 16

  /// Where the region is in this process. A VMCS is made for one use and never kept, so that memory
  /// outlives it.
  private let region: UnsafeMutableRawPointer
  let address: UInt64

  /// nil if the region is not wholly RAM.
  @inline(__always)
  init?(memory: PhysicalMemory, address: UInt64) {
    guard let offset = memory.map.offset(address, VMCS.size) else { return nil }
    // Fields are written through the pointer.
    memory.prepareToWrite(offset, VMCS.size)
    // SAFETY: the whole region lies in the mapping, as the map has just said.
    unsafe region = memory.base + Int(truncatingIfNeeded: offset)
    self.address = address
  }

  /// The same for reading alone.
  @inline(__always)
  init?(reading memory: PhysicalMemory, address: UInt64) {
    guard let offset = memory.map.offset(address, VMCS.size) else { return nil }
    // SAFETY: the whole region lies in the mapping, as the map has just said.
    unsafe region = memory.base + Int(truncatingIfNeeded: offset)
    self.address = address
  }

  /// Reads at an offset that is a constant of this file or a field's location, all below 2 KiB.
  @inline(__always)
  private func load<T: FixedWidthInteger>(_ offset: UInt64, as: T.Type) -> T {
    // SAFETY: offsets are below the size of the region: 1 << 11 and a quadword at most.
    unsafe region.loadUnaligned(fromByteOffset: Int(offset & 0x7ff), as: T.self)
  }

  @inline(__always)
  private func store<T: FixedWidthInteger>(_ offset: UInt64, _ value: T) {
    // SAFETY: as in load.
    unsafe region.storeBytes(of: value, toByteOffset: Int(offset & 0x7ff), as: T.self)
  }

  /// The value of a field that exists and is no high half. Writes are truncated to its width.
  @inline(__always)
  subscript(_ field: VMCSField) -> UInt64 {
    get { load(location(field), as: UInt64.self) & VMCS.mask(field) }
    nonmutating set { store(location(field), newValue & VMCS.mask(field)) }
  }

  /// As VMREAD: a field, or the upper half of one for a high-half encoding; nil if there is none.
  func read(_ field: VMCSField) -> UInt64? {
    guard field.isDefined else { return nil }
    let value = self[field.fullField]
    return field.isHighHalf ? value >> 32 : value
  }

  /// As VMWRITE; without effect if there is no such field.
  func write(_ field: VMCSField, _ value: UInt64) {
    guard field.isDefined else { return }
    let full = field.fullField
    self[full] = field.isHighHalf ? (value << 32) | (self[full] & 0xffff_ffff) : value
  }

  /// The low 32 bits of a field.
  @inline(__always)
  func low(_ field: VMCSField) -> UInt32 { UInt32(truncatingIfNeeded: self[field]) }

  enum LaunchState: UInt32 { case clear, launched }

  var launchState: LaunchState {
    get {
      let word = load(VMCS.launchStateOffset, as: UInt32.self)
      return word == LaunchState.launched.rawValue ? .launched : .clear
    }
    nonmutating set { store(VMCS.launchStateOffset, newValue.rawValue) }
  }

  /// The first 32 bits of the region: the revision identifier, and bit 31 for a shadow VMCS.
  private var firstWord: UInt32 { load(0, as: UInt32.self) }
  var revisionIdentifier: UInt32 { firstWord & ~VMCS.shadowBit }
  var isShadow: Bool { firstWord & VMCS.shadowBit != 0 }

  /// The VMX-abort indicator.
  var abortIndicator: UInt32 {
    get { load(VMCS.abortOffset, as: UInt32.self) }
    nonmutating set { store(VMCS.abortOffset, newValue) }
  }

  /// Fields of a width and type stand together, in the order of `VMCSField.slot`: the first slots
  /// of these groups are the bytes of two constants. One expression without a branch folds to a
  /// constant for a constant field.
  @inline(__always)
  private func location(_ field: VMCSField) -> UInt64 {
    // Bits 14:13 of the encoding are the width, 11:10 the type, 9:1 the index, which is below 64.
    let type = UInt64((field.rawValue >> 10) & 3)
    let width = UInt64((field.rawValue >> 13) & 3)
    let slots: UInt64 = width < 2 ? 0x5e45_4218_1106_d500 : 0xc6af_a9a1_a088_806c
    let first = (slots >> ((width & 1) << 5 | type << 3)) & 0xff
    let slot = first &+ UInt64((field.rawValue >> 1) & 0x3f)
    return VMCS.fieldOffset &+ slot &* 8
  }

  // MARK: Segments

  // Selectors, limits, access rights and bases of ES, CS, SS, DS, FS, GS, LDTR and TR stand in this order
  // (SDM 3C, Appendix B, "Field Encoding in VMCS").

  /// Segment `number` of the guest-state area: 0 to 5 as `SegmentRegister`, 6 LDTR, 7 TR.
  @inline(__always)
  func guestSegment(_ number: UInt64) -> Segment {
    let offset = (number & 7) &* 8
    return Segment(
      selector: load(location(.guestESSelector) &+ offset, as: UInt16.self),
      base: load(location(.guestESBase) &+ offset, as: UInt64.self),
      limit: load(location(.guestESLimit) &+ offset, as: UInt32.self),
      access: load(location(.guestESAccessRights) &+ offset, as: UInt32.self) & 0x1_f0ff)
  }

  @inline(__always)
  func setGuestSegment(_ number: UInt64, _ segment: Segment) {
    let offset = (number & 7) &* 8
    store(location(.guestESSelector) &+ offset, UInt64(segment.selector))
    store(location(.guestESBase) &+ offset, segment.base)
    store(location(.guestESLimit) &+ offset, UInt64(segment.limit))
    store(location(.guestESAccessRights) &+ offset, UInt64(segment.access))
  }

  /// As `VMCSField.mask`, of the encoding's width bits alone so that it folds for a constant field.
  @inline(__always)
  private static func mask(_ field: VMCSField) -> UInt64 {
    switch (field.rawValue >> 13) & 3 {
    case 0: 0xffff
    case 2: 0xffff_ffff
    default: ~0
    }
  }
}

extension Processor {
  /// The current VMCS; nil if the current-VMCS pointer is all ones.
  @inline(__always)
  var currentVMCS: VMCS? { VMCS(memory: memory, address: vmx.currentVMCS) }

  /// The value of a field of the current VMCS, as a debugger looks at it; nil if there is no
  /// current VMCS or no such field.
  public func vmcsField(_ field: VMCSField) -> UInt64? {
    currentVMCS?.read(field)
  }

  /// The current-VMCS pointer; nil if there is none.
  public var currentVMCSPointer: UInt64? {
    vmx.currentVMCS == VMXState.noVMCS ? nil : vmx.currentVMCS
  }

  /// Whether the current VMCS has been launched; nil if there is none.
  public var currentVMCSIsLaunched: Bool? { currentVMCS.map { $0.launchState == .launched } }

  /// Between VMXON and VMXOFF.
  public var isInVMXOperation: Bool { vmx.isOn }
  /// Between a VM entry and a VM exit.
  public var isInNonRootOperation: Bool { vmx.isNonRoot }
}

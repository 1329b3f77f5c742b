import X86

/// A virtual-machine control structure where it lives: in its 4-KiB region of physical memory
/// (SDM 3C, "Format of the VMCS Region").
///
/// Revision identifier and abort indicator stand where the manual puts them; the data behind them
/// are private to the processor: the launch state, then one quadword a field. What software writes
/// there by other means than VMWRITE yields other values of the fields and nothing worse.
struct VMCS {
  static let size: UInt64 = 4096
  /// Bit 31 of the first word: a shadow VMCS.
  static let shadowBit: UInt32 = 1 << 31
  private static let abortOffset: UInt64 = 4
  private static let launchStateOffset: UInt64 = 8
  private static let fieldOffset: UInt64 = 16

  private let memory: PhysicalMemory
  let address: UInt64

  /// nil if the region is not wholly RAM.
  @inline(__always)
  init?(memory: PhysicalMemory, address: UInt64) {
    guard memory.contains(address, VMCS.size) else { return nil }
    self.memory = memory
    self.address = address
  }

  /// The value of a field that exists and is no high half. Writes are truncated to its width.
  @inline(__always)
  subscript(_ field: VMCSField) -> UInt64 {
    get { memory.load(location(field), as: UInt64.self) & VMCS.mask(field) }
    nonmutating set { memory.store(location(field), newValue & VMCS.mask(field)) }
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
      let word = memory.load(address &+ VMCS.launchStateOffset, as: UInt32.self)
      return word == LaunchState.launched.rawValue ? .launched : .clear
    }
    nonmutating set { memory.store(address &+ VMCS.launchStateOffset, newValue.rawValue) }
  }

  /// The first 32 bits of the region: the revision identifier, and bit 31 for a shadow VMCS.
  private var firstWord: UInt32 { memory.load(address, as: UInt32.self) }
  var revisionIdentifier: UInt32 { firstWord & ~VMCS.shadowBit }
  var isShadow: Bool { firstWord & VMCS.shadowBit != 0 }

  /// The VMX-abort indicator.
  var abortIndicator: UInt32 {
    get { memory.load(address &+ VMCS.abortOffset, as: UInt32.self) }
    nonmutating set { memory.store(address &+ VMCS.abortOffset, newValue) }
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
    return address &+ VMCS.fieldOffset &+ slot &* 8
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

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

  /// The value of a field, or the upper half of one for a high-half encoding; 0 for an encoding
  /// that no field has. Writes are truncated to the width of the field.
  @inline(__always)
  subscript(_ field: VMCSField) -> UInt64 {
    get {
      guard let slot = field.fullField.slot else { return 0 }
      let value = memory.load(offset(slot), as: UInt64.self)
      return field.isHighHalf ? value >> 32 : value & VMCS.mask(field)
    }
    nonmutating set {
      guard let slot = field.fullField.slot else { return }
      let target = offset(slot)
      if field.isHighHalf {
        let low = memory.load(target, as: UInt64.self) & 0xffff_ffff
        memory.store(target, (newValue << 32) | low)
      } else {
        memory.store(target, newValue & VMCS.mask(field))
      }
    }
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

  @inline(__always)
  private func offset(_ slot: Int) -> UInt64 {
    address &+ VMCS.fieldOffset &+ UInt64(truncatingIfNeeded: slot) &* 8
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
    guard field.isDefined, let vmcs = currentVMCS else { return nil }
    return vmcs[field]
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

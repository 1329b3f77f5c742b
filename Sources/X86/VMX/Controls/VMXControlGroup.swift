/// One of the VMX control words (SDM 3C, "VM-Execution Control Fields", "VM-Exit Control Fields"
/// and "VM-Entry Control Fields").
public enum VMXControlGroup: String, Sendable, CaseIterable {
  /// The raw value is the name in references such as `primary[7]`.
  case pinBased = "pin"
  case primary, secondary, tertiary, exit, exit2, entry
  case vmFunction = "vmfunc"

  /// The VMCS field that holds the controls.
  public var field: VMCSField {
    switch self {
    case .pinBased: .pinBasedControls
    case .primary: .primaryProcessorBasedControls
    case .secondary: .secondaryProcessorBasedControls
    case .tertiary: .tertiaryProcessorBasedControls
    case .exit: .primaryExitControls
    case .exit2: .secondaryExitControls
    case .entry: .entryControls
    case .vmFunction: .vmFunctionControls
    }
  }

  public init?(field: VMCSField) {
    guard let group = VMXControlGroup.allCases.first(where: { $0.field == field }) else {
      return nil
    }
    self = group
  }

  /// The capability MSR (SDM 3D, "VMX Capability Reporting Facility").
  public var capabilityMSR: UInt32 {
    switch self {
    case .pinBased: 0x481
    case .primary: 0x482
    case .exit: 0x483
    case .entry: 0x484
    case .secondary: 0x48b
    case .vmFunction: 0x491
    case .tertiary: 0x492
    case .exit2: 0x493
    }
  }

  /// The TRUE capability MSR, used instead if IA32_VMX_BASIC[55] is 1; nil where none exists.
  public var trueCapabilityMSR: UInt32? {
    switch self {
    case .pinBased: 0x48d
    case .primary: 0x48e
    case .exit: 0x48f
    case .entry: 0x490
    default: nil
    }
  }

  /// Whether the capability MSR is a 64-bit mask of the bits that may be 1, instead of 32 bits that
  /// must be 1 below 32 bits that may be 1.
  public var hasAllowedOneMask: Bool {
    self == .tertiary || self == .exit2 || self == .vmFunction
  }

  /// SDM 3D, "VM-Execution Controls" to "VM-Entry Controls": the default1 class, 1 unless software
  /// knows better.
  public var default1: UInt64 {
    switch self {
    case .pinBased: 0x0000_0016
    case .primary: 0x0401_e172
    case .exit: 0x0003_6dff
    case .entry: 0x0000_11ff
    case .secondary, .tertiary, .exit2, .vmFunction: 0
    }
  }

  /// The named controls in ascending order of bits.
  public var controls: [VMXControl] {
    switch self {
    case .pinBased: VMXControl.pinBasedRows
    case .primary: VMXControl.primaryRows
    case .secondary: VMXControl.secondaryRows
    case .tertiary: VMXControl.tertiaryRows
    case .exit: VMXControl.exitRows
    case .exit2: VMXControl.exit2Rows
    case .entry: VMXControl.entryRows
    case .vmFunction: VMXControl.vmFunctionRows
    }
  }

  /// The names of the controls that are 1 in `value`, lowest bit first; `bit n` for a set bit
  /// without a name that is not default1.
  public func setNames(in value: UInt64) -> [String] {
    let named = controls.reduce(0) { $0 | $1.mask }
    return (0..<64).compactMap { bit in
      let mask = UInt64(1) << UInt64(bit)
      guard value & mask != 0 else { return nil }
      if let control = controls.first(where: { $0.mask == mask }) { return control.name }
      return (named | default1) & mask == 0 ? "bit \(bit)" : nil
    }
  }
}

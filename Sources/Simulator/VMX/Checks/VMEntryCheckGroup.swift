import X86

/// The manual's sections of checks on VM entry, in the order in which this processor makes them.
public enum VMEntryCheckGroup: UInt16, CaseIterable, Sendable {
  case basic
  case executionControls, exitControls, entryControls
  case hostRegisters, hostSegments, addressSpaceSize
  case guestRegisters, guestSegments, guestDescriptorTables, guestRIPAndRFLAGS
  case guestNonRegister, guestPDPTEs

  /// The title in SDM 3C.
  public var section: String {
    switch self {
    case .basic: "Basic VM-Entry Checks"
    case .executionControls: "VM-Execution Control Fields"
    case .exitControls: "VM-Exit Control Fields"
    case .entryControls: "VM-Entry Control Fields"
    case .hostRegisters: "Checks on Host Control Registers, MSRs, and SSP"
    case .hostSegments: "Checks on Host Segment and Descriptor-Table Registers"
    case .addressSpaceSize: "Checks Related to Address-Space Size"
    case .guestRegisters: "Checks on Guest Control Registers, Debug Registers, and MSRs"
    case .guestSegments: "Checks on Guest Segment Registers"
    case .guestDescriptorTables: "Checks on Guest Descriptor-Table Registers"
    case .guestRIPAndRFLAGS: "Checks on Guest RIP, RFLAGS, and SSP"
    case .guestNonRegister: "Checks on Guest Non-Register State"
    case .guestPDPTEs: "Checks on Guest Page-Directory-Pointer-Table Entries"
    }
  }

  public var failure: VMEntryFailure {
    switch self {
    case .basic: .failInvalid
    case .executionControls, .exitControls, .entryControls: .failValid(7)
    // The manual leaves the number for the address-space size open; 8 is customary.
    case .hostRegisters, .hostSegments, .addressSpaceSize: .failValid(8)
    default: .exit
    }
  }

  public var rows: [VMEntryCheck] {
    switch self {
    case .basic: VMEntryCheck.basicRows
    case .executionControls: VMEntryCheck.executionControlRows
    case .exitControls: VMEntryCheck.exitControlRows
    case .entryControls: VMEntryCheck.entryControlRows
    case .hostRegisters: VMEntryCheck.hostRegisterRows
    case .hostSegments: VMEntryCheck.hostSegmentRows
    case .addressSpaceSize: VMEntryCheck.addressSpaceSizeRows
    case .guestRegisters: VMEntryCheck.guestRegisterRows
    case .guestSegments: VMEntryCheck.guestSegmentRows
    case .guestDescriptorTables: VMEntryCheck.guestDescriptorTableRows
    case .guestRIPAndRFLAGS: VMEntryCheck.guestRIPAndRFLAGSRows
    case .guestNonRegister: VMEntryCheck.guestNonRegisterRows
    case .guestPDPTEs: VMEntryCheck.guestPDPTERows
    }
  }

  var mask: VMEntryCheckGroups.Mask { 1 << rawValue }
}

/// Sets of groups, one bit a group.
enum VMEntryCheckGroups {
  typealias Mask = UInt16

  static let all: Mask = (1 << 13) - 1
  static let controlsAndHost: Mask = (1 << 7) - 1
  static let guest: Mask = all & ~controlsAndHost

  /// The groups with a rule that reads `field`.
  static func reading(_ field: VMCSField) -> Mask {
    guard let slot = field.fullField.slot, slot < masks.count else { return all }
    return masks[slot]
  }

  private static let masks: [Mask] = {
    var masks = [Mask](repeating: 0, count: VMCSField.slotCount)
    for check in VMEntryCheck.rows {
      for field in check.fields {
        if let slot = field.slot { masks[slot] |= check.group.mask }
      }
    }
    return masks
  }()
}

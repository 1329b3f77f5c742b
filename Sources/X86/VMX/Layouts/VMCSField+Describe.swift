extension VMCSField {
  /// What the parts of `value` mean in this field; empty for a field that is one plain number.
  ///
  /// `exitReason` and `interruptionInformation` are the values of those two fields: the exit
  /// qualification and the instruction information can't be read without them.
  public func describe(
    _ value: UInt64, exitReason: UInt32 = 0, interruptionInformation: UInt32 = 0
  ) -> [FieldValue] {
    let low = UInt32(truncatingIfNeeded: value)
    let reason = UInt16(truncatingIfNeeded: exitReason)
    switch self {
    case .exitReason: return VMCSField.exitReasonLayout.describe(value)
    case .exitQualification:
      return ExitQualification.describe(
        reason: reason, qualification: value, interruptionInformation: interruptionInformation)
    case .exitInstructionInformation:
      return InstructionInformation.describe(reason: reason, raw: low)
    case .exitInterruptionInformation: return EventInformation.describeExit(low)
    case .idtVectoringInformation: return EventInformation.describeIDTVectoring(low)
    case .entryInterruptionInformation: return EventInformation.describeEntry(low)
    case .guestActivityState: return GuestStateLayouts.describeActivityState(low)
    case .guestInterruptibilityState: return GuestStateLayouts.describeInterruptibility(low)
    case .guestPendingDebugExceptions:
      return GuestStateLayouts.describePendingDebugExceptions(value)
    case .eptPointer: return VMCSField.eptPointerLayout.describe(value)
    default:
      return isAccessRights ? GuestStateLayouts.describeAccessRights(low) : []
    }
  }

  /// The names of the bits that are 1, for a field that is a set of named bits: control words,
  /// RFLAGS, CR0, CR4, EFER, the exception bitmap; nil for every other field.
  public func setBitNames(_ value: UInt64) -> [String]? {
    if let group = VMXControlGroup(field: self) { return group.setNames(in: value) }
    switch self {
    case .guestRFLAGS: return RegisterBits.rflags(value)
    case .guestCR0, .hostCR0, .cr0GuestHostMask, .cr0ReadShadow: return RegisterBits.cr0(value)
    case .guestCR4, .hostCR4, .cr4GuestHostMask, .cr4ReadShadow: return RegisterBits.cr4(value)
    case .guestEFER, .hostEFER: return RegisterBits.efer(value)
    case .exceptionBitmap:
      return (0..<32).filter { (value >> UInt64($0)) & 1 == 1 }
        .map { ExceptionVector.label(UInt8($0)) }
    default: return nil
    }
  }

  /// The eight segment access-rights fields.
  public var isAccessRights: Bool {
    rawValue & 1 == 0
      && (VMCSField.guestESAccessRights.rawValue...VMCSField.guestTRAccessRights.rawValue)
        .contains(rawValue)
  }

  // SDM 3C, "Basic VM-Exit Information"
  private static let exitReasonLayout: [BitField] = [
    BitField(15, 0, "basic exit reason", .decimal("reason")),
    .reserved(24, 16),
    BitField(25, "busy shadow stack", "a supervisor shadow stack was left busy"),
    BitField(26, "bus lock", "the instruction asserted a bus lock"),
    BitField(27, "enclave", "the exit came from enclave mode"),
    BitField(28, "pending MTF", "an MTF VM exit was pending"),
    BitField(29, "from root", "the exit came from VMX root operation"),
    .reserved(30, 30),
    BitField(31, "entry failure", "VM entry failed", else: "a VM exit, not a failed VM entry"),
  ]

  // SDM 3C, "Extended-Page-Table Pointer (EPTP)"
  private static let eptPointerLayout: [BitField] = [
    BitField(
      2, 0, "memory type", .choice(["uncacheable", "", "", "", "", "", "write-back"])),
    BitField(5, 3, "page-walk length - 1", .choice(["", "", "", "4 levels", "5 levels"])),
    BitField(6, "accessed and dirty flags", "used", else: "not used"),
    BitField(7, "supervisor shadow stack", "enforced", else: "not enforced"),
    .reserved(11, 8),
    BitField(51, 12, "page frame of the top table", .hexadecimal("frame")),
    .reserved(63, 52),
  ]
}

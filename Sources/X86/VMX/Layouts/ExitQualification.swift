/// The exit qualification in words (SDM 3C, "Basic VM-Exit Information").
public enum ExitQualification {
  /// The fields of `qualification` in the layout that the exit reason gives it; empty if the reason
  /// leaves it 0, as most do.
  ///
  /// `interruptionInformation` tells debug exceptions and page faults apart for reason 0.
  public static func describe(
    reason: UInt16, qualification: UInt64, interruptionInformation: UInt32 = 0
  ) -> [FieldValue] {
    layout(
      of: ExitReason(rawValue: reason),
      vector: EventInformation(raw: interruptionInformation).hardwareExceptionVector
    ).describe(qualification)
  }

  private static func layout(of reason: ExitReason, vector: UInt8?) -> [BitField] {
    switch reason {
    case .exceptionOrNMI: exceptionLayout(vector)
    case .startupIPI: startupIPI
    case .taskSwitch: taskSwitch
    case .invlpg: linearAddress
    case .crAccess: controlRegisterAccess
    case .drAccess: debugRegisterAccess
    case .ioInstruction, .ioSMI: ioInstruction
    case .entryFailureGuestState: entryFailureGuestState
    case .entryFailureMSRLoading: entryFailureMSRLoading
    case .mwait: mwait
    case .apicAccess: apicAccess
    case .virtualizedEOI: virtualizedEOI
    case .eptViolation: eptViolation
    case .apicWrite: apicWrite
    case .pageModificationLogFull: pageModificationLogFull
    case .sppEvent: sppEvent
    case .instructionTimeout: instructionTimeout
    case .vmclear, .vmptrld, .vmptrst, .vmread, .vmwrite, .vmxon, .gdtrOrIDTRAccess,
      .ldtrOrTRAccess, .invept, .invvpid, .invpcid, .xsaves, .xrstors:
      displacement
    case .rdmsrlist, .wrmsrlist, .rdmsrImmediate, .wrmsrnsImmediate: msrIndex
    default: unused
    }
  }

  private static func exceptionLayout(_ vector: UInt8?) -> [BitField] {
    switch vector {
    case 1: debugException
    case 14: linearAddress
    default: unused
    }
  }
}

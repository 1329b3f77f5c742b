// SDM 3D, "Field Encoding in VMCS": 64-bit exit-information fields.
extension VMCSField {
  @inlinable public static var guestPhysicalAddress: Self { Self(0x2400) }
  @inlinable public static var msrData: Self { Self(0x2402) }
  @inlinable public static var originalEventData: Self { Self(0x2404) }

  static let exitInformation64Rows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .guestPhysicalAddress, "guestPhysicalAddress", "GUEST_PHYSICAL_ADDRESS",
      "Guest-physical address", "Address behind an EPT violation or misconfiguration",
      existsWhen: "secondary[1] enable EPT"),
    VMCSFieldRow(
      .msrData, "msrData", "MSR_DATA",
      "MSR data", "Value involved in an MSR-list exit",
      existsWhen: "tertiary[6] enable MSR-list instructions"),
    VMCSFieldRow(
      .originalEventData, "originalEventData", "ORIGINAL_EVENT_DATA",
      "Original-event data", "FRED event data of the event being delivered at exit",
      existsWhen: "FRED (IA32_VMX_BASIC[58] / entry[23])"),
  ]
}

// SDM 3D, "Field Encoding in VMCS": 32-bit exit-information fields.
extension VMCSField {
  @inlinable public static var vmInstructionError: Self { Self(0x4400) }
  @inlinable public static var exitReason: Self { Self(0x4402) }
  @inlinable public static var exitInterruptionInformation: Self { Self(0x4404) }
  @inlinable public static var exitInterruptionErrorCode: Self { Self(0x4406) }
  @inlinable public static var idtVectoringInformation: Self { Self(0x4408) }
  @inlinable public static var idtVectoringErrorCode: Self { Self(0x440a) }
  @inlinable public static var exitInstructionLength: Self { Self(0x440c) }
  @inlinable public static var exitInstructionInformation: Self { Self(0x440e) }

  static let exitInformation32Rows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .vmInstructionError, "vmInstructionError", "VM_INSTRUCTION_ERROR",
      "VM-instruction error", "Error number left by the last VMfailValid"),
    VMCSFieldRow(
      .exitReason, "exitReason", "VM_EXIT_REASON",
      "Exit reason", "Basic reason in bits 15:0 plus flags"),
    VMCSFieldRow(
      .exitInterruptionInformation, "exitInterruptionInformation", "VM_EXIT_INTR_INFO",
      "VM-exit interruption information", "Vector and type of the event that caused exit"),
    VMCSFieldRow(
      .exitInterruptionErrorCode, "exitInterruptionErrorCode", "VM_EXIT_INTR_ERROR_CODE",
      "VM-exit interruption error code", "Error code of that event"),
    VMCSFieldRow(
      .idtVectoringInformation, "idtVectoringInformation", "IDT_VECTORING_INFO_FIELD",
      "IDT-vectoring information", "Event whose delivery was interrupted by the exit"),
    VMCSFieldRow(
      .idtVectoringErrorCode, "idtVectoringErrorCode", "IDT_VECTORING_ERROR_CODE",
      "IDT-vectoring error code", "Error code of the interrupted event"),
    VMCSFieldRow(
      .exitInstructionLength, "exitInstructionLength", "VM_EXIT_INSTRUCTION_LEN",
      "VM-exit instruction length", "Bytes in the instruction that caused exit"),
    VMCSFieldRow(
      .exitInstructionInformation, "exitInstructionInformation", "VMX_INSTRUCTION_INFO",
      "VM-exit instruction information", "Operand description of the instruction that exited"),
  ]
}

// SDM 3D, "Field Encoding in VMCS": natural-width exit-information fields.
extension VMCSField {
  @inlinable public static var exitQualification: Self { Self(0x6400) }
  @inlinable public static var ioRCX: Self { Self(0x6402) }
  @inlinable public static var ioRSI: Self { Self(0x6404) }
  @inlinable public static var ioRDI: Self { Self(0x6406) }
  @inlinable public static var ioRIP: Self { Self(0x6408) }
  @inlinable public static var guestLinearAddress: Self { Self(0x640a) }

  static let exitInformationNaturalRows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .exitQualification, "exitQualification", "EXIT_QUALIFICATION",
      "Exit qualification", "Extra detail; format depends on exit reason"),
    VMCSFieldRow(
      .ioRCX, "ioRCX", "IO_RCX",
      "I/O RCX", "RCX before an SMI that arrived right after I/O",
      existsWhen: "always (SMM exits only)"),
    VMCSFieldRow(
      .ioRSI, "ioRSI", "IO_RSI",
      "I/O RSI", "RSI before an SMI that arrived right after I/O",
      existsWhen: "always (SMM exits only)"),
    VMCSFieldRow(
      .ioRDI, "ioRDI", "IO_RDI",
      "I/O RDI", "RDI before an SMI that arrived right after I/O",
      existsWhen: "always (SMM exits only)"),
    VMCSFieldRow(
      .ioRIP, "ioRIP", "IO_RIP",
      "I/O RIP", "Address of the I/O instruction before the SMI",
      existsWhen: "always (SMM exits only)"),
    VMCSFieldRow(
      .guestLinearAddress, "guestLinearAddress", "GUEST_LINEAR_ADDRESS",
      "Guest-linear address", "Linear address for EPT violations, INS/OUTS, LMSW memory"),
  ]
}

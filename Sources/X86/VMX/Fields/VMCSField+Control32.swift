// SDM 3D, "Field Encoding in VMCS": 32-bit control fields.
extension VMCSField {
  @inlinable public static var pinBasedControls: Self { Self(0x4000) }
  @inlinable public static var primaryProcessorBasedControls: Self { Self(0x4002) }
  @inlinable public static var exceptionBitmap: Self { Self(0x4004) }
  @inlinable public static var pageFaultErrorCodeMask: Self { Self(0x4006) }
  @inlinable public static var pageFaultErrorCodeMatch: Self { Self(0x4008) }
  @inlinable public static var cr3TargetCount: Self { Self(0x400a) }
  @inlinable public static var primaryExitControls: Self { Self(0x400c) }
  @inlinable public static var exitMSRStoreCount: Self { Self(0x400e) }
  @inlinable public static var exitMSRLoadCount: Self { Self(0x4010) }
  @inlinable public static var entryControls: Self { Self(0x4012) }
  @inlinable public static var entryMSRLoadCount: Self { Self(0x4014) }
  @inlinable public static var entryInterruptionInformation: Self { Self(0x4016) }
  @inlinable public static var entryExceptionErrorCode: Self { Self(0x4018) }
  @inlinable public static var entryInstructionLength: Self { Self(0x401a) }
  @inlinable public static var tprThreshold: Self { Self(0x401c) }
  @inlinable public static var secondaryProcessorBasedControls: Self { Self(0x401e) }
  @inlinable public static var pleGap: Self { Self(0x4020) }
  @inlinable public static var pleWindow: Self { Self(0x4022) }
  @inlinable public static var instructionTimeoutControl: Self { Self(0x4024) }
  @inlinable public static var seamGuestHKID: Self { Self(0x4026) }

  static let control32Rows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .pinBasedControls, "pinBasedControls", "PIN_BASED_VM_EXEC_CONTROL",
      "Pin-based VM-execution controls",
      "Asynchronous-event controls (external interrupt, NMI, timer)"),
    VMCSFieldRow(
      .primaryProcessorBasedControls, "primaryProcessorBasedControls", "CPU_BASED_VM_EXEC_CONTROL",
      "Primary processor-based VM-execution controls",
      "First set of instruction-related exit controls"),
    VMCSFieldRow(
      .exceptionBitmap, "exceptionBitmap", "EXCEPTION_BITMAP",
      "Exception bitmap", "One bit per vector 0-31; set bit causes exit"),
    VMCSFieldRow(
      .pageFaultErrorCodeMask, "pageFaultErrorCodeMask", "PAGE_FAULT_ERROR_CODE_MASK",
      "Page-fault error-code mask", "Filters which #PF error codes count (mask)"),
    VMCSFieldRow(
      .pageFaultErrorCodeMatch, "pageFaultErrorCodeMatch", "PAGE_FAULT_ERROR_CODE_MATCH",
      "Page-fault error-code match", "Filters which #PF error codes count (value)"),
    VMCSFieldRow(
      .cr3TargetCount, "cr3TargetCount", "CR3_TARGET_COUNT",
      "CR3-target count", "How many CR3-target values are honoured (0-4)"),
    VMCSFieldRow(
      .primaryExitControls, "primaryExitControls", "VM_EXIT_CONTROLS",
      "Primary VM-exit controls", "Controls for what an exit saves and loads"),
    VMCSFieldRow(
      .exitMSRStoreCount, "exitMSRStoreCount", "VM_EXIT_MSR_STORE_COUNT",
      "VM-exit MSR-store count", "Entries in the exit MSR-store list"),
    VMCSFieldRow(
      .exitMSRLoadCount, "exitMSRLoadCount", "VM_EXIT_MSR_LOAD_COUNT",
      "VM-exit MSR-load count", "Entries in the exit MSR-load list"),
    VMCSFieldRow(
      .entryControls, "entryControls", "VM_ENTRY_CONTROLS",
      "VM-entry controls", "Controls for what an entry loads"),
    VMCSFieldRow(
      .entryMSRLoadCount, "entryMSRLoadCount", "VM_ENTRY_MSR_LOAD_COUNT",
      "VM-entry MSR-load count", "Entries in the entry MSR-load list"),
    VMCSFieldRow(
      .entryInterruptionInformation, "entryInterruptionInformation", "VM_ENTRY_INTR_INFO_FIELD",
      "VM-entry interruption-information field", "Event to inject at entry; bit 31 valid"),
    VMCSFieldRow(
      .entryExceptionErrorCode, "entryExceptionErrorCode", "VM_ENTRY_EXCEPTION_ERROR_CODE",
      "VM-entry exception error code", "Error code pushed with the injected exception"),
    VMCSFieldRow(
      .entryInstructionLength, "entryInstructionLength", "VM_ENTRY_INSTRUCTION_LEN",
      "VM-entry instruction length",
      "Length used when injecting software interrupts or exceptions"),
    VMCSFieldRow(
      .tprThreshold, "tprThreshold", "TPR_THRESHOLD",
      "TPR threshold", "Exit when virtual TPR drops below this value",
      existsWhen: "primary[21] use TPR shadow"),
    VMCSFieldRow(
      .secondaryProcessorBasedControls, "secondaryProcessorBasedControls",
      "SECONDARY_VM_EXEC_CONTROL",
      "Secondary processor-based VM-execution controls", "Second set of execution controls",
      existsWhen: "primary[31] activate secondary controls"),
    VMCSFieldRow(
      .pleGap, "pleGap", "PLE_GAP",
      "PLE_Gap", "Max TSC ticks between PAUSEs of one loop",
      existsWhen: "secondary[10] PAUSE-loop exiting"),
    VMCSFieldRow(
      .pleWindow, "pleWindow", "PLE_WINDOW",
      "PLE_Window", "TSC ticks a PAUSE loop may run before exit",
      existsWhen: "secondary[10] PAUSE-loop exiting"),
    VMCSFieldRow(
      .instructionTimeoutControl, "instructionTimeoutControl", "NOTIFY_WINDOW",
      "Instruction-timeout control", "Crystal-clock time an instruction boundary may be delayed",
      existsWhen: "secondary[31] instruction timeout (notify exit)"),
    VMCSFieldRow(
      .seamGuestHKID, "seamGuestHKID", "SEAM_GUEST_HKID",
      "SEAM guest HKID", "Key identifier of the trust domain's private memory",
      existsWhen: "SEAM/TDX processors only"),
  ]
}

// SDM 3D, "Field Encoding in VMCS": natural-width guest-state fields.
extension VMCSField {
  @inlinable public static var guestCR0: Self { Self(0x6800) }
  @inlinable public static var guestCR3: Self { Self(0x6802) }
  @inlinable public static var guestCR4: Self { Self(0x6804) }
  @inlinable public static var guestESBase: Self { Self(0x6806) }
  @inlinable public static var guestCSBase: Self { Self(0x6808) }
  @inlinable public static var guestSSBase: Self { Self(0x680a) }
  @inlinable public static var guestDSBase: Self { Self(0x680c) }
  @inlinable public static var guestFSBase: Self { Self(0x680e) }
  @inlinable public static var guestGSBase: Self { Self(0x6810) }
  @inlinable public static var guestLDTRBase: Self { Self(0x6812) }
  @inlinable public static var guestTRBase: Self { Self(0x6814) }
  @inlinable public static var guestGDTRBase: Self { Self(0x6816) }
  @inlinable public static var guestIDTRBase: Self { Self(0x6818) }
  @inlinable public static var guestDR7: Self { Self(0x681a) }
  @inlinable public static var guestRSP: Self { Self(0x681c) }
  @inlinable public static var guestRIP: Self { Self(0x681e) }
  @inlinable public static var guestRFLAGS: Self { Self(0x6820) }
  @inlinable public static var guestPendingDebugExceptions: Self { Self(0x6822) }
  @inlinable public static var guestSysenterESP: Self { Self(0x6824) }
  @inlinable public static var guestSysenterEIP: Self { Self(0x6826) }
  @inlinable public static var guestSCET: Self { Self(0x6828) }
  @inlinable public static var guestSSP: Self { Self(0x682a) }
  @inlinable public static var guestInterruptSSPTable: Self { Self(0x682c) }

  static let guestNaturalRows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .guestCR0, "guestCR0", "GUEST_CR0",
      "Guest CR0", "Real CR0 while the guest runs"),
    VMCSFieldRow(
      .guestCR3, "guestCR3", "GUEST_CR3",
      "Guest CR3", "CR3 while the guest runs"),
    VMCSFieldRow(
      .guestCR4, "guestCR4", "GUEST_CR4",
      "Guest CR4", "Real CR4 while the guest runs"),
    VMCSFieldRow(
      .guestESBase, "guestESBase", "GUEST_ES_BASE",
      "Guest ES base", "Segment base address"),
    VMCSFieldRow(
      .guestCSBase, "guestCSBase", "GUEST_CS_BASE",
      "Guest CS base", "Segment base address"),
    VMCSFieldRow(
      .guestSSBase, "guestSSBase", "GUEST_SS_BASE",
      "Guest SS base", "Segment base address"),
    VMCSFieldRow(
      .guestDSBase, "guestDSBase", "GUEST_DS_BASE",
      "Guest DS base", "Segment base address"),
    VMCSFieldRow(
      .guestFSBase, "guestFSBase", "GUEST_FS_BASE",
      "Guest FS base", "Segment base address (also IA32_FS_BASE)"),
    VMCSFieldRow(
      .guestGSBase, "guestGSBase", "GUEST_GS_BASE",
      "Guest GS base", "Segment base address (also IA32_GS_BASE)"),
    VMCSFieldRow(
      .guestLDTRBase, "guestLDTRBase", "GUEST_LDTR_BASE",
      "Guest LDTR base", "Base of the local descriptor table"),
    VMCSFieldRow(
      .guestTRBase, "guestTRBase", "GUEST_TR_BASE",
      "Guest TR base", "Base of the task-state segment"),
    VMCSFieldRow(
      .guestGDTRBase, "guestGDTRBase", "GUEST_GDTR_BASE",
      "Guest GDTR base", "Base of the global descriptor table"),
    VMCSFieldRow(
      .guestIDTRBase, "guestIDTRBase", "GUEST_IDTR_BASE",
      "Guest IDTR base", "Base of the interrupt descriptor table"),
    VMCSFieldRow(
      .guestDR7, "guestDR7", "GUEST_DR7",
      "Guest DR7", "Debug control register; loaded by entry[2], saved by exit[2]"),
    VMCSFieldRow(
      .guestRSP, "guestRSP", "GUEST_RSP",
      "Guest RSP", "Stack pointer of the guest"),
    VMCSFieldRow(
      .guestRIP, "guestRIP", "GUEST_RIP",
      "Guest RIP", "Instruction pointer of the guest"),
    VMCSFieldRow(
      .guestRFLAGS, "guestRFLAGS", "GUEST_RFLAGS",
      "Guest RFLAGS", "Flags register of the guest"),
    VMCSFieldRow(
      .guestPendingDebugExceptions, "guestPendingDebugExceptions", "GUEST_PENDING_DBG_EXCEPTIONS",
      "Guest pending debug exceptions", "Debug conditions recorded but not yet delivered"),
    VMCSFieldRow(
      .guestSysenterESP, "guestSysenterESP", "GUEST_SYSENTER_ESP",
      "Guest IA32_SYSENTER_ESP", "SYSENTER stack pointer of the guest"),
    VMCSFieldRow(
      .guestSysenterEIP, "guestSysenterEIP", "GUEST_SYSENTER_EIP",
      "Guest IA32_SYSENTER_EIP", "SYSENTER entry point of the guest"),
    VMCSFieldRow(
      .guestSCET, "guestSCET", "GUEST_S_CET",
      "Guest IA32_S_CET", "Supervisor control-flow-enforcement MSR of the guest",
      existsWhen: "entry[20] load CET state"),
    VMCSFieldRow(
      .guestSSP, "guestSSP", "GUEST_SSP",
      "Guest SSP", "Shadow-stack pointer of the guest",
      existsWhen: "entry[20] load CET state"),
    VMCSFieldRow(
      .guestInterruptSSPTable, "guestInterruptSSPTable", "GUEST_INTR_SSP_TABLE",
      "Guest IA32_INTERRUPT_SSP_TABLE_ADDR", "Interrupt shadow-stack table of the guest",
      existsWhen: "entry[20] load CET state"),
  ]
}

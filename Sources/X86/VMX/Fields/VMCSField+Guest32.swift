// SDM 3D, "Field Encoding in VMCS": 32-bit guest-state fields.
extension VMCSField {
  @inlinable public static var guestESLimit: Self { Self(0x4800) }
  @inlinable public static var guestCSLimit: Self { Self(0x4802) }
  @inlinable public static var guestSSLimit: Self { Self(0x4804) }
  @inlinable public static var guestDSLimit: Self { Self(0x4806) }
  @inlinable public static var guestFSLimit: Self { Self(0x4808) }
  @inlinable public static var guestGSLimit: Self { Self(0x480a) }
  @inlinable public static var guestLDTRLimit: Self { Self(0x480c) }
  @inlinable public static var guestTRLimit: Self { Self(0x480e) }
  @inlinable public static var guestGDTRLimit: Self { Self(0x4810) }
  @inlinable public static var guestIDTRLimit: Self { Self(0x4812) }
  @inlinable public static var guestESAccessRights: Self { Self(0x4814) }
  @inlinable public static var guestCSAccessRights: Self { Self(0x4816) }
  @inlinable public static var guestSSAccessRights: Self { Self(0x4818) }
  @inlinable public static var guestDSAccessRights: Self { Self(0x481a) }
  @inlinable public static var guestFSAccessRights: Self { Self(0x481c) }
  @inlinable public static var guestGSAccessRights: Self { Self(0x481e) }
  @inlinable public static var guestLDTRAccessRights: Self { Self(0x4820) }
  @inlinable public static var guestTRAccessRights: Self { Self(0x4822) }
  @inlinable public static var guestInterruptibilityState: Self { Self(0x4824) }
  @inlinable public static var guestActivityState: Self { Self(0x4826) }
  @inlinable public static var guestSMBASE: Self { Self(0x4828) }
  @inlinable public static var guestSysenterCS: Self { Self(0x482a) }
  @inlinable public static var preemptionTimerValue: Self { Self(0x482e) }

  static let guest32Rows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .guestESLimit, "guestESLimit", "GUEST_ES_LIMIT",
      "Guest ES limit", "Segment limit in bytes (unscrambled)"),
    VMCSFieldRow(
      .guestCSLimit, "guestCSLimit", "GUEST_CS_LIMIT",
      "Guest CS limit", "Segment limit in bytes (unscrambled)"),
    VMCSFieldRow(
      .guestSSLimit, "guestSSLimit", "GUEST_SS_LIMIT",
      "Guest SS limit", "Segment limit in bytes (unscrambled)"),
    VMCSFieldRow(
      .guestDSLimit, "guestDSLimit", "GUEST_DS_LIMIT",
      "Guest DS limit", "Segment limit in bytes (unscrambled)"),
    VMCSFieldRow(
      .guestFSLimit, "guestFSLimit", "GUEST_FS_LIMIT",
      "Guest FS limit", "Segment limit in bytes (unscrambled)"),
    VMCSFieldRow(
      .guestGSLimit, "guestGSLimit", "GUEST_GS_LIMIT",
      "Guest GS limit", "Segment limit in bytes (unscrambled)"),
    VMCSFieldRow(
      .guestLDTRLimit, "guestLDTRLimit", "GUEST_LDTR_LIMIT",
      "Guest LDTR limit", "Segment limit in bytes (unscrambled)"),
    VMCSFieldRow(
      .guestTRLimit, "guestTRLimit", "GUEST_TR_LIMIT",
      "Guest TR limit", "Segment limit in bytes (unscrambled)"),
    VMCSFieldRow(
      .guestGDTRLimit, "guestGDTRLimit", "GUEST_GDTR_LIMIT",
      "Guest GDTR limit", "Limit of the global descriptor table"),
    VMCSFieldRow(
      .guestIDTRLimit, "guestIDTRLimit", "GUEST_IDTR_LIMIT",
      "Guest IDTR limit", "Limit of the interrupt descriptor table"),
    VMCSFieldRow(
      .guestESAccessRights, "guestESAccessRights", "GUEST_ES_AR_BYTES",
      "Guest ES access rights", "Type, S, DPL, P, AVL, L, D/B, G; bit 16 unusable"),
    VMCSFieldRow(
      .guestCSAccessRights, "guestCSAccessRights", "GUEST_CS_AR_BYTES",
      "Guest CS access rights", "Type, S, DPL, P, AVL, L, D/B, G; bit 16 unusable"),
    VMCSFieldRow(
      .guestSSAccessRights, "guestSSAccessRights", "GUEST_SS_AR_BYTES",
      "Guest SS access rights", "Same layout; SS.DPL is the guest CPL"),
    VMCSFieldRow(
      .guestDSAccessRights, "guestDSAccessRights", "GUEST_DS_AR_BYTES",
      "Guest DS access rights", "Type, S, DPL, P, AVL, L, D/B, G; bit 16 unusable"),
    VMCSFieldRow(
      .guestFSAccessRights, "guestFSAccessRights", "GUEST_FS_AR_BYTES",
      "Guest FS access rights", "Type, S, DPL, P, AVL, L, D/B, G; bit 16 unusable"),
    VMCSFieldRow(
      .guestGSAccessRights, "guestGSAccessRights", "GUEST_GS_AR_BYTES",
      "Guest GS access rights", "Type, S, DPL, P, AVL, L, D/B, G; bit 16 unusable"),
    VMCSFieldRow(
      .guestLDTRAccessRights, "guestLDTRAccessRights", "GUEST_LDTR_AR_BYTES",
      "Guest LDTR access rights", "Same layout; must be LDT type 2 if usable"),
    VMCSFieldRow(
      .guestTRAccessRights, "guestTRAccessRights", "GUEST_TR_AR_BYTES",
      "Guest TR access rights", "Same layout; must be a busy TSS, always usable"),
    VMCSFieldRow(
      .guestInterruptibilityState, "guestInterruptibilityState", "GUEST_INTERRUPTIBILITY_INFO",
      "Guest interruptibility state", "Blocking by STI, MOV SS, SMI, NMI; enclave bit"),
    VMCSFieldRow(
      .guestActivityState, "guestActivityState", "GUEST_ACTIVITY_STATE",
      "Guest activity state", "0 active, 1 HLT, 2 shutdown, 3 wait-for-SIPI"),
    VMCSFieldRow(
      .guestSMBASE, "guestSMBASE", "GUEST_SMBASE",
      "Guest SMBASE", "SMM base saved by SMM VM exits"),
    VMCSFieldRow(
      .guestSysenterCS, "guestSysenterCS", "GUEST_SYSENTER_CS",
      "Guest IA32_SYSENTER_CS", "SYSENTER code-segment MSR of the guest"),
    VMCSFieldRow(
      .preemptionTimerValue, "preemptionTimerValue", "VMX_PREEMPTION_TIMER_VALUE",
      "VMX-preemption timer value", "Countdown that forces an exit on reaching 0",
      existsWhen: "pin[6] activate VMX-preemption timer"),
  ]
}

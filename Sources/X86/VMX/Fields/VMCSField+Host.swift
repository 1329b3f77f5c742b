// SDM 3D, "Field Encoding in VMCS": 16-bit host-state fields.
extension VMCSField {
  @inlinable public static var hostESSelector: Self { Self(0x0c00) }
  @inlinable public static var hostCSSelector: Self { Self(0x0c02) }
  @inlinable public static var hostSSSelector: Self { Self(0x0c04) }
  @inlinable public static var hostDSSelector: Self { Self(0x0c06) }
  @inlinable public static var hostFSSelector: Self { Self(0x0c08) }
  @inlinable public static var hostGSSelector: Self { Self(0x0c0a) }
  @inlinable public static var hostTRSelector: Self { Self(0x0c0c) }

  static let host16Rows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .hostESSelector, "hostESSelector", "HOST_ES_SELECTOR",
      "Host ES selector", "ES selector loaded at VM exit"),
    VMCSFieldRow(
      .hostCSSelector, "hostCSSelector", "HOST_CS_SELECTOR",
      "Host CS selector", "CS selector loaded at VM exit"),
    VMCSFieldRow(
      .hostSSSelector, "hostSSSelector", "HOST_SS_SELECTOR",
      "Host SS selector", "SS selector loaded at VM exit"),
    VMCSFieldRow(
      .hostDSSelector, "hostDSSelector", "HOST_DS_SELECTOR",
      "Host DS selector", "DS selector loaded at VM exit"),
    VMCSFieldRow(
      .hostFSSelector, "hostFSSelector", "HOST_FS_SELECTOR",
      "Host FS selector", "FS selector loaded at VM exit"),
    VMCSFieldRow(
      .hostGSSelector, "hostGSSelector", "HOST_GS_SELECTOR",
      "Host GS selector", "GS selector loaded at VM exit"),
    VMCSFieldRow(
      .hostTRSelector, "hostTRSelector", "HOST_TR_SELECTOR",
      "Host TR selector", "Task-register selector loaded at VM exit (no host LDTR)"),
  ]
}

// SDM 3D, "Field Encoding in VMCS": 64-bit host-state fields.
extension VMCSField {
  @inlinable public static var hostPAT: Self { Self(0x2c00) }
  @inlinable public static var hostEFER: Self { Self(0x2c02) }
  @inlinable public static var hostPerfGlobalCtrl: Self { Self(0x2c04) }
  @inlinable public static var hostPKRS: Self { Self(0x2c06) }
  @inlinable public static var hostFREDConfig: Self { Self(0x2c08) }
  @inlinable public static var hostFREDRSP1: Self { Self(0x2c0a) }
  @inlinable public static var hostFREDRSP2: Self { Self(0x2c0c) }
  @inlinable public static var hostFREDRSP3: Self { Self(0x2c0e) }
  @inlinable public static var hostFREDStackLevels: Self { Self(0x2c10) }
  @inlinable public static var hostFREDSSP1: Self { Self(0x2c12) }
  @inlinable public static var hostFREDSSP2: Self { Self(0x2c14) }
  @inlinable public static var hostFREDSSP3: Self { Self(0x2c16) }
  @inlinable public static var hostSpecCtrl: Self { Self(0x2c1a) }

  static let host64Rows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .hostPAT, "hostPAT", "HOST_IA32_PAT",
      "Host IA32_PAT", "Page-attribute-table MSR loaded at exit",
      existsWhen: "exit[19] load IA32_PAT"),
    VMCSFieldRow(
      .hostEFER, "hostEFER", "HOST_IA32_EFER",
      "Host IA32_EFER", "Extended-feature MSR loaded at exit",
      existsWhen: "exit[21] load IA32_EFER"),
    VMCSFieldRow(
      .hostPerfGlobalCtrl, "hostPerfGlobalCtrl", "HOST_IA32_PERF_GLOBAL_CTRL",
      "Host IA32_PERF_GLOBAL_CTRL", "Performance-counter enable MSR loaded at exit",
      existsWhen: "exit[12] load IA32_PERF_GLOBAL_CTRL"),
    VMCSFieldRow(
      .hostPKRS, "hostPKRS", "HOST_IA32_PKRS",
      "Host IA32_PKRS", "Supervisor protection-key rights loaded at exit",
      existsWhen: "exit[29] load PKRS"),
    VMCSFieldRow(
      .hostFREDConfig, "hostFREDConfig", "HOST_IA32_FRED_CONFIG",
      "Host IA32_FRED_CONFIG", "FRED configuration loaded at exit",
      existsWhen: "exit2[1] load host FRED state"),
    VMCSFieldRow(
      .hostFREDRSP1, "hostFREDRSP1", "HOST_IA32_FRED_RSP1",
      "Host IA32_FRED_RSP1", "FRED level-1 stack pointer loaded at exit",
      existsWhen: "exit2[1] load host FRED state"),
    VMCSFieldRow(
      .hostFREDRSP2, "hostFREDRSP2", "HOST_IA32_FRED_RSP2",
      "Host IA32_FRED_RSP2", "FRED level-2 stack pointer loaded at exit",
      existsWhen: "exit2[1] load host FRED state"),
    VMCSFieldRow(
      .hostFREDRSP3, "hostFREDRSP3", "HOST_IA32_FRED_RSP3",
      "Host IA32_FRED_RSP3", "FRED level-3 stack pointer loaded at exit",
      existsWhen: "exit2[1] load host FRED state"),
    VMCSFieldRow(
      .hostFREDStackLevels, "hostFREDStackLevels", "HOST_IA32_FRED_STKLVLS",
      "Host IA32_FRED_STKLVLS", "FRED stack-level map loaded at exit",
      existsWhen: "exit2[1] load host FRED state"),
    VMCSFieldRow(
      .hostFREDSSP1, "hostFREDSSP1", "HOST_IA32_FRED_SSP1",
      "Host IA32_FRED_SSP1", "FRED level-1 shadow-stack pointer loaded at exit",
      existsWhen: "exit2[1] load host FRED state"),
    VMCSFieldRow(
      .hostFREDSSP2, "hostFREDSSP2", "HOST_IA32_FRED_SSP2",
      "Host IA32_FRED_SSP2", "FRED level-2 shadow-stack pointer loaded at exit",
      existsWhen: "exit2[1] load host FRED state"),
    VMCSFieldRow(
      .hostFREDSSP3, "hostFREDSSP3", "HOST_IA32_FRED_SSP3",
      "Host IA32_FRED_SSP3", "FRED level-3 shadow-stack pointer loaded at exit",
      existsWhen: "exit2[1] load host FRED state"),
    VMCSFieldRow(
      .hostSpecCtrl, "hostSpecCtrl", "HOST_IA32_SPEC_CTRL",
      "Host IA32_SPEC_CTRL", "Speculation-control MSR loaded at exit",
      existsWhen: "exit2[2] load host IA32_SPEC_CTRL"),
  ]
}

// SDM 3D, "Field Encoding in VMCS": 32-bit host-state fields.
extension VMCSField {
  @inlinable public static var hostSysenterCS: Self { Self(0x4c00) }

  static let host32Rows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .hostSysenterCS, "hostSysenterCS", "HOST_IA32_SYSENTER_CS",
      "Host IA32_SYSENTER_CS", "SYSENTER code-segment MSR loaded at exit")
  ]
}

// SDM 3D, "Field Encoding in VMCS": natural-width host-state fields.
extension VMCSField {
  @inlinable public static var hostCR0: Self { Self(0x6c00) }
  @inlinable public static var hostCR3: Self { Self(0x6c02) }
  @inlinable public static var hostCR4: Self { Self(0x6c04) }
  @inlinable public static var hostFSBase: Self { Self(0x6c06) }
  @inlinable public static var hostGSBase: Self { Self(0x6c08) }
  @inlinable public static var hostTRBase: Self { Self(0x6c0a) }
  @inlinable public static var hostGDTRBase: Self { Self(0x6c0c) }
  @inlinable public static var hostIDTRBase: Self { Self(0x6c0e) }
  @inlinable public static var hostSysenterESP: Self { Self(0x6c10) }
  @inlinable public static var hostSysenterEIP: Self { Self(0x6c12) }
  @inlinable public static var hostRSP: Self { Self(0x6c14) }
  @inlinable public static var hostRIP: Self { Self(0x6c16) }
  @inlinable public static var hostSCET: Self { Self(0x6c18) }
  @inlinable public static var hostSSP: Self { Self(0x6c1a) }
  @inlinable public static var hostInterruptSSPTable: Self { Self(0x6c1c) }

  static let hostNaturalRows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .hostCR0, "hostCR0", "HOST_CR0",
      "Host CR0", "CR0 loaded at exit"),
    VMCSFieldRow(
      .hostCR3, "hostCR3", "HOST_CR3",
      "Host CR3", "CR3 loaded at exit"),
    VMCSFieldRow(
      .hostCR4, "hostCR4", "HOST_CR4",
      "Host CR4", "CR4 loaded at exit"),
    VMCSFieldRow(
      .hostFSBase, "hostFSBase", "HOST_FS_BASE",
      "Host FS base", "FS base loaded at exit"),
    VMCSFieldRow(
      .hostGSBase, "hostGSBase", "HOST_GS_BASE",
      "Host GS base", "GS base loaded at exit"),
    VMCSFieldRow(
      .hostTRBase, "hostTRBase", "HOST_TR_BASE",
      "Host TR base", "Task-state segment base loaded at exit"),
    VMCSFieldRow(
      .hostGDTRBase, "hostGDTRBase", "HOST_GDTR_BASE",
      "Host GDTR base", "GDT base loaded at exit (limit forced to FFFF)"),
    VMCSFieldRow(
      .hostIDTRBase, "hostIDTRBase", "HOST_IDTR_BASE",
      "Host IDTR base", "IDT base loaded at exit (limit forced to FFFF)"),
    VMCSFieldRow(
      .hostSysenterESP, "hostSysenterESP", "HOST_IA32_SYSENTER_ESP",
      "Host IA32_SYSENTER_ESP", "SYSENTER stack pointer loaded at exit"),
    VMCSFieldRow(
      .hostSysenterEIP, "hostSysenterEIP", "HOST_IA32_SYSENTER_EIP",
      "Host IA32_SYSENTER_EIP", "SYSENTER entry point loaded at exit"),
    VMCSFieldRow(
      .hostRSP, "hostRSP", "HOST_RSP",
      "Host RSP", "Stack pointer loaded at exit"),
    VMCSFieldRow(
      .hostRIP, "hostRIP", "HOST_RIP",
      "Host RIP", "Exit handler address loaded at exit"),
    VMCSFieldRow(
      .hostSCET, "hostSCET", "HOST_S_CET",
      "Host IA32_S_CET", "Supervisor CET MSR loaded at exit",
      existsWhen: "exit[28] load CET state"),
    VMCSFieldRow(
      .hostSSP, "hostSSP", "HOST_SSP",
      "Host SSP", "Shadow-stack pointer loaded at exit",
      existsWhen: "exit[28] load CET state"),
    VMCSFieldRow(
      .hostInterruptSSPTable, "hostInterruptSSPTable", "HOST_INTR_SSP_TABLE",
      "Host IA32_INTERRUPT_SSP_TABLE_ADDR", "Interrupt shadow-stack table loaded at exit",
      existsWhen: "exit[28] load CET state"),
  ]
}

// SDM 3D, "Field Encoding in VMCS": 64-bit control fields.
extension VMCSField {
  @inlinable public static var ioBitmapA: Self { Self(0x2000) }
  @inlinable public static var ioBitmapB: Self { Self(0x2002) }
  @inlinable public static var msrBitmaps: Self { Self(0x2004) }
  @inlinable public static var exitMSRStoreAddress: Self { Self(0x2006) }
  @inlinable public static var exitMSRLoadAddress: Self { Self(0x2008) }
  @inlinable public static var entryMSRLoadAddress: Self { Self(0x200a) }
  @inlinable public static var executiveVMCSPointer: Self { Self(0x200c) }
  @inlinable public static var pmlAddress: Self { Self(0x200e) }
  @inlinable public static var tscOffset: Self { Self(0x2010) }
  @inlinable public static var virtualAPICAddress: Self { Self(0x2012) }
  @inlinable public static var apicAccessAddress: Self { Self(0x2014) }
  @inlinable public static var postedInterruptDescriptorAddress: Self { Self(0x2016) }
  @inlinable public static var vmFunctionControls: Self { Self(0x2018) }
  @inlinable public static var eptPointer: Self { Self(0x201a) }
  @inlinable public static var eoiExitBitmap0: Self { Self(0x201c) }
  @inlinable public static var eoiExitBitmap1: Self { Self(0x201e) }
  @inlinable public static var eoiExitBitmap2: Self { Self(0x2020) }
  @inlinable public static var eoiExitBitmap3: Self { Self(0x2022) }
  @inlinable public static var eptpListAddress: Self { Self(0x2024) }
  @inlinable public static var vmreadBitmap: Self { Self(0x2026) }
  @inlinable public static var vmwriteBitmap: Self { Self(0x2028) }
  @inlinable public static var virtualizationExceptionInformationAddress: Self { Self(0x202a) }
  @inlinable public static var xssExitingBitmap: Self { Self(0x202c) }
  @inlinable public static var enclsExitingBitmap: Self { Self(0x202e) }
  @inlinable public static var subPagePermissionTablePointer: Self { Self(0x2030) }
  @inlinable public static var tscMultiplier: Self { Self(0x2032) }
  @inlinable public static var tertiaryProcessorBasedControls: Self { Self(0x2034) }
  @inlinable public static var enclvExitingBitmap: Self { Self(0x2036) }
  @inlinable public static var lowPASIDDirectoryAddress: Self { Self(0x2038) }
  @inlinable public static var highPASIDDirectoryAddress: Self { Self(0x203a) }
  @inlinable public static var sharedEPTPointer: Self { Self(0x203c) }
  @inlinable public static var pconfigExitingBitmap: Self { Self(0x203e) }
  @inlinable public static var hlatPointer: Self { Self(0x2040) }
  @inlinable public static var pidPointerTableAddress: Self { Self(0x2042) }
  @inlinable public static var secondaryExitControls: Self { Self(0x2044) }
  @inlinable public static var specCtrlMask: Self { Self(0x204a) }
  @inlinable public static var specCtrlShadow: Self { Self(0x204c) }
  @inlinable public static var guestDeadlineShadow: Self { Self(0x204e) }
  @inlinable public static var injectedEventData: Self { Self(0x2052) }

  static let control64Rows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .ioBitmapA, "ioBitmapA", "IO_BITMAP_A",
      "Address of I/O bitmap A", "Physical page with one bit per port 0000-7FFF",
      existsWhen: "always (used when primary[25])"),
    VMCSFieldRow(
      .ioBitmapB, "ioBitmapB", "IO_BITMAP_B",
      "Address of I/O bitmap B", "Physical page with one bit per port 8000-FFFF",
      existsWhen: "always (used when primary[25])"),
    VMCSFieldRow(
      .msrBitmaps, "msrBitmaps", "MSR_BITMAP",
      "Address of MSR bitmaps",
      "Physical page: read-low, read-high, write-low, write-high, 1 KiB each",
      existsWhen: "primary[28] use MSR bitmaps"),
    VMCSFieldRow(
      .exitMSRStoreAddress, "exitMSRStoreAddress", "VM_EXIT_MSR_STORE_ADDR",
      "VM-exit MSR-store address", "List of guest MSRs saved at exit"),
    VMCSFieldRow(
      .exitMSRLoadAddress, "exitMSRLoadAddress", "VM_EXIT_MSR_LOAD_ADDR",
      "VM-exit MSR-load address", "List of host MSRs loaded at exit"),
    VMCSFieldRow(
      .entryMSRLoadAddress, "entryMSRLoadAddress", "VM_ENTRY_MSR_LOAD_ADDR",
      "VM-entry MSR-load address", "List of guest MSRs loaded at entry"),
    VMCSFieldRow(
      .executiveVMCSPointer, "executiveVMCSPointer", "EXECUTIVE_VMCS_POINTER",
      "Executive-VMCS pointer", "VMXON region or VMCS used by dual-monitor SMM"),
    VMCSFieldRow(
      .pmlAddress, "pmlAddress", "PML_ADDRESS",
      "PML address", "Physical page holding the 512-entry page-modification log",
      existsWhen: "secondary[17] enable PML"),
    VMCSFieldRow(
      .tscOffset, "tscOffset", "TSC_OFFSET",
      "TSC offset", "Signed value added to guest reads of the TSC",
      existsWhen: "always (used when primary[3])"),
    VMCSFieldRow(
      .virtualAPICAddress, "virtualAPICAddress", "VIRTUAL_APIC_PAGE_ADDR",
      "Virtual-APIC address", "Physical page shadowing the guest's local APIC registers",
      existsWhen: "primary[21] use TPR shadow"),
    VMCSFieldRow(
      .apicAccessAddress, "apicAccessAddress", "APIC_ACCESS_ADDR",
      "APIC-access address", "Physical page whose accesses are treated as APIC accesses",
      existsWhen: "secondary[0] virtualize APIC accesses"),
    VMCSFieldRow(
      .postedInterruptDescriptorAddress, "postedInterruptDescriptorAddress",
      "POSTED_INTR_DESC_ADDR",
      "Posted-interrupt descriptor address",
      "64-byte descriptor: 256 request bits plus outstanding flag",
      existsWhen: "pin[7] process posted interrupts"),
    VMCSFieldRow(
      .vmFunctionControls, "vmFunctionControls", "VM_FUNCTION_CONTROL",
      "VM-function controls", "One bit per VMFUNC leaf; bit 0 EPTP switching",
      existsWhen: "secondary[13] enable VM functions"),
    VMCSFieldRow(
      .eptPointer, "eptPointer", "EPT_POINTER",
      "EPT pointer (EPTP)", "Root of the EPT tables plus walk and type settings",
      existsWhen: "secondary[1] enable EPT"),
    VMCSFieldRow(
      .eoiExitBitmap0, "eoiExitBitmap0", "EOI_EXIT_BITMAP0",
      "EOI-exit bitmap 0", "Vectors 0-63 whose EOI causes an exit",
      existsWhen: "secondary[9] virtual-interrupt delivery"),
    VMCSFieldRow(
      .eoiExitBitmap1, "eoiExitBitmap1", "EOI_EXIT_BITMAP1",
      "EOI-exit bitmap 1", "Vectors 64-127 whose EOI causes an exit",
      existsWhen: "secondary[9] virtual-interrupt delivery"),
    VMCSFieldRow(
      .eoiExitBitmap2, "eoiExitBitmap2", "EOI_EXIT_BITMAP2",
      "EOI-exit bitmap 2", "Vectors 128-191 whose EOI causes an exit",
      existsWhen: "secondary[9] virtual-interrupt delivery"),
    VMCSFieldRow(
      .eoiExitBitmap3, "eoiExitBitmap3", "EOI_EXIT_BITMAP3",
      "EOI-exit bitmap 3", "Vectors 192-255 whose EOI causes an exit",
      existsWhen: "secondary[9] virtual-interrupt delivery"),
    VMCSFieldRow(
      .eptpListAddress, "eptpListAddress", "EPTP_LIST_ADDRESS",
      "EPTP-list address", "Physical page with 512 EPT pointers for VMFUNC leaf 0",
      existsWhen: "VMFUNC[0] EPTP switching"),
    VMCSFieldRow(
      .vmreadBitmap, "vmreadBitmap", "VMREAD_BITMAP",
      "VMREAD-bitmap address", "Page: bit set means VMREAD of that field exits",
      existsWhen: "secondary[14] VMCS shadowing"),
    VMCSFieldRow(
      .vmwriteBitmap, "vmwriteBitmap", "VMWRITE_BITMAP",
      "VMWRITE-bitmap address", "Page: bit set means VMWRITE of that field exits",
      existsWhen: "secondary[14] VMCS shadowing"),
    VMCSFieldRow(
      .virtualizationExceptionInformationAddress, "virtualizationExceptionInformationAddress",
      "VE_INFORMATION_ADDRESS",
      "Virtualization-exception information address", "Physical page where the CPU records a #VE",
      existsWhen: "secondary[18] EPT-violation #VE"),
    VMCSFieldRow(
      .xssExitingBitmap, "xssExitingBitmap", "XSS_EXIT_BITMAP",
      "XSS-exiting bitmap", "XSAVES/XRSTORS exit if selected component bits are set here",
      existsWhen: "secondary[20] enable XSAVES/XRSTORS"),
    VMCSFieldRow(
      .enclsExitingBitmap, "enclsExitingBitmap", "ENCLS_EXITING_BITMAP",
      "ENCLS-exiting bitmap", "ENCLS leaves (by EAX) that exit",
      existsWhen: "secondary[15] enable ENCLS exiting"),
    VMCSFieldRow(
      .subPagePermissionTablePointer, "subPagePermissionTablePointer", "SPP_TABLE_POINTER",
      "Sub-page-permission-table pointer", "Root of the table with 128-byte write permissions",
      existsWhen: "secondary[23] sub-page write permissions for EPT"),
    VMCSFieldRow(
      .tscMultiplier, "tscMultiplier", "TSC_MULTIPLIER",
      "TSC multiplier", "48-bit-fraction factor applied to the TSC before the offset",
      existsWhen: "secondary[25] use TSC scaling"),
    VMCSFieldRow(
      .tertiaryProcessorBasedControls, "tertiaryProcessorBasedControls", "TERTIARY_VM_EXEC_CONTROL",
      "Tertiary processor-based VM-execution controls",
      "Third set of execution controls, 64 bits wide",
      existsWhen: "primary[17] activate tertiary controls"),
    VMCSFieldRow(
      .enclvExitingBitmap, "enclvExitingBitmap", "ENCLV_EXITING_BITMAP",
      "ENCLV-exiting bitmap", "ENCLV leaves (by EAX) that exit",
      existsWhen: "secondary[28] enable ENCLV exiting"),
    VMCSFieldRow(
      .lowPASIDDirectoryAddress, "lowPASIDDirectoryAddress", "LOW_PASID_DIR_ADDR",
      "Low PASID directory address", "Physical page translating guest PASIDs with bit 19 clear",
      existsWhen: "secondary[21] PASID translation"),
    VMCSFieldRow(
      .highPASIDDirectoryAddress, "highPASIDDirectoryAddress", "HIGH_PASID_DIR_ADDR",
      "High PASID directory address", "Physical page translating guest PASIDs with bit 19 set",
      existsWhen: "secondary[21] PASID translation"),
    VMCSFieldRow(
      .sharedEPTPointer, "sharedEPTPointer", "SHARED_EPT_POINTER",
      "Shared EPT pointer", "Second EPT root for shared memory of a trust domain",
      existsWhen: "SEAM/TDX processors only"),
    VMCSFieldRow(
      .pconfigExitingBitmap, "pconfigExitingBitmap", "PCONFIG_EXITING_BITMAP",
      "PCONFIG-exiting bitmap", "PCONFIG leaves (by EAX) that exit",
      existsWhen: "secondary[27] enable PCONFIG"),
    VMCSFieldRow(
      .hlatPointer, "hlatPointer", "HLAT_POINTER",
      "HLAT pointer (HLATP)", "Physical root of the hypervisor-managed linear-address tables",
      existsWhen: "tertiary[1] enable HLAT"),
    VMCSFieldRow(
      .pidPointerTableAddress, "pidPointerTableAddress", "PID_POINTER_TABLE",
      "PID-pointer table address",
      "Table of posted-interrupt descriptor addresses, indexed by APIC ID",
      existsWhen: "tertiary[4] IPI virtualization"),
    VMCSFieldRow(
      .secondaryExitControls, "secondaryExitControls", "SECONDARY_VM_EXIT_CONTROLS",
      "Secondary VM-exit controls", "Second, 64-bit set of VM-exit controls",
      existsWhen: "exit[31] activate secondary controls"),
    VMCSFieldRow(
      .specCtrlMask, "specCtrlMask", "IA32_SPEC_CTRL_MASK",
      "IA32_SPEC_CTRL mask", "Bits of IA32_SPEC_CTRL the guest cannot change",
      existsWhen: "tertiary[7] virtualize IA32_SPEC_CTRL"),
    VMCSFieldRow(
      .specCtrlShadow, "specCtrlShadow", "IA32_SPEC_CTRL_SHADOW",
      "IA32_SPEC_CTRL shadow", "IA32_SPEC_CTRL value that the guest reads back",
      existsWhen: "tertiary[7] virtualize IA32_SPEC_CTRL"),
    VMCSFieldRow(
      .guestDeadlineShadow, "guestDeadlineShadow", "GUEST_DEADLINE_SHADOW",
      "Guest deadline shadow", "Guest's own view of its APIC-timer deadline",
      existsWhen: "tertiary[8] APIC-timer virtualization"),
    VMCSFieldRow(
      .injectedEventData, "injectedEventData", "INJECTED_EVENT_DATA",
      "Injected-event data", "Event data delivered with an event injected into FRED guests",
      existsWhen: "entry[23] load guest FRED state"),
  ]
}

/// SDM 3C, "Processor-Based VM-Execution Controls": masks of the secondary controls.
public enum SecondaryControls {
  @inlinable public static var virtualizeAPICAccesses: UInt64 { 1 << 0 }
  @inlinable public static var enableEPT: UInt64 { 1 << 1 }
  @inlinable public static var descriptorTableExiting: UInt64 { 1 << 2 }
  @inlinable public static var enableRDTSCP: UInt64 { 1 << 3 }
  @inlinable public static var virtualizeX2APICMode: UInt64 { 1 << 4 }
  @inlinable public static var enableVPID: UInt64 { 1 << 5 }
  @inlinable public static var wbinvdExiting: UInt64 { 1 << 6 }
  @inlinable public static var unrestrictedGuest: UInt64 { 1 << 7 }
  @inlinable public static var apicRegisterVirtualization: UInt64 { 1 << 8 }
  @inlinable public static var virtualInterruptDelivery: UInt64 { 1 << 9 }
  @inlinable public static var pauseLoopExiting: UInt64 { 1 << 10 }
  @inlinable public static var rdrandExiting: UInt64 { 1 << 11 }
  @inlinable public static var enableINVPCID: UInt64 { 1 << 12 }
  @inlinable public static var enableVMFunctions: UInt64 { 1 << 13 }
  @inlinable public static var vmcsShadowing: UInt64 { 1 << 14 }
  @inlinable public static var enableENCLSExiting: UInt64 { 1 << 15 }
  @inlinable public static var rdseedExiting: UInt64 { 1 << 16 }
  @inlinable public static var enablePML: UInt64 { 1 << 17 }
  @inlinable public static var eptViolationVE: UInt64 { 1 << 18 }
  @inlinable public static var concealVMXFromPT: UInt64 { 1 << 19 }
  @inlinable public static var enableXSAVES: UInt64 { 1 << 20 }
  @inlinable public static var pasidTranslation: UInt64 { 1 << 21 }
  @inlinable public static var modeBasedExecuteControl: UInt64 { 1 << 22 }
  @inlinable public static var subPageWritePermissions: UInt64 { 1 << 23 }
  @inlinable public static var ptUsesGuestPhysicalAddresses: UInt64 { 1 << 24 }
  @inlinable public static var useTSCScaling: UInt64 { 1 << 25 }
  @inlinable public static var enableUserWaitAndPause: UInt64 { 1 << 26 }
  @inlinable public static var enablePCONFIG: UInt64 { 1 << 27 }
  @inlinable public static var enableENCLVExiting: UInt64 { 1 << 28 }
  @inlinable public static var enableEPCVirtualizationExtensions: UInt64 { 1 << 29 }
  @inlinable public static var busLockDetection: UInt64 { 1 << 30 }
  @inlinable public static var instructionTimeout: UInt64 { 1 << 31 }
}

extension VMXControl {
  static let secondaryRows: [VMXControl] = [
    VMXControl(
      .secondary, SecondaryControls.virtualizeAPICAccesses, "virtualize APIC accesses",
      "Accesses to the page at the APIC-access address are virtualised or exit (reason 44)",
      dependsOn: "needs 4-KiB aligned APIC-access address; excludes secondary[4]"),
    VMXControl(
      .secondary, SecondaryControls.enableEPT, "enable EPT",
      "Guest-physical addresses go through EPT (EPTP, 201AH)",
      dependsOn: "needs valid EPTP"),
    VMXControl(
      .secondary, SecondaryControls.descriptorTableExiting, "descriptor-table exiting",
      "LGDT, LIDT, LLDT, LTR, SGDT, SIDT, SLDT, STR exit (reasons 46, 47)"),
    VMXControl(
      .secondary, SecondaryControls.enableRDTSCP, "enable RDTSCP",
      "If 0, RDTSCP (and RDPID) raise #UD in the guest"),
    VMXControl(
      .secondary, SecondaryControls.virtualizeX2APICMode, "virtualize x2APIC mode",
      "RDMSR/WRMSR to x2APIC registers use the virtual-APIC page",
      dependsOn: "needs primary[21]; excludes secondary[0]"),
    VMXControl(
      .secondary, SecondaryControls.enableVPID, "enable VPID",
      "TLB entries are tagged with the VPID; entries and exits need not flush",
      dependsOn: "VPID must not be 0"),
    VMXControl(
      .secondary, SecondaryControls.wbinvdExiting, "WBINVD exiting",
      "WBINVD (and WBNOINVD) causes exit reason 54"),
    VMXControl(
      .secondary, SecondaryControls.unrestrictedGuest, "unrestricted guest",
      "Guest may run with CR0.PE=0 or CR0.PG=0",
      dependsOn: "needs secondary[1]"),
    VMXControl(
      .secondary, SecondaryControls.apicRegisterVirtualization, "APIC-register virtualization",
      "Most APIC register reads are answered from the virtual-APIC page",
      dependsOn: "needs primary[21]"),
    VMXControl(
      .secondary, SecondaryControls.virtualInterruptDelivery, "virtual-interrupt delivery",
      "CPU evaluates and delivers pending virtual interrupts; virtualises TPR, EOI and self-IPI",
      dependsOn: "needs primary[21] and pin[0]"),
    VMXControl(
      .secondary, SecondaryControls.pauseLoopExiting, "PAUSE-loop exiting",
      "PAUSE loops at CPL 0 longer than PLE_Window exit (reason 40)"),
    VMXControl(
      .secondary, SecondaryControls.rdrandExiting, "RDRAND exiting",
      "RDRAND causes exit reason 57"),
    VMXControl(
      .secondary, SecondaryControls.enableINVPCID, "enable INVPCID",
      "If 0, INVPCID raises #UD in the guest"),
    VMXControl(
      .secondary, SecondaryControls.enableVMFunctions, "enable VM functions",
      "VMFUNC leaves enabled in 2018H may be used without exit"),
    VMXControl(
      .secondary, SecondaryControls.vmcsShadowing, "VMCS shadowing",
      "Guest VMREAD/VMWRITE may act on the shadow VMCS at the link pointer",
      dependsOn: "needs 4-KiB aligned VMREAD and VMWRITE bitmaps"),
    VMXControl(
      .secondary, SecondaryControls.enableENCLSExiting, "enable ENCLS exiting",
      "ENCLS leaves selected in 202EH exit (reason 60)"),
    VMXControl(
      .secondary, SecondaryControls.rdseedExiting, "RDSEED exiting",
      "RDSEED causes exit reason 61"),
    VMXControl(
      .secondary, SecondaryControls.enablePML, "enable PML",
      "Guest-physical addresses newly marked dirty in EPT are logged; full log exits (reason 62)",
      dependsOn: "needs secondary[1] and 4-KiB aligned PML address"),
    VMXControl(
      .secondary, SecondaryControls.eptViolationVE, "EPT-violation #VE",
      "Convertible EPT violations raise exception 20 in the guest instead of exiting",
      dependsOn: "needs 4-KiB aligned information address"),
    VMXControl(
      .secondary, SecondaryControls.concealVMXFromPT, "conceal VMX from PT",
      "Processor Trace omits signs of VMX non-root operation"),
    VMXControl(
      .secondary, SecondaryControls.enableXSAVES, "enable XSAVES/XRSTORS",
      "If 0, XSAVES and XRSTORS raise #UD in the guest"),
    VMXControl(
      .secondary, SecondaryControls.pasidTranslation, "PASID translation",
      "ENQCMD/ENQCMDS translate the guest PASID through the PASID directories",
      dependsOn: "needs the two directory addresses"),
    VMXControl(
      .secondary, SecondaryControls.modeBasedExecuteControl, "mode-based execute control for EPT",
      "EPT bit 2 governs supervisor fetches only and bit 10 governs user fetches",
      dependsOn: "needs secondary[1]"),
    VMXControl(
      .secondary, SecondaryControls.subPageWritePermissions, "sub-page write permissions for EPT",
      "128-byte write permissions through the SPP table",
      dependsOn: "needs secondary[1] and 4-KiB aligned SPPTP"),
    VMXControl(
      .secondary, SecondaryControls.ptUsesGuestPhysicalAddresses,
      "Intel PT uses guest physical addresses",
      "PT output addresses are guest-physical and go through EPT",
      dependsOn: "needs secondary[1] plus entry[18] and exit[25]"),
    VMXControl(
      .secondary, SecondaryControls.useTSCScaling, "use TSC scaling",
      "Guest TSC = host TSC * multiplier >> 48, plus offset; only effective with primary[3]",
      dependsOn: "multiplier must not be 0"),
    VMXControl(
      .secondary, SecondaryControls.enableUserWaitAndPause, "enable user wait and pause",
      "If 0, TPAUSE, UMONITOR and UMWAIT raise #UD in the guest"),
    VMXControl(
      .secondary, SecondaryControls.enablePCONFIG, "enable PCONFIG",
      "If 0, PCONFIG raises #UD; if 1, leaves selected in 203EH exit"),
    VMXControl(
      .secondary, SecondaryControls.enableENCLVExiting, "enable ENCLV exiting",
      "ENCLV leaves selected in 2036H exit (reason 70)"),
    VMXControl(
      .secondary, SecondaryControls.enableEPCVirtualizationExtensions,
      "enable EPC virtualization extensions",
      "Helps a hypervisor over-commit the SGX page cache"),
    VMXControl(
      .secondary, SecondaryControls.busLockDetection, "VMM bus-lock detection",
      "Bus locks taken by the guest cause exit reason 74"),
    VMXControl(
      .secondary, SecondaryControls.instructionTimeout, "instruction timeout",
      "Exit reason 75 when no instruction boundary opens for the time in 4024H"),
  ]
}

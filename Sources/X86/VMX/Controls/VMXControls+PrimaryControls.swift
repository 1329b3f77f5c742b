/// SDM 3C, "Processor-Based VM-Execution Controls": masks of the primary controls.
public enum PrimaryControls {
  @inlinable public static var interruptWindowExiting: UInt64 { 1 << 2 }
  @inlinable public static var useTSCOffsetting: UInt64 { 1 << 3 }
  @inlinable public static var hltExiting: UInt64 { 1 << 7 }
  @inlinable public static var invlpgExiting: UInt64 { 1 << 9 }
  @inlinable public static var mwaitExiting: UInt64 { 1 << 10 }
  @inlinable public static var rdpmcExiting: UInt64 { 1 << 11 }
  @inlinable public static var rdtscExiting: UInt64 { 1 << 12 }
  @inlinable public static var cr3LoadExiting: UInt64 { 1 << 15 }
  @inlinable public static var cr3StoreExiting: UInt64 { 1 << 16 }
  @inlinable public static var activateTertiaryControls: UInt64 { 1 << 17 }
  @inlinable public static var cr8LoadExiting: UInt64 { 1 << 19 }
  @inlinable public static var cr8StoreExiting: UInt64 { 1 << 20 }
  @inlinable public static var useTPRShadow: UInt64 { 1 << 21 }
  @inlinable public static var nmiWindowExiting: UInt64 { 1 << 22 }
  @inlinable public static var movDRExiting: UInt64 { 1 << 23 }
  @inlinable public static var unconditionalIOExiting: UInt64 { 1 << 24 }
  @inlinable public static var useIOBitmaps: UInt64 { 1 << 25 }
  @inlinable public static var monitorTrapFlag: UInt64 { 1 << 27 }
  @inlinable public static var useMSRBitmaps: UInt64 { 1 << 28 }
  @inlinable public static var monitorExiting: UInt64 { 1 << 29 }
  @inlinable public static var pauseExiting: UInt64 { 1 << 30 }
  @inlinable public static var activateSecondaryControls: UInt64 { 1 << 31 }
}

extension VMXControl {
  static let primaryRows: [VMXControl] = [
    VMXControl(
      .primary, PrimaryControls.interruptWindowExiting, "interrupt-window exiting",
      "Exit (reason 7) once RFLAGS.IF=1 and neither STI nor MOV SS blocks interrupts"),
    VMXControl(
      .primary, PrimaryControls.useTSCOffsetting, "use TSC offsetting",
      "RDTSC, RDTSCP and RDMSR of the TSC return TSC plus the TSC offset"),
    VMXControl(
      .primary, PrimaryControls.hltExiting, "HLT exiting",
      "HLT causes exit reason 12"),
    VMXControl(
      .primary, PrimaryControls.invlpgExiting, "INVLPG exiting",
      "INVLPG (and INVPCID when enabled) causes exit 14 (58)"),
    VMXControl(
      .primary, PrimaryControls.mwaitExiting, "MWAIT exiting",
      "MWAIT causes exit reason 36"),
    VMXControl(
      .primary, PrimaryControls.rdpmcExiting, "RDPMC exiting",
      "RDPMC causes exit reason 15"),
    VMXControl(
      .primary, PrimaryControls.rdtscExiting, "RDTSC exiting",
      "RDTSC causes exit 16 and RDTSCP exit 51"),
    VMXControl(
      .primary, PrimaryControls.cr3LoadExiting, "CR3-load exiting",
      "MOV to CR3 exits (reason 28) unless the value equals an active CR3-target value"),
    VMXControl(
      .primary, PrimaryControls.cr3StoreExiting, "CR3-store exiting",
      "MOV from CR3 exits (reason 28)"),
    VMXControl(
      .primary, PrimaryControls.activateTertiaryControls, "activate tertiary controls",
      "The 64-bit tertiary controls (2034H) are used; else treated as all 0"),
    VMXControl(
      .primary, PrimaryControls.cr8LoadExiting, "CR8-load exiting",
      "MOV to CR8 exits (reason 28)"),
    VMXControl(
      .primary, PrimaryControls.cr8StoreExiting, "CR8-store exiting",
      "MOV from CR8 exits (reason 28)"),
    VMXControl(
      .primary, PrimaryControls.useTPRShadow, "use TPR shadow",
      "CR8 and APIC TPR accesses use the virtual-APIC page; enables TPR-threshold exits",
      dependsOn: "needs 4-KiB aligned virtual-APIC address"),
    VMXControl(
      .primary, PrimaryControls.nmiWindowExiting, "NMI-window exiting",
      "Exit (reason 8) as soon as virtual NMIs are not blocked",
      dependsOn: "needs pin[5]"),
    VMXControl(
      .primary, PrimaryControls.movDRExiting, "MOV-DR exiting",
      "MOV to or from debug registers exits (reason 29)"),
    VMXControl(
      .primary, PrimaryControls.unconditionalIOExiting, "unconditional I/O exiting",
      "Every IN/OUT/INS/OUTS exits (reason 30); ignored when bit 25 is 1"),
    VMXControl(
      .primary, PrimaryControls.useIOBitmaps, "use I/O bitmaps",
      "IN/OUT exit only if a bit for any accessed port is 1",
      dependsOn: "needs 4-KiB aligned bitmaps A and B"),
    VMXControl(
      .primary, PrimaryControls.monitorTrapFlag, "monitor trap flag",
      "Exit (reason 37) after each guest instruction, for single stepping"),
    VMXControl(
      .primary, PrimaryControls.useMSRBitmaps, "use MSR bitmaps",
      "RDMSR/WRMSR exit only as the bitmaps say; if 0 every RDMSR/WRMSR exits",
      dependsOn: "needs 4-KiB aligned bitmap"),
    VMXControl(
      .primary, PrimaryControls.monitorExiting, "MONITOR exiting",
      "MONITOR causes exit reason 39"),
    VMXControl(
      .primary, PrimaryControls.pauseExiting, "PAUSE exiting",
      "Every PAUSE causes exit reason 40"),
    VMXControl(
      .primary, PrimaryControls.activateSecondaryControls, "activate secondary controls",
      "The secondary controls (401EH) are used; else treated as all 0"),
  ]
}

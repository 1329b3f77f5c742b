/// SDM 3C, "VM-Entry Controls": masks of the entry controls.
public enum EntryControls {
  @inlinable public static var loadDebugControls: UInt64 { 1 << 2 }
  @inlinable public static var ia32eModeGuest: UInt64 { 1 << 9 }
  @inlinable public static var entryToSMM: UInt64 { 1 << 10 }
  @inlinable public static var deactivateDualMonitorTreatment: UInt64 { 1 << 11 }
  @inlinable public static var loadPerfGlobalCtrl: UInt64 { 1 << 13 }
  @inlinable public static var loadPAT: UInt64 { 1 << 14 }
  @inlinable public static var loadEFER: UInt64 { 1 << 15 }
  @inlinable public static var loadBndcfgs: UInt64 { 1 << 16 }
  @inlinable public static var concealVMXFromPT: UInt64 { 1 << 17 }
  @inlinable public static var loadRTITCtl: UInt64 { 1 << 18 }
  @inlinable public static var loadUINV: UInt64 { 1 << 19 }
  @inlinable public static var loadCETState: UInt64 { 1 << 20 }
  @inlinable public static var loadGuestLBRCtl: UInt64 { 1 << 21 }
  @inlinable public static var loadPKRS: UInt64 { 1 << 22 }
  @inlinable public static var loadGuestFREDState: UInt64 { 1 << 23 }
  @inlinable public static var loadGuestSpecCtrl: UInt64 { 1 << 24 }
}

extension VMXControl {
  static let entryRows: [VMXControl] = [
    VMXControl(
      .entry, EntryControls.loadDebugControls, "load debug controls",
      "Load DR7 and IA32_DEBUGCTL from the guest area"),
    VMXControl(
      .entry, EntryControls.ia32eModeGuest, "IA-32e mode guest",
      "Guest starts in IA-32e mode: EFER.LMA (and LME when paging is on) take this value",
      dependsOn: "0 if IA32_EFER.LMA=0 at VM entry; needs guest CR0.PG=1 and CR4.PAE=1"),
    VMXControl(
      .entry, EntryControls.entryToSMM, "entry to SMM",
      "Guest starts in SMM; only legal when the VMM itself is in SMM",
      dependsOn: "must be 0 outside SMM"),
    VMXControl(
      .entry, EntryControls.deactivateDualMonitorTreatment, "deactivate dual-monitor treatment",
      "Return to default SMM handling",
      dependsOn: "must be 0 outside SMM; excludes entry[10]"),
    VMXControl(
      .entry, EntryControls.loadPerfGlobalCtrl, "load IA32_PERF_GLOBAL_CTRL",
      "Load the MSR from 2808H",
      dependsOn: "no reserved bits"),
    VMXControl(
      .entry, EntryControls.loadPAT, "load IA32_PAT",
      "Load the MSR from 2804H",
      dependsOn: "each byte a valid memory type"),
    VMXControl(
      .entry, EntryControls.loadEFER, "load IA32_EFER",
      "Load the MSR from 2806H",
      dependsOn: "LMA = entry[9]; if CR0.PG=1 LME = LMA"),
    VMXControl(
      .entry, EntryControls.loadBndcfgs, "load IA32_BNDCFGS",
      "Load the MSR from 2812H",
      dependsOn: "canonical base, bits 11:2 zero"),
    VMXControl(
      .entry, EntryControls.concealVMXFromPT, "conceal VMX from PT",
      "Processor Trace omits entry packets"),
    VMXControl(
      .entry, EntryControls.loadRTITCtl, "load IA32_RTIT_CTL",
      "Load the MSR from 2814H",
      dependsOn: "TraceEn must be 0 at entry"),
    VMXControl(
      .entry, EntryControls.loadUINV, "load UINV",
      "Load the user-interrupt notification vector from 0814H",
      dependsOn: "bits 15:8 zero"),
    VMXControl(
      .entry, EntryControls.loadCETState, "load CET state",
      "Load guest IA32_S_CET, SSP and interrupt-SSP table"),
    VMXControl(
      .entry, EntryControls.loadGuestLBRCtl, "load guest IA32_LBR_CTL",
      "Load the MSR from 2816H"),
    VMXControl(
      .entry, EntryControls.loadPKRS, "load PKRS",
      "Load IA32_PKRS from 2818H",
      dependsOn: "bits 63:32 zero"),
    VMXControl(
      .entry, EntryControls.loadGuestFREDState, "load guest FRED state",
      "Load the guest FRED MSRs",
      dependsOn: "needs IA-32e guest rules for FRED"),
    VMXControl(
      .entry, EntryControls.loadGuestSpecCtrl, "load guest IA32_SPEC_CTRL",
      "Load the MSR from 282EH"),
  ]
}

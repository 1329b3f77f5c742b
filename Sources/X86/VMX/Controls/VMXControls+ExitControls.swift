/// SDM 3C, "VM-Exit Controls": masks of the exit controls.
public enum ExitControls {
  @inlinable public static var saveDebugControls: UInt64 { 1 << 2 }
  @inlinable public static var hostAddressSpaceSize: UInt64 { 1 << 9 }
  @inlinable public static var loadPerfGlobalCtrl: UInt64 { 1 << 12 }
  @inlinable public static var acknowledgeInterruptOnExit: UInt64 { 1 << 15 }
  @inlinable public static var savePAT: UInt64 { 1 << 18 }
  @inlinable public static var loadPAT: UInt64 { 1 << 19 }
  @inlinable public static var saveEFER: UInt64 { 1 << 20 }
  @inlinable public static var loadEFER: UInt64 { 1 << 21 }
  @inlinable public static var savePreemptionTimerValue: UInt64 { 1 << 22 }
  @inlinable public static var clearBndcfgs: UInt64 { 1 << 23 }
  @inlinable public static var concealVMXFromPT: UInt64 { 1 << 24 }
  @inlinable public static var clearRTITCtl: UInt64 { 1 << 25 }
  @inlinable public static var clearLBRCtl: UInt64 { 1 << 26 }
  @inlinable public static var clearUINV: UInt64 { 1 << 27 }
  @inlinable public static var loadCETState: UInt64 { 1 << 28 }
  @inlinable public static var loadPKRS: UInt64 { 1 << 29 }
  @inlinable public static var savePerfGlobalCtrl: UInt64 { 1 << 30 }
  @inlinable public static var activateSecondaryControls: UInt64 { 1 << 31 }
}

extension VMXControl {
  static let exitRows: [VMXControl] = [
    VMXControl(
      .exit, ExitControls.saveDebugControls, "save debug controls",
      "Save DR7 and IA32_DEBUGCTL to the guest area"),
    VMXControl(
      .exit, ExitControls.hostAddressSpaceSize, "host address-space size",
      "Host runs in 64-bit mode after exit: CS.L, EFER.LME and EFER.LMA take this value",
      dependsOn: "must equal IA32_EFER.LMA at the time of VM entry"),
    VMXControl(
      .exit, ExitControls.loadPerfGlobalCtrl, "load IA32_PERF_GLOBAL_CTRL",
      "Load the MSR from the host area",
      dependsOn: "host value must not set reserved bits"),
    VMXControl(
      .exit, ExitControls.acknowledgeInterruptOnExit, "acknowledge interrupt on exit",
      "An external-interrupt exit takes the vector from the APIC and stores it in 4404H"),
    VMXControl(
      .exit, ExitControls.savePAT, "save IA32_PAT",
      "Save the guest value to 2804H"),
    VMXControl(
      .exit, ExitControls.loadPAT, "load IA32_PAT",
      "Load the host value from 2C00H",
      dependsOn: "each byte a valid memory type (0,1,4,5,6,7)"),
    VMXControl(
      .exit, ExitControls.saveEFER, "save IA32_EFER",
      "Save the guest value to 2806H"),
    VMXControl(
      .exit, ExitControls.loadEFER, "load IA32_EFER",
      "Load the host value from 2C02H",
      dependsOn: "LMA and LME must both equal exit[9]"),
    VMXControl(
      .exit, ExitControls.savePreemptionTimerValue, "save VMX-preemption timer value",
      "Write the remaining count back to 482EH",
      dependsOn: "needs pin[6]"),
    VMXControl(
      .exit, ExitControls.clearBndcfgs, "clear IA32_BNDCFGS",
      "Clear the MSR on exit"),
    VMXControl(
      .exit, ExitControls.concealVMXFromPT, "conceal VMX from PT",
      "Processor Trace omits exit packets"),
    VMXControl(
      .exit, ExitControls.clearRTITCtl, "clear IA32_RTIT_CTL",
      "Clear the MSR on exit"),
    VMXControl(
      .exit, ExitControls.clearLBRCtl, "clear IA32_LBR_CTL",
      "Clear the MSR on exit"),
    VMXControl(
      .exit, ExitControls.clearUINV, "clear UINV",
      "Clear the user-interrupt notification vector on exit"),
    VMXControl(
      .exit, ExitControls.loadCETState, "load CET state",
      "Load host IA32_S_CET, SSP and interrupt-SSP table"),
    VMXControl(
      .exit, ExitControls.loadPKRS, "load PKRS",
      "Load IA32_PKRS from the host area",
      dependsOn: "host value bits 63:32 zero"),
    VMXControl(
      .exit, ExitControls.savePerfGlobalCtrl, "save IA32_PERF_GLOBAL_CTRL",
      "Save the guest value to 2808H"),
    VMXControl(
      .exit, ExitControls.activateSecondaryControls, "activate secondary controls",
      "The 64-bit secondary exit controls (2044H) are used"),
  ]
}

/// SDM 3C, "Processor-Based VM-Execution Controls": masks of the tertiary controls.
public enum TertiaryControls {
  @inlinable public static var loadiwkeyExiting: UInt64 { 1 << 0 }
  @inlinable public static var enableHLAT: UInt64 { 1 << 1 }
  @inlinable public static var eptPagingWriteControl: UInt64 { 1 << 2 }
  @inlinable public static var guestPagingVerification: UInt64 { 1 << 3 }
  @inlinable public static var ipiVirtualization: UInt64 { 1 << 4 }
  @inlinable public static var gpaw: UInt64 { 1 << 5 }
  @inlinable public static var enableMSRListInstructions: UInt64 { 1 << 6 }
  @inlinable public static var virtualizeSpecCtrl: UInt64 { 1 << 7 }
  @inlinable public static var apicTimerVirtualization: UInt64 { 1 << 8 }
}

extension VMXControl {
  static let tertiaryRows: [VMXControl] = [
    VMXControl(
      .tertiary, TertiaryControls.loadiwkeyExiting, "LOADIWKEY exiting",
      "LOADIWKEY causes exit reason 69"),
    VMXControl(
      .tertiary, TertiaryControls.enableHLAT, "enable HLAT",
      "Selected linear addresses are translated from the HLAT root instead of guest CR3",
      dependsOn: "HLATP reserved bits zero (2:0, 11:5 and above MAXPHYADDR)"),
    VMXControl(
      .tertiary, TertiaryControls.eptPagingWriteControl, "EPT paging-write control",
      "EPT bit 58 can allow accessed/dirty writes by the page walker to a read-only page",
      dependsOn: "needs secondary[1]"),
    VMXControl(
      .tertiary, TertiaryControls.guestPagingVerification, "guest-paging verification",
      "EPT bit 57 demands that all guest paging structures have bit 58 set",
      dependsOn: "needs secondary[1]"),
    VMXControl(
      .tertiary, TertiaryControls.ipiVirtualization, "IPI virtualization",
      "Guest IPIs are posted straight to the target's descriptor",
      dependsOn: "needs primary[21]; PID-pointer table 8-byte aligned"),
    VMXControl(
      .tertiary, TertiaryControls.gpaw, "GPAW",
      "Selects guest-physical width for trust domains (position of the shared bit)",
      dependsOn: "TDX/SEAM only"),
    VMXControl(
      .tertiary, TertiaryControls.enableMSRListInstructions, "enable MSR-list instructions",
      "If 0, RDMSRLIST and WRMSRLIST raise #UD; if 1 they run or exit (reasons 78, 79)"),
    VMXControl(
      .tertiary, TertiaryControls.virtualizeSpecCtrl, "virtualize IA32_SPEC_CTRL",
      "Guest accesses to IA32_SPEC_CTRL are split between mask and shadow fields"),
    VMXControl(
      .tertiary, TertiaryControls.apicTimerVirtualization, "APIC-timer virtualization",
      "Guest TSC-deadline timer is kept and fired by the CPU",
      dependsOn: "needs virtual-interrupt delivery"),
  ]
}

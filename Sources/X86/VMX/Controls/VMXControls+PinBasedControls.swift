/// SDM 3C, "Pin-Based VM-Execution Controls": masks of the pin-based controls.
public enum PinBasedControls {
  @inlinable public static var externalInterruptExiting: UInt64 { 1 << 0 }
  @inlinable public static var nmiExiting: UInt64 { 1 << 3 }
  @inlinable public static var virtualNMIs: UInt64 { 1 << 5 }
  @inlinable public static var activatePreemptionTimer: UInt64 { 1 << 6 }
  @inlinable public static var processPostedInterrupts: UInt64 { 1 << 7 }
}

extension VMXControl {
  static let pinBasedRows: [VMXControl] = [
    VMXControl(
      .pinBased, PinBasedControls.externalInterruptExiting, "external-interrupt exiting",
      "External interrupts exit instead of using the guest IDT, whatever RFLAGS.IF is"),
    VMXControl(
      .pinBased, PinBasedControls.nmiExiting, "NMI exiting",
      "Non-maskable interrupts cause exits; otherwise they use guest IDT vector 2"),
    VMXControl(
      .pinBased, PinBasedControls.virtualNMIs, "virtual NMIs",
      "Blocking-by-NMI tracks a virtual NMI state and IRET unblocks it; enables NMI-window exiting",
      dependsOn: "needs pin[3]"),
    VMXControl(
      .pinBased, PinBasedControls.activatePreemptionTimer, "activate VMX-preemption timer",
      "Timer counts down at TSC >> IA32_VMX_MISC[4:0] and exits with reason 52 at zero"),
    VMXControl(
      .pinBased, PinBasedControls.processPostedInterrupts, "process posted interrupts",
      "The notification vector merges posted interrupts into the virtual APIC, no exit",
      dependsOn: "needs secondary[9], exit[15], vector <= 255, 64-byte aligned descriptor"),
  ]
}

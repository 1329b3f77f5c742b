/// SDM 3C, "VM-Exit Controls": masks of the secondary VM-exit controls.
public enum SecondaryExitControls {
  @inlinable public static var saveGuestFRED: UInt64 { 1 << 0 }
  @inlinable public static var loadHostFRED: UInt64 { 1 << 1 }
  @inlinable public static var loadHostSpecCtrl: UInt64 { 1 << 2 }
  @inlinable public static var prematurelyBusyShadowStack: UInt64 { 1 << 3 }
}

extension VMXControl {
  static let exit2Rows: [VMXControl] = [
    VMXControl(
      .exit2, SecondaryExitControls.saveGuestFRED, "save guest FRED state",
      "Save the guest FRED MSRs to the guest area"),
    VMXControl(
      .exit2, SecondaryExitControls.loadHostFRED, "load host FRED state",
      "Load the host FRED MSRs from the host area"),
    VMXControl(
      .exit2, SecondaryExitControls.loadHostSpecCtrl, "load host IA32_SPEC_CTRL",
      "Load the MSR from 2C1AH"),
    VMXControl(
      .exit2, SecondaryExitControls.prematurelyBusyShadowStack, "prematurely busy shadow stack",
      "Report exits that leave a supervisor shadow stack busy (exit-reason bit 25)",
      dependsOn: "see EPT_VPID_CAP[23] and EPTP[7]"),
  ]
}

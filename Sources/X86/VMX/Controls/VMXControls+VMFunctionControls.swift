/// SDM 3C, "VM-Function Controls": masks of the VM-function controls.
public enum VMFunctionControls {
  @inlinable public static var eptpSwitching: UInt64 { 1 << 0 }
}

extension VMXControl {
  static let vmFunctionRows: [VMXControl] = [
    VMXControl(
      .vmFunction, VMFunctionControls.eptpSwitching, "EPTP switching",
      "VMFUNC with EAX=0 and ECX=0..511 loads EPTP from the EPTP list",
      dependsOn: "needs secondary[1], secondary[13] and 4-KiB aligned list")
  ]
}

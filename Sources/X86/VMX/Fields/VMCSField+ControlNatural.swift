// SDM 3D, "Field Encoding in VMCS": natural-width control fields.
extension VMCSField {
  @inlinable public static var cr0GuestHostMask: Self { Self(0x6000) }
  @inlinable public static var cr4GuestHostMask: Self { Self(0x6002) }
  @inlinable public static var cr0ReadShadow: Self { Self(0x6004) }
  @inlinable public static var cr4ReadShadow: Self { Self(0x6006) }
  @inlinable public static var cr3TargetValue0: Self { Self(0x6008) }
  @inlinable public static var cr3TargetValue1: Self { Self(0x600a) }
  @inlinable public static var cr3TargetValue2: Self { Self(0x600c) }
  @inlinable public static var cr3TargetValue3: Self { Self(0x600e) }

  static let controlNaturalRows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .cr0GuestHostMask, "cr0GuestHostMask", "CR0_GUEST_HOST_MASK",
      "CR0 guest/host mask", "Set bits are owned by the hypervisor"),
    VMCSFieldRow(
      .cr4GuestHostMask, "cr4GuestHostMask", "CR4_GUEST_HOST_MASK",
      "CR4 guest/host mask", "Set bits are owned by the hypervisor"),
    VMCSFieldRow(
      .cr0ReadShadow, "cr0ReadShadow", "CR0_READ_SHADOW",
      "CR0 read shadow", "What the guest sees for hypervisor-owned CR0 bits"),
    VMCSFieldRow(
      .cr4ReadShadow, "cr4ReadShadow", "CR4_READ_SHADOW",
      "CR4 read shadow", "What the guest sees for hypervisor-owned CR4 bits"),
    VMCSFieldRow(
      .cr3TargetValue0, "cr3TargetValue0", "CR3_TARGET_VALUE0",
      "CR3-target value 0", "CR3 value the guest may load without exit",
      existsWhen: "always (honoured if count above 0)"),
    VMCSFieldRow(
      .cr3TargetValue1, "cr3TargetValue1", "CR3_TARGET_VALUE1",
      "CR3-target value 1", "CR3 value the guest may load without exit",
      existsWhen: "always (honoured if count above 1)"),
    VMCSFieldRow(
      .cr3TargetValue2, "cr3TargetValue2", "CR3_TARGET_VALUE2",
      "CR3-target value 2", "CR3 value the guest may load without exit",
      existsWhen: "always (honoured if count above 2)"),
    VMCSFieldRow(
      .cr3TargetValue3, "cr3TargetValue3", "CR3_TARGET_VALUE3",
      "CR3-target value 3", "CR3 value the guest may load without exit",
      existsWhen: "always (honoured if count above 3)"),
  ]
}

// SDM 3D, "Field Encoding in VMCS": 16-bit guest-state fields.
extension VMCSField {
  @inlinable public static var guestESSelector: Self { Self(0x0800) }
  @inlinable public static var guestCSSelector: Self { Self(0x0802) }
  @inlinable public static var guestSSSelector: Self { Self(0x0804) }
  @inlinable public static var guestDSSelector: Self { Self(0x0806) }
  @inlinable public static var guestFSSelector: Self { Self(0x0808) }
  @inlinable public static var guestGSSelector: Self { Self(0x080a) }
  @inlinable public static var guestLDTRSelector: Self { Self(0x080c) }
  @inlinable public static var guestTRSelector: Self { Self(0x080e) }
  @inlinable public static var guestInterruptStatus: Self { Self(0x0810) }
  @inlinable public static var pmlIndex: Self { Self(0x0812) }
  @inlinable public static var guestUINV: Self { Self(0x0814) }

  static let guest16Rows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .guestESSelector, "guestESSelector", "GUEST_ES_SELECTOR",
      "Guest ES selector", "ES selector loaded at entry, saved at exit"),
    VMCSFieldRow(
      .guestCSSelector, "guestCSSelector", "GUEST_CS_SELECTOR",
      "Guest CS selector", "CS selector loaded at entry, saved at exit"),
    VMCSFieldRow(
      .guestSSSelector, "guestSSSelector", "GUEST_SS_SELECTOR",
      "Guest SS selector", "SS selector loaded at entry, saved at exit"),
    VMCSFieldRow(
      .guestDSSelector, "guestDSSelector", "GUEST_DS_SELECTOR",
      "Guest DS selector", "DS selector loaded at entry, saved at exit"),
    VMCSFieldRow(
      .guestFSSelector, "guestFSSelector", "GUEST_FS_SELECTOR",
      "Guest FS selector", "FS selector loaded at entry, saved at exit"),
    VMCSFieldRow(
      .guestGSSelector, "guestGSSelector", "GUEST_GS_SELECTOR",
      "Guest GS selector", "GS selector loaded at entry, saved at exit"),
    VMCSFieldRow(
      .guestLDTRSelector, "guestLDTRSelector", "GUEST_LDTR_SELECTOR",
      "Guest LDTR selector", "LDTR selector loaded at entry, saved at exit"),
    VMCSFieldRow(
      .guestTRSelector, "guestTRSelector", "GUEST_TR_SELECTOR",
      "Guest TR selector", "Task-register selector loaded at entry, saved at exit"),
    VMCSFieldRow(
      .guestInterruptStatus, "guestInterruptStatus", "GUEST_INTR_STATUS",
      "Guest interrupt status", "Low byte RVI (requesting), high byte SVI (servicing vector)",
      existsWhen: "secondary[9] virtual-interrupt delivery"),
    VMCSFieldRow(
      .pmlIndex, "pmlIndex", "GUEST_PML_INDEX",
      "PML index", "Next slot of the page-modification log, counts 511 down",
      existsWhen: "secondary[17] enable PML"),
    VMCSFieldRow(
      .guestUINV, "guestUINV", "GUEST_UINV",
      "Guest UINV", "Guest user-interrupt notification vector",
      existsWhen: "entry[19] load UINV or exit[27] clear UINV"),
  ]
}

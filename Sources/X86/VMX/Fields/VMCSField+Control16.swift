// SDM 3D, "Field Encoding in VMCS": 16-bit control fields.
extension VMCSField {
  @inlinable public static var virtualProcessorIdentifier: Self { Self(0x0000) }
  @inlinable public static var postedInterruptNotificationVector: Self { Self(0x0002) }
  @inlinable public static var eptpIndex: Self { Self(0x0004) }
  @inlinable public static var hlatPrefixSize: Self { Self(0x0006) }
  @inlinable public static var lastPIDPointerIndex: Self { Self(0x0008) }
  @inlinable public static var virtualTimerVector: Self { Self(0x000a) }

  static let control16Rows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .virtualProcessorIdentifier, "virtualProcessorIdentifier", "VIRTUAL_PROCESSOR_ID",
      "Virtual-processor identifier (VPID)", "TLB tag of this virtual CPU; must not be 0",
      existsWhen: "secondary[5] enable VPID"),
    VMCSFieldRow(
      .postedInterruptNotificationVector, "postedInterruptNotificationVector", "POSTED_INTR_NV",
      "Posted-interrupt notification vector",
      "Vector that announces posted interrupts waiting in the descriptor",
      existsWhen: "pin[7] process posted interrupts"),
    VMCSFieldRow(
      .eptpIndex, "eptpIndex", "EPTP_INDEX",
      "EPTP index", "EPTP-list slot in use, reported in the #VE area",
      existsWhen: "secondary[18] EPT-violation #VE"),
    VMCSFieldRow(
      .hlatPrefixSize, "hlatPrefixSize", "HLAT_PREFIX_SIZE",
      "HLAT prefix size",
      "Number of top linear-address bits that select hypervisor-managed paging",
      existsWhen: "tertiary[1] enable HLAT"),
    VMCSFieldRow(
      .lastPIDPointerIndex, "lastPIDPointerIndex", "LAST_PID_POINTER_INDEX",
      "Last PID-pointer index", "Highest valid index in the PID-pointer table",
      existsWhen: "tertiary[4] IPI virtualization"),
    VMCSFieldRow(
      .virtualTimerVector, "virtualTimerVector", "VIRTUAL_TIMER_VECTOR",
      "Virtual timer vector", "Vector delivered by the virtual APIC timer",
      existsWhen: "tertiary[8] APIC-timer virtualization"),
  ]
}

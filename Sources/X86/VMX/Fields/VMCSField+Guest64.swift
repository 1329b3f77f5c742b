// SDM 3D, "Field Encoding in VMCS": 64-bit guest-state fields.
extension VMCSField {
  @inlinable public static var vmcsLinkPointer: Self { Self(0x2800) }
  @inlinable public static var guestDebugctl: Self { Self(0x2802) }
  @inlinable public static var guestPAT: Self { Self(0x2804) }
  @inlinable public static var guestEFER: Self { Self(0x2806) }
  @inlinable public static var guestPerfGlobalCtrl: Self { Self(0x2808) }
  @inlinable public static var guestPDPTE0: Self { Self(0x280a) }
  @inlinable public static var guestPDPTE1: Self { Self(0x280c) }
  @inlinable public static var guestPDPTE2: Self { Self(0x280e) }
  @inlinable public static var guestPDPTE3: Self { Self(0x2810) }
  @inlinable public static var guestBndcfgs: Self { Self(0x2812) }
  @inlinable public static var guestRTITCtl: Self { Self(0x2814) }
  @inlinable public static var guestLBRCtl: Self { Self(0x2816) }
  @inlinable public static var guestPKRS: Self { Self(0x2818) }
  @inlinable public static var guestFREDConfig: Self { Self(0x281a) }
  @inlinable public static var guestFREDRSP1: Self { Self(0x281c) }
  @inlinable public static var guestFREDRSP2: Self { Self(0x281e) }
  @inlinable public static var guestFREDRSP3: Self { Self(0x2820) }
  @inlinable public static var guestFREDStackLevels: Self { Self(0x2822) }
  @inlinable public static var guestFREDSSP1: Self { Self(0x2824) }
  @inlinable public static var guestFREDSSP2: Self { Self(0x2826) }
  @inlinable public static var guestFREDSSP3: Self { Self(0x2828) }
  @inlinable public static var guestSpecCtrl: Self { Self(0x282e) }
  @inlinable public static var guestDeadline: Self { Self(0x2830) }

  static let guest64Rows: [VMCSFieldRow] = [
    VMCSFieldRow(
      .vmcsLinkPointer, "vmcsLinkPointer", "VMCS_LINK_POINTER",
      "VMCS link pointer", "Shadow VMCS address, or all ones when unused"),
    VMCSFieldRow(
      .guestDebugctl, "guestDebugctl", "GUEST_IA32_DEBUGCTL",
      "Guest IA32_DEBUGCTL", "Debug-control MSR loaded by entry[2], saved by exit[2]"),
    VMCSFieldRow(
      .guestPAT, "guestPAT", "GUEST_IA32_PAT",
      "Guest IA32_PAT", "Page-attribute-table MSR of the guest",
      existsWhen: "entry[14] load IA32_PAT or exit[18] save IA32_PAT"),
    VMCSFieldRow(
      .guestEFER, "guestEFER", "GUEST_IA32_EFER",
      "Guest IA32_EFER", "Extended-feature MSR of the guest",
      existsWhen: "entry[15] load IA32_EFER or exit[20] save IA32_EFER"),
    VMCSFieldRow(
      .guestPerfGlobalCtrl, "guestPerfGlobalCtrl", "GUEST_IA32_PERF_GLOBAL_CTRL",
      "Guest IA32_PERF_GLOBAL_CTRL", "Performance-counter enable MSR of the guest",
      existsWhen: "entry[13] load or exit[30] save IA32_PERF_GLOBAL_CTRL"),
    VMCSFieldRow(
      .guestPDPTE0, "guestPDPTE0", "GUEST_PDPTR0",
      "Guest PDPTE0", "PAE directory-pointer entry 0 used with EPT",
      existsWhen: "secondary[1] enable EPT"),
    VMCSFieldRow(
      .guestPDPTE1, "guestPDPTE1", "GUEST_PDPTR1",
      "Guest PDPTE1", "PAE directory-pointer entry 1 used with EPT",
      existsWhen: "secondary[1] enable EPT"),
    VMCSFieldRow(
      .guestPDPTE2, "guestPDPTE2", "GUEST_PDPTR2",
      "Guest PDPTE2", "PAE directory-pointer entry 2 used with EPT",
      existsWhen: "secondary[1] enable EPT"),
    VMCSFieldRow(
      .guestPDPTE3, "guestPDPTE3", "GUEST_PDPTR3",
      "Guest PDPTE3", "PAE directory-pointer entry 3 used with EPT",
      existsWhen: "secondary[1] enable EPT"),
    VMCSFieldRow(
      .guestBndcfgs, "guestBndcfgs", "GUEST_BNDCFGS",
      "Guest IA32_BNDCFGS", "MPX bounds-configuration MSR of the guest",
      existsWhen: "entry[16] load IA32_BNDCFGS or exit[23] clear IA32_BNDCFGS"),
    VMCSFieldRow(
      .guestRTITCtl, "guestRTITCtl", "GUEST_IA32_RTIT_CTL",
      "Guest IA32_RTIT_CTL", "Processor-trace control MSR of the guest",
      existsWhen: "entry[18] load IA32_RTIT_CTL or exit[25] clear IA32_RTIT_CTL"),
    VMCSFieldRow(
      .guestLBRCtl, "guestLBRCtl", "GUEST_IA32_LBR_CTL",
      "Guest IA32_LBR_CTL", "Architectural last-branch-record control of the guest",
      existsWhen: "entry[21] load guest IA32_LBR_CTL or exit[26] clear IA32_LBR_CTL"),
    VMCSFieldRow(
      .guestPKRS, "guestPKRS", "GUEST_IA32_PKRS",
      "Guest IA32_PKRS", "Supervisor protection-key rights of the guest",
      existsWhen: "entry[22] load PKRS"),
    VMCSFieldRow(
      .guestFREDConfig, "guestFREDConfig", "GUEST_IA32_FRED_CONFIG",
      "Guest IA32_FRED_CONFIG", "FRED configuration MSR of the guest",
      existsWhen: "entry[23] load guest FRED state"),
    VMCSFieldRow(
      .guestFREDRSP1, "guestFREDRSP1", "GUEST_IA32_FRED_RSP1",
      "Guest IA32_FRED_RSP1", "FRED stack pointer for level 1",
      existsWhen: "entry[23] load guest FRED state"),
    VMCSFieldRow(
      .guestFREDRSP2, "guestFREDRSP2", "GUEST_IA32_FRED_RSP2",
      "Guest IA32_FRED_RSP2", "FRED stack pointer for level 2",
      existsWhen: "entry[23] load guest FRED state"),
    VMCSFieldRow(
      .guestFREDRSP3, "guestFREDRSP3", "GUEST_IA32_FRED_RSP3",
      "Guest IA32_FRED_RSP3", "FRED stack pointer for level 3",
      existsWhen: "entry[23] load guest FRED state"),
    VMCSFieldRow(
      .guestFREDStackLevels, "guestFREDStackLevels", "GUEST_IA32_FRED_STKLVLS",
      "Guest IA32_FRED_STKLVLS", "FRED stack level chosen per exception vector",
      existsWhen: "entry[23] load guest FRED state"),
    VMCSFieldRow(
      .guestFREDSSP1, "guestFREDSSP1", "GUEST_IA32_FRED_SSP1",
      "Guest IA32_FRED_SSP1", "FRED shadow-stack pointer for level 1",
      existsWhen: "entry[23] load guest FRED state"),
    VMCSFieldRow(
      .guestFREDSSP2, "guestFREDSSP2", "GUEST_IA32_FRED_SSP2",
      "Guest IA32_FRED_SSP2", "FRED shadow-stack pointer for level 2",
      existsWhen: "entry[23] load guest FRED state"),
    VMCSFieldRow(
      .guestFREDSSP3, "guestFREDSSP3", "GUEST_IA32_FRED_SSP3",
      "Guest IA32_FRED_SSP3", "FRED shadow-stack pointer for level 3",
      existsWhen: "entry[23] load guest FRED state"),
    VMCSFieldRow(
      .guestSpecCtrl, "guestSpecCtrl", "GUEST_IA32_SPEC_CTRL",
      "Guest IA32_SPEC_CTRL", "Speculation-control MSR of the guest",
      existsWhen: "entry[24] load guest IA32_SPEC_CTRL"),
    VMCSFieldRow(
      .guestDeadline, "guestDeadline", "GUEST_DEADLINE",
      "Guest deadline", "Physical TSC deadline of the virtual APIC timer",
      existsWhen: "tertiary[8] APIC-timer virtualization"),
  ]
}

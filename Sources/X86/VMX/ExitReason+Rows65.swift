// SDM 3D, "VMX Basic Exit Reasons": 65 and above, the newer reasons.
extension ExitReason {
  static let rowsFrom65: [ExitReasonRow] = [
    ExitReasonRow(
      .pconfig, "pconfig", "PCONFIG", .fault,
      "PCONFIG leaf selected by the bitmap (leaf 63 and above use bit 63)",
      controlledBy: "secondary[27]",
      qualification: "0",
      length: .always, information: .never),
    ExitReasonRow(
      .sppEvent, "spp-event", "SPP-related event", .fault,
      "Sub-page permission table miss or misconfiguration",
      controlledBy: "secondary[23]",
      qualification: "bit 11: 1 SPPT miss, 0 misconfiguration; bit 12 NMI unblocking",
      length: .never, information: .never),
    ExitReasonRow(
      .umwait, "umwait", "UMWAIT", .fault,
      "UMWAIT executed",
      controlledBy: "secondary[26] and primary[12] both 1",
      qualification: "0",
      length: .always, information: .always),
    ExitReasonRow(
      .tpause, "tpause", "TPAUSE", .fault,
      "TPAUSE executed",
      controlledBy: "secondary[26] and primary[12] both 1",
      qualification: "0",
      length: .always, information: .always),
    ExitReasonRow(
      .loadiwkey, "loadiwkey", "LOADIWKEY", .fault,
      "LOADIWKEY executed",
      controlledBy: "tertiary[0]",
      qualification: "0",
      length: .always, information: .always),
    ExitReasonRow(
      .enclv, "enclv", "ENCLV", .fault,
      "ENCLV leaf selected by the bitmap (leaf 63 and above use bit 63)",
      controlledBy: "secondary[28]",
      qualification: "0",
      length: .always, information: .never),
    ExitReasonRow(
      .enqcmdPASIDFailure, "enqcmd-pasid-failure", "ENQCMD PASID translation failure", .fault,
      "PASID directory or table entry not present, not valid or with reserved bits",
      controlledBy: "secondary[21]",
      qualification: "0",
      length: .always, information: .always),
    ExitReasonRow(
      .enqcmdsPASIDFailure, "enqcmds-pasid-failure", "ENQCMDS PASID translation failure", .fault,
      "PASID directory or table entry not present, not valid or with reserved bits",
      controlledBy: "secondary[21]",
      qualification: "0",
      length: .always, information: .always),
    ExitReasonRow(
      .busLock, "bus-lock", "Bus lock", .trap,
      "Guest asserted a bus lock; exit-reason bit 26 also set",
      controlledBy: "secondary[30]",
      qualification: "0",
      length: .never, information: .never),
    ExitReasonRow(
      .instructionTimeout, "instruction-timeout", "Instruction timeout (notify)", .event,
      "No instruction boundary opened within the programmed time",
      controlledBy: "secondary[31]",
      qualification: "bit 0: VM context invalid; bit 12 NMI unblocking",
      length: .never, information: .never),
    ExitReasonRow(
      .seamcall, "seamcall", "SEAMCALL", .fault,
      "SEAMCALL executed in the guest",
      controlledBy: "unconditional",
      qualification: "0",
      length: .always, information: .never),
    ExitReasonRow(
      .tdcall, "tdcall", "TDCALL", .fault,
      "TDCALL executed in a guest or trust domain",
      controlledBy: "unconditional",
      qualification: "0",
      length: .always, information: .never),
    ExitReasonRow(
      .rdmsrlist, "rdmsrlist", "RDMSRLIST", .fault,
      "RDMSRLIST touched an MSR that must exit",
      controlledBy: "tertiary[6] and MSR bitmap rules",
      qualification: "MSR index",
      length: .always, information: .never),
    ExitReasonRow(
      .wrmsrlist, "wrmsrlist", "WRMSRLIST", .fault,
      "WRMSRLIST touched an MSR that must exit",
      controlledBy: "tertiary[6] and MSR bitmap rules",
      qualification: "MSR index; value in 2402H",
      length: .always, information: .never),
    ExitReasonRow(
      .urdmsr, "urdmsr", "URDMSR", .fault,
      "User-mode RDMSR that must exit",
      controlledBy: "MSR bitmap rules",
      qualification: "not documented in the sources of this table",
      length: .always, information: .always),
    ExitReasonRow(
      .uwrmsr, "uwrmsr", "UWRMSR", .fault,
      "User-mode WRMSR that must exit",
      controlledBy: "MSR bitmap rules",
      qualification: "not documented in the sources of this table",
      length: .always, information: .always),
    ExitReasonRow(
      .rdmsrImmediate, "rdmsr-immediate", "RDMSR (immediate form)", .fault,
      "RDMSR with the index as an immediate",
      controlledBy: "MSR bitmap rules",
      qualification: "MSR index",
      length: .always, information: .always),
    ExitReasonRow(
      .wrmsrnsImmediate, "wrmsrns-immediate", "WRMSRNS (immediate form)", .fault,
      "WRMSRNS with the index as an immediate",
      controlledBy: "MSR bitmap rules",
      qualification: "MSR index",
      length: .always, information: .always),
  ]
}

/// Numbers of model-specific registers (SDM 4, "Architectural MSRs"; SDM 3D, "VMX Capability
/// Reporting Facility" for 480H to 493H).
public enum MSR {
  @inlinable public static var tsc: UInt32 { 0x10 }
  @inlinable public static var apicBase: UInt32 { 0x1b }
  @inlinable public static var featureControl: UInt32 { 0x3a }
  @inlinable public static var tscAdjust: UInt32 { 0x3b }
  @inlinable public static var specCtrl: UInt32 { 0x48 }
  @inlinable public static var biosSignatureID: UInt32 { 0x8b }
  @inlinable public static var mtrrCap: UInt32 { 0xfe }
  @inlinable public static var archCapabilities: UInt32 { 0x10a }
  @inlinable public static var sysenterCS: UInt32 { 0x174 }
  @inlinable public static var sysenterESP: UInt32 { 0x175 }
  @inlinable public static var sysenterEIP: UInt32 { 0x176 }
  @inlinable public static var mcgCap: UInt32 { 0x179 }
  @inlinable public static var mcgStatus: UInt32 { 0x17a }
  @inlinable public static var miscEnable: UInt32 { 0x1a0 }
  @inlinable public static var debugctl: UInt32 { 0x1d9 }
  @inlinable public static var mtrrPhysBase0: UInt32 { 0x200 }
  @inlinable public static var mtrrPhysMask0: UInt32 { 0x201 }
  @inlinable public static var mtrrFix64K00000: UInt32 { 0x250 }
  @inlinable public static var mtrrFix16K80000: UInt32 { 0x258 }
  @inlinable public static var mtrrFix16KA0000: UInt32 { 0x259 }
  @inlinable public static var mtrrFix4KC0000: UInt32 { 0x268 }
  @inlinable public static var pat: UInt32 { 0x277 }
  @inlinable public static var mtrrDefType: UInt32 { 0x2ff }
  @inlinable public static var perfGlobalCtrl: UInt32 { 0x38f }
  @inlinable public static var vmxBasic: UInt32 { 0x480 }
  @inlinable public static var vmxPinbasedCtls: UInt32 { 0x481 }
  @inlinable public static var vmxProcbasedCtls: UInt32 { 0x482 }
  @inlinable public static var vmxExitCtls: UInt32 { 0x483 }
  @inlinable public static var vmxEntryCtls: UInt32 { 0x484 }
  @inlinable public static var vmxMisc: UInt32 { 0x485 }
  @inlinable public static var vmxCR0Fixed0: UInt32 { 0x486 }
  @inlinable public static var vmxCR0Fixed1: UInt32 { 0x487 }
  @inlinable public static var vmxCR4Fixed0: UInt32 { 0x488 }
  @inlinable public static var vmxCR4Fixed1: UInt32 { 0x489 }
  @inlinable public static var vmxVMCSEnum: UInt32 { 0x48a }
  @inlinable public static var vmxProcbasedCtls2: UInt32 { 0x48b }
  @inlinable public static var vmxEPTVPIDCap: UInt32 { 0x48c }
  @inlinable public static var vmxTruePinbasedCtls: UInt32 { 0x48d }
  @inlinable public static var vmxTrueProcbasedCtls: UInt32 { 0x48e }
  @inlinable public static var vmxTrueExitCtls: UInt32 { 0x48f }
  @inlinable public static var vmxTrueEntryCtls: UInt32 { 0x490 }
  @inlinable public static var vmxVMFunc: UInt32 { 0x491 }
  @inlinable public static var vmxProcbasedCtls3: UInt32 { 0x492 }
  @inlinable public static var vmxExitCtls2: UInt32 { 0x493 }
  @inlinable public static var tscDeadline: UInt32 { 0x6e0 }
  @inlinable public static var bndcfgs: UInt32 { 0xd90 }
  @inlinable public static var xss: UInt32 { 0xda0 }
  @inlinable public static var efer: UInt32 { 0xc000_0080 }
  @inlinable public static var star: UInt32 { 0xc000_0081 }
  @inlinable public static var lstar: UInt32 { 0xc000_0082 }
  @inlinable public static var cstar: UInt32 { 0xc000_0083 }
  @inlinable public static var fmask: UInt32 { 0xc000_0084 }
  @inlinable public static var fsBase: UInt32 { 0xc000_0100 }
  @inlinable public static var gsBase: UInt32 { 0xc000_0101 }
  @inlinable public static var kernelGSBase: UInt32 { 0xc000_0102 }
  @inlinable public static var tscAux: UInt32 { 0xc000_0103 }

  /// "IA32_EFER" for a known number, "MSR 0x123" for any other.
  public static func label(_ number: UInt32) -> String {
    rows.first { $0.number == number }?.name ?? "MSR 0x\(String(number, radix: 16))"
  }
}

/// One row of the table of MSRs.
public struct MSRRow: Sendable {
  public let number: UInt32
  /// E.g. `IA32_EFER`.
  public let name: String
  public let meaning: String

  init(_ number: UInt32, _ name: String, _ meaning: String) {
    self.number = number
    self.name = name
    self.meaning = meaning
  }

  /// Finds an MSR by number, or by name with or without `IA32_` in any case.
  public init?(named text: String) {
    let key = TableText.key(text)
    let number = TableText.number(text)
    let found = MSR.rows.first { row in
      let name = TableText.key(row.name)
      return number == UInt64(row.number) || name == key || name == "ia32" + key
    }
    guard let found else { return nil }
    self = found
  }
}

extension MSR {
  /// In ascending order of numbers.
  public static let rows: [MSRRow] = lowRows + capabilityRows + highRows

  private static let lowRows: [MSRRow] = [
    MSRRow(tsc, "IA32_TSC", "Time-stamp counter (in full IA32_TIME_STAMP_COUNTER)"),
    MSRRow(apicBase, "IA32_APIC_BASE", "Address and mode of the local APIC"),
    MSRRow(featureControl, "IA32_FEATURE_CONTROL", "Enables VMX; written by firmware, then locked"),
    MSRRow(tscAdjust, "IA32_TSC_ADJUST", "Value added to the time-stamp counter"),
    MSRRow(specCtrl, "IA32_SPEC_CTRL", "Restricts speculative execution"),
    MSRRow(biosSignatureID, "IA32_BIOS_SIGN_ID", "Revision of the microcode"),
    MSRRow(mtrrCap, "IA32_MTRRCAP", "Which memory-type range registers exist"),
    MSRRow(archCapabilities, "IA32_ARCH_CAPABILITIES", "Which speculation flaws are absent"),
    MSRRow(sysenterCS, "IA32_SYSENTER_CS", "Code segment that SYSENTER loads"),
    MSRRow(sysenterESP, "IA32_SYSENTER_ESP", "Stack pointer that SYSENTER loads"),
    MSRRow(sysenterEIP, "IA32_SYSENTER_EIP", "Instruction pointer that SYSENTER loads"),
    MSRRow(mcgCap, "IA32_MCG_CAP", "What the machine-check architecture can report"),
    MSRRow(mcgStatus, "IA32_MCG_STATUS", "State of a machine check in progress"),
    MSRRow(miscEnable, "IA32_MISC_ENABLE", "Switches for processor features"),
    MSRRow(debugctl, "IA32_DEBUGCTL", "Branch trace, branch single step and last-branch records"),
    MSRRow(
      mtrrPhysBase0, "IA32_MTRR_PHYSBASE0", "Base and type of variable range 0; n is 200H + 2n"),
    MSRRow(mtrrPhysMask0, "IA32_MTRR_PHYSMASK0", "Extent of variable range 0; n is 201H + 2n"),
    MSRRow(mtrrFix64K00000, "IA32_MTRR_FIX64K_00000", "Memory types of 0 to 7FFFFH"),
    MSRRow(mtrrFix16K80000, "IA32_MTRR_FIX16K_80000", "Memory types of 80000H to 9FFFFH"),
    MSRRow(mtrrFix16KA0000, "IA32_MTRR_FIX16K_A0000", "Memory types of A0000H to BFFFFH"),
    MSRRow(mtrrFix4KC0000, "IA32_MTRR_FIX4K_C0000", "Memory types of C0000H to C7FFFH; on to 26FH"),
    MSRRow(pat, "IA32_PAT", "Page-attribute table: eight memory types that pages select"),
    MSRRow(mtrrDefType, "IA32_MTRR_DEF_TYPE", "Default memory type, and the switch for all MTRRs"),
    MSRRow(perfGlobalCtrl, "IA32_PERF_GLOBAL_CTRL", "Enables the performance counters"),
  ]

  /// One source: the table of capability MSRs.
  private static let capabilityRows: [MSRRow] = VMXCapabilityMSR.rows
    .filter { $0.number != featureControl }
    .map { MSRRow($0.number, $0.name, $0.meaning) }

  private static let highRows: [MSRRow] = [
    MSRRow(tscDeadline, "IA32_TSC_DEADLINE", "TSC value at which the local APIC's timer expires"),
    MSRRow(bndcfgs, "IA32_BNDCFGS", "Bounds configuration of MPX"),
    MSRRow(xss, "IA32_XSS", "Supervisor state that XSAVES and XRSTORS handle"),
    MSRRow(efer, "IA32_EFER", "Long mode, SYSCALL and no-execute"),
    MSRRow(star, "IA32_STAR", "Segment selectors of SYSCALL and SYSRET"),
    MSRRow(lstar, "IA32_LSTAR", "Instruction pointer that SYSCALL loads in 64-bit mode"),
    MSRRow(cstar, "IA32_CSTAR", "SYSCALL target of compatibility mode; unused by Intel"),
    MSRRow(fmask, "IA32_FMASK", "RFLAGS bits that SYSCALL clears"),
    MSRRow(fsBase, "IA32_FS_BASE", "Base address of FS"),
    MSRRow(gsBase, "IA32_GS_BASE", "Base address of GS"),
    MSRRow(kernelGSBase, "IA32_KERNEL_GS_BASE", "Base that SWAPGS exchanges with that of GS"),
    MSRRow(tscAux, "IA32_TSC_AUX", "Value that RDTSCP and RDPID return, usually a CPU number"),
  ]
}

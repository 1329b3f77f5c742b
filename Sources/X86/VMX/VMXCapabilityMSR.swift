/// A VMX capability MSR and the meaning of its bits (SDM 3D, "VMX Capability Reporting Facility").
///
/// They are read-only: WRMSR raises #GP(0).
public struct VMXCapabilityMSR: Sendable {
  /// A bit or a range of bits, e.g. "44:32".
  public struct Field: Sendable {
    public let bits: String
    public let name: String
    public let meaning: String

    init(_ bits: String, _ name: String, _ meaning: String) {
      self.bits = bits
      self.name = name
      self.meaning = meaning
    }

    public var range: ClosedRange<Int> { BitRange.parse(bits) }
  }

  public let number: UInt32
  public let name: String
  public let meaning: String
  public let fields: [Field]

  init(_ number: UInt32, _ name: String, _ meaning: String, _ fields: [Field]) {
    self.number = number
    self.name = name
    self.meaning = meaning
    self.fields = fields
  }

  /// In ascending order of numbers, IA32_FEATURE_CONTROL first.
  public static let rows: [VMXCapabilityMSR] = [
    basicRows, controlRows, fixedRows, eptRows, trueRows,
  ].flatMap { $0 }

  public init?(number: UInt32) {
    guard let row = VMXCapabilityMSR.rows.first(where: { $0.number == number }) else { return nil }
    self = row
  }

  /// Each field with its value in `raw`.
  public func describe(_ raw: UInt64) -> [FieldValue] {
    fields.map { field in
      let value = BitRange.extract(field.range, from: raw)
      return FieldValue(bits: field.bits, name: field.name, value: value, meaning: field.meaning)
    }
  }
}

extension VMXCapabilityMSR {
  private static let basicRows: [VMXCapabilityMSR] = [
    VMXCapabilityMSR(
      0x3a, "IA32_FEATURE_CONTROL", "Enables VMX; written by firmware, then locked",
      [
        Field("0", "lock", "1 = register is read-only until reset; VMXON needs 1"),
        Field("1", "VMX in SMX", "VMXON allowed inside SMX operation"),
        Field("2", "VMX outside SMX", "VMXON allowed outside SMX operation (usual case)"),
      ]),
    VMXCapabilityMSR(
      0x480, "IA32_VMX_BASIC", "Basic facts about the VMX implementation",
      [
        Field("30:0", "revision", "VMCS revision identifier to write in VMXON and VMCS regions"),
        Field("44:32", "region size", "Bytes to allocate for a VMXON or VMCS region, 1 to 4096"),
        Field(
          "48", "32-bit addresses",
          "1 = VMX structures must lie below 4 GiB (0 on 64-bit processors)"),
        Field("49", "dual monitor", "1 = dual-monitor treatment of SMM supported"),
        Field(
          "53:50", "memory type",
          "Type for the VMCS and referenced structures: 0 UC, 6 WB (all known processors: 6)"),
        Field(
          "54", "INS/OUTS info",
          "1 = instruction information is stored for INS and OUTS exits"),
        Field(
          "55", "TRUE controls",
          "1 = some default1 controls may be 0; TRUE MSRs 48DH-490H exist"),
        Field(
          "56", "error code any vector",
          "1 = any hardware exception may be injected with or without error code"),
        Field(
          "58", "nested exception",
          "1 = nested-exception bit 13 supported in event fields (FRED)"),
      ]),
  ]

  private static let controlRows: [VMXCapabilityMSR] = [
    VMXCapabilityMSR(
      0x481, "IA32_VMX_PINBASED_CTLS", "What the pin-based controls may be",
      [
        Field("31:0", "allowed-0", "Bit X = 1: pin control X must be 1"),
        Field("63:32", "allowed-1", "Bit 32+X = 1: pin control X may be 1"),
      ]),
    VMXCapabilityMSR(
      0x482, "IA32_VMX_PROCBASED_CTLS", "What the primary processor-based controls may be",
      [
        Field("31:0", "allowed-0", "Bit X = 1: primary control X must be 1"),
        Field("63:32", "allowed-1", "Bit 32+X = 1: primary control X may be 1"),
      ]),
    VMXCapabilityMSR(
      0x483, "IA32_VMX_EXIT_CTLS", "What the primary VM-exit controls may be",
      [
        Field("31:0", "allowed-0", "Bit X = 1: exit control X must be 1"),
        Field("63:32", "allowed-1", "Bit 32+X = 1: exit control X may be 1"),
      ]),
    VMXCapabilityMSR(
      0x484, "IA32_VMX_ENTRY_CTLS", "What the VM-entry controls may be",
      [
        Field("31:0", "allowed-0", "Bit X = 1: entry control X must be 1"),
        Field("63:32", "allowed-1", "Bit 32+X = 1: entry control X may be 1"),
      ]),
  ]

  private static let fixedRows: [VMXCapabilityMSR] = [
    VMXCapabilityMSR(
      0x485, "IA32_VMX_MISC", "Miscellaneous VMX facts",
      [
        Field("4:0", "timer rate", "Preemption timer ticks once every 2^X TSC cycles"),
        Field(
          "5", "store LMA",
          "1 = exit stores IA32_EFER.LMA into entry control 9 (1 with unrestricted guest)"),
        Field("6", "HLT state", "1 = activity state HLT supported"),
        Field("7", "shutdown state", "1 = activity state shutdown supported"),
        Field("8", "wait-for-SIPI state", "1 = activity state wait-for-SIPI supported"),
        Field("14", "PT in VMX", "1 = Intel Processor Trace may be used in VMX operation"),
        Field("15", "SMBASE readable", "1 = RDMSR of IA32_SMBASE (9EH) works in SMM"),
        Field(
          "24:16", "CR3 targets",
          "Number of CR3-target values supported (0-256; 4 on all known processors)"),
        Field(
          "27:25", "MSR list limit",
          "Recommended maximum entries in each MSR list = 512 * (N + 1)"),
        Field("28", "SMI block", "1 = IA32_SMM_MONITOR_CTL bit 2 may be 1"),
        Field(
          "29", "VMWRITE to exit info",
          "1 = VMWRITE may write any supported field including read-only ones"),
        Field(
          "30", "zero-length injection",
          "1 = software event injection with instruction length 0 allowed"),
        Field("63:32", "MSEG revision", "Revision identifier of the SMM monitor segment"),
      ]),
    VMXCapabilityMSR(
      0x486, "IA32_VMX_CR0_FIXED0", "CR0 bits that must be 1 in VMX operation",
      [
        Field(
          "63:0", "must be 1",
          "Bit 1 = that CR0 bit must be 1 in VMX operation (typically 80000021H: PE, NE, PG)")
      ]),
    VMXCapabilityMSR(
      0x487, "IA32_VMX_CR0_FIXED1", "CR0 bits that may be 1 in VMX operation",
      [
        Field("63:0", "may be 1", "Bit 0 = that CR0 bit must be 0 (typically FFFFFFFFH)")
      ]),
    VMXCapabilityMSR(
      0x488, "IA32_VMX_CR4_FIXED0", "CR4 bits that must be 1 in VMX operation",
      [
        Field("63:0", "must be 1", "Typically 2000H (VMXE)")
      ]),
    VMXCapabilityMSR(
      0x489, "IA32_VMX_CR4_FIXED1", "CR4 bits that may be 1 in VMX operation",
      [
        Field("63:0", "may be 1", "One bit for each CR4 bit the processor supports")
      ]),
    VMXCapabilityMSR(
      0x48a, "IA32_VMX_VMCS_ENUM", "The highest index of any VMCS field",
      [
        Field(
          "9:1", "highest index",
          "Highest index value (encoding bits 9:1) of any supported VMCS field")
      ]),
  ]

  private static let eptRows: [VMXCapabilityMSR] = [
    VMXCapabilityMSR(
      0x48b, "IA32_VMX_PROCBASED_CTLS2", "What the secondary processor-based controls may be",
      [
        Field("31:0", "allowed-0", "0 (secondary controls are all default0)"),
        Field("63:32", "allowed-1", "Bit 32+X = 1: secondary control X may be 1"),
      ]),
    VMXCapabilityMSR(
      0x48c, "IA32_VMX_EPT_VPID_CAP", "What EPT and VPID can do; exists if either is supported",
      [
        Field("0", "execute-only", "EPT entries with only execute permission allowed"),
        Field("6", "4-level walk", "EPT page-walk length 4 supported"),
        Field("7", "5-level walk", "EPT page-walk length 5 supported"),
        Field("8", "UC", "EPT structures may be uncacheable (EPTP type 0)"),
        Field("14", "WB", "EPT structures may be write-back (EPTP type 6)"),
        Field("16", "2M pages", "EPT PDE may map 2 MiB"),
        Field("17", "1G pages", "EPT PDPTE may map 1 GiB"),
        Field("20", "INVEPT", "INVEPT instruction supported"),
        Field("21", "A/D flags", "Accessed and dirty flags for EPT supported"),
        Field("22", "advanced info", "EPT-violation qualification bits 11:9 are reported"),
        Field("23", "supervisor shadow stack", "EPT supervisor shadow-stack control supported"),
        Field("25", "INVEPT single", "Single-context INVEPT (type 1) supported"),
        Field("26", "INVEPT all", "All-context INVEPT (type 2) supported"),
        Field("32", "INVVPID", "INVVPID instruction supported"),
        Field("40", "INVVPID address", "Type 0 supported"),
        Field("41", "INVVPID single", "Type 1 supported"),
        Field("42", "INVVPID all", "Type 2 supported"),
        Field("43", "INVVPID keep globals", "Type 3 supported"),
        Field("53:48", "HLAT prefix", "Maximum HLAT prefix size"),
      ]),
  ]

  private static let trueRows: [VMXCapabilityMSR] = [
    VMXCapabilityMSR(
      0x48d, "IA32_VMX_TRUE_PINBASED_CTLS", "As 481H, where some default1 controls may be 0",
      [
        Field("63:0", "allowed-0/1", "As 481H, with default1 flexibility")
      ]),
    VMXCapabilityMSR(
      0x48e, "IA32_VMX_TRUE_PROCBASED_CTLS", "As 482H, where some default1 controls may be 0",
      [
        Field("63:0", "allowed-0/1", "As 482H, with default1 flexibility")
      ]),
    VMXCapabilityMSR(
      0x48f, "IA32_VMX_TRUE_EXIT_CTLS", "As 483H, where some default1 controls may be 0",
      [
        Field("63:0", "allowed-0/1", "As 483H, with default1 flexibility")
      ]),
    VMXCapabilityMSR(
      0x490, "IA32_VMX_TRUE_ENTRY_CTLS", "As 484H, where some default1 controls may be 0",
      [
        Field("63:0", "allowed-0/1", "As 484H, with default1 flexibility")
      ]),
    VMXCapabilityMSR(
      0x491, "IA32_VMX_VMFUNC", "VM functions that may be enabled",
      [
        Field(
          "63:0", "allowed-1",
          "Bit X = 1: VM function X may be enabled (bit 0 EPTP switching)")
      ]),
    VMXCapabilityMSR(
      0x492, "IA32_VMX_PROCBASED_CTLS3", "What the tertiary processor-based controls may be",
      [
        Field("63:0", "allowed-1", "Bit X = 1: tertiary control X may be 1")
      ]),
    VMXCapabilityMSR(
      0x493, "IA32_VMX_EXIT_CTLS2", "What the secondary VM-exit controls may be",
      [
        Field("63:0", "allowed-1", "Bit X = 1: secondary exit control X may be 1")
      ]),
  ]

}

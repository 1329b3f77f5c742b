/// A VMX instruction, what it does and how it fails (SDM 3C, "VMX Instructions").
///
/// Every one raises #UD outside VMX operation, in real, virtual-8086 and compatibility mode, and
/// #GP(0) above CPL 0, unless its steps say otherwise.
public struct VMXInstruction: Sendable {
  public let name: String
  /// One sentence.
  public let summary: String
  /// What it checks and does, in order, one sentence each.
  public let steps: [String]
  /// Names that `Glossary.lookup` knows.
  public let seeAlso: [String]

  init(_ name: String, _ summary: String, _ steps: [String], seeAlso: [String]) {
    self.name = name
    self.summary = summary
    self.steps = steps
    self.seeAlso = seeAlso
  }

  public init?(named text: String) {
    let key = TableText.key(text)
    guard let row = VMXInstruction.rows.first(where: { TableText.key($0.name) == key }) else {
      return nil
    }
    self = row
  }

  public static let rows: [VMXInstruction] = [
    VMXInstruction(
      "VMXON", "Enters VMX operation: the processor is in root operation from here on.",
      [
        "CR4.VMXE=0 is #UD. CR0 or CR4 against IA32_VMX_CR0_FIXED0 to IA32_VMX_CR4_FIXED1, or "
          + "IA32_FEATURE_CONTROL not locked with VMX enabled, is #GP(0).",
        "The operand is the physical address of a 4-KiB region that starts with the VMCS "
          + "revision identifier; a bad address or revision is VMfailInvalid.",
        "In root operation already: VMfail with error 15.",
      ],
      seeAlso: ["VMXOFF", "IA32_FEATURE_CONTROL", "IA32_VMX_BASIC", "root mode"]),
    VMXInstruction(
      "VMXOFF", "Leaves VMX operation.",
      ["With dual-monitor treatment of SMM active: VMfail with error 23."],
      seeAlso: ["VMXON"]),
    VMXInstruction(
      "VMCLEAR", "Writes a VMCS back to its region and makes its launch state clear.",
      [
        "A bad address is VMfail with error 2, the VMXON pointer with error 3.",
        "If the VMCS was the current one, there is no current VMCS any more.",
        "A VMCS needs it before its first VMLAUNCH and before it moves to another processor.",
      ],
      seeAlso: ["VMPTRLD", "VMLAUNCH", "launch state"]),
    VMXInstruction(
      "VMPTRLD", "Makes a VMCS the current one, which VMREAD, VMWRITE and VM entry work on.",
      [
        "A bad address is VMfail with error 9, the VMXON pointer with error 10, a wrong "
          + "revision identifier with error 11.",
        "The launch state does not change.",
      ],
      seeAlso: ["VMPTRST", "VMCLEAR"]),
    VMXInstruction(
      "VMPTRST", "Stores the pointer to the current VMCS in memory; all ones if there is none.",
      ["It can't VMfail."], seeAlso: ["VMPTRLD"]),
    VMXInstruction(
      "VMREAD", "Reads a field of the current VMCS.",
      [
        "Without a current VMCS: VMfailInvalid. An encoding that no field has: error 12.",
        "The value is zero-extended; a field wider than the operand loses its high bits.",
      ],
      seeAlso: ["VMWRITE", "VMCS"]),
    VMXInstruction(
      "VMWRITE", "Writes a field of the current VMCS.",
      [
        "Without a current VMCS: VMfailInvalid. An encoding that no field has: error 12. A "
          + "VM-exit information field: error 13, unless IA32_VMX_MISC[29] is 1.",
        "It does not check the value: VM entry does.",
      ],
      seeAlso: ["VMREAD", "VMCS"]),
    VMXInstruction(
      "VMLAUNCH", "VM entry with a VMCS whose launch state is clear.",
      [
        "Without a current VMCS: VMfailInvalid. After MOV SS: error 26. Launch state not "
          + "clear: error 4.",
        "Controls and host state are checked: errors 7 and 8. Then guest state: exit reason "
          + "33. Then the MSR-load list: exit reason 34.",
        "If all pass, the launch state becomes launched and the guest runs.",
      ],
      seeAlso: ["VMRESUME", "launch state", "VM entry"]),
    VMXInstruction(
      "VMRESUME", "VM entry with a VMCS whose launch state is launched.",
      [
        "It differs from VMLAUNCH only in the launch state it wants: otherwise error 5.",
        "Guest state is checked and loaded just as VMLAUNCH does.",
      ],
      seeAlso: ["VMLAUNCH", "launch state", "VM entry"]),
    VMXInstruction(
      "VMCALL", "A hypercall: in the guest it exits with reason 18, from any privilege level.",
      [
        "Which registers carry the number and arguments is a convention of guest and hypervisor.",
        "In root operation it calls an SMM monitor; without one it is VMfail with error 1.",
      ],
      seeAlso: ["vmcall", "hypercall"]),
    VMXInstruction(
      "VMFUNC", "Calls a VM function from the guest without an exit, if the controls allow it.",
      [
        "EAX=0 switches to entry ECX of the EPTP list. Any CPL; #UD outside non-root operation.",
        "A disabled function or a bad list entry exits with reason 59.",
      ],
      seeAlso: ["EPTP switching", "enable VM functions", "EPTP_LIST_ADDRESS"]),
    VMXInstruction(
      "INVEPT", "Drops cached translations that come from EPT.",
      [
        "Type 1 drops those of one EPT pointer, type 2 all. A bad type, pointer or descriptor "
          + "is VMfail with error 28.",
        "The hypervisor needs it after it takes rights away or changes an address in EPT.",
      ],
      seeAlso: ["EPT", "IA32_VMX_EPT_VPID_CAP"]),
    VMXInstruction(
      "INVVPID", "Drops cached translations of linear addresses by VPID.",
      [
        "Type 0 drops one address, 1 one VPID, 2 all VPIDs except 0, 3 one VPID without its "
          + "global translations. A bad type, VPID 0 or a bad descriptor is VMfail with error 28.",
        "It does not touch guest-physical translations; INVEPT does.",
      ],
      seeAlso: ["VPID", "IA32_VMX_EPT_VPID_CAP"]),
  ]
}

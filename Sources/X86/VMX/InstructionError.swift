/// A VM-instruction error number, as VMfailValid leaves it in the VM-instruction error field
/// (SDM 3C, "VM Instruction Error Numbers").
public struct InstructionError: Sendable {
  public let number: UInt32
  /// As the manual words it.
  public let name: String
  /// The instructions that can fail so.
  public let instructions: String
  /// What was wrong.
  public let meaning: String
  /// What to do next.
  public let remedy: String

  init(
    _ number: UInt32, _ name: String, _ instructions: String, _ meaning: String, remedy: String
  ) {
    self.number = number
    self.name = name
    self.instructions = instructions
    self.meaning = meaning
    self.remedy = remedy
  }

  /// nil for a number that the manual does not define.
  public init?(number: UInt32) {
    guard let row = InstructionError.rows.first(where: { $0.number == number }) else { return nil }
    self = row
  }

  /// In ascending order; 14, 21 and 27 are not defined.
  public static let rows: [InstructionError] = [
    InstructionError(
      1, "VMCALL executed in VMX root operation", "VMCALL",
      "No SMM monitor to call: dual-monitor treatment unsupported or not enabled",
      remedy: "Execute VMCALL in the guest; root operation has no monitor above it to call."),
    InstructionError(
      2, "VMCLEAR with invalid physical address", "VMCLEAR",
      "Operand not 4-KiB aligned or beyond the physical-address width",
      remedy: "Give VMCLEAR a 4-KiB aligned address below the physical-address width."),
    InstructionError(
      3, "VMCLEAR with VMXON pointer", "VMCLEAR",
      "Operand equals the address given to VMXON",
      remedy: "Give VMCLEAR the address of a VMCS region, not that of the VMXON region."),
    InstructionError(
      4, "VMLAUNCH with non-clear VMCS", "VMLAUNCH",
      "The launch state of the VMCS is launched",
      remedy: "Use VMRESUME, or VMCLEAR and VMPTRLD the VMCS first."),
    InstructionError(
      5, "VMRESUME with non-launched VMCS", "VMRESUME",
      "The launch state of the VMCS is clear",
      remedy: "Use VMLAUNCH for the first entry with a VMCS."),
    InstructionError(
      6, "VMRESUME after VMXOFF", "VMRESUME",
      "VMXOFF and VMXON happened between launch and resume (old name: corrupted VMCS)",
      remedy: "VMCLEAR the VMCS and launch it again."),
    InstructionError(
      7, "VM entry with invalid control field(s)", "VMLAUNCH, VMRESUME",
      "A check on execution, exit or entry controls failed",
      remedy: "Run `check`: it lists every control that VM entry refuses."),
    InstructionError(
      8, "VM entry with invalid host-state field(s)", "VMLAUNCH, VMRESUME",
      "A check on the host-state area failed",
      remedy: "Run `check`: it lists every host-state field that VM entry refuses."),
    InstructionError(
      9, "VMPTRLD with invalid physical address", "VMPTRLD",
      "Operand not 4-KiB aligned or beyond the physical-address width",
      remedy: "Give VMPTRLD a 4-KiB aligned address below the physical-address width."),
    InstructionError(
      10, "VMPTRLD with VMXON pointer", "VMPTRLD",
      "Operand equals the address given to VMXON",
      remedy: "Give VMPTRLD the address of a VMCS region, not that of the VMXON region."),
    InstructionError(
      11, "VMPTRLD with incorrect VMCS revision identifier", "VMPTRLD",
      "Bits 30:0 of the region are not IA32_VMX_BASIC[30:0], or bit 31 is set wrongly",
      remedy: "Write IA32_VMX_BASIC[30:0] to the first 4 bytes of the region."),
    InstructionError(
      12, "VMREAD or VMWRITE of unsupported VMCS component", "VMREAD, VMWRITE",
      "No field has that encoding on this processor",
      remedy: "Look the encoding up with `explain`; this processor has no such field."),
    InstructionError(
      13, "VMWRITE to read-only VMCS component", "VMWRITE",
      "Exit-information field and IA32_VMX_MISC[29] is 0",
      remedy: "Exit-information fields are written by the processor only."),
    InstructionError(
      15, "VMXON executed in VMX root operation", "VMXON",
      "Already in VMX operation",
      remedy: "The processor is in VMX operation already; VMXOFF comes before another VMXON."),
    InstructionError(
      16, "VM entry with invalid executive-VMCS pointer", "VMLAUNCH, VMRESUME",
      "Return from SMM with a bad executive-VMCS pointer",
      remedy: "Correct the executive-VMCS pointer before returning from SMM."),
    InstructionError(
      17, "VM entry with non-launched executive VMCS", "VMLAUNCH, VMRESUME",
      "Return from SMM to a VMCS that was never launched",
      remedy: "Launch the executive VMCS before returning to it."),
    InstructionError(
      18, "VM entry with executive-VMCS pointer not VMXON pointer", "VMLAUNCH, VMRESUME",
      "Tried to end dual-monitor treatment with a wrong pointer",
      remedy: "Set the executive-VMCS pointer to the VMXON pointer."),
    InstructionError(
      19, "VMCALL with non-clear VMCS", "VMCALL",
      "Tried to start dual-monitor treatment with a launched VMCS",
      remedy: "VMCLEAR the VMCS before starting dual-monitor treatment."),
    InstructionError(
      20, "VMCALL with invalid VM-exit control fields", "VMCALL",
      "Exit controls are bad when starting dual-monitor treatment",
      remedy: "Correct the VM-exit controls of the current VMCS."),
    InstructionError(
      22, "VMCALL with incorrect MSEG revision identifier", "VMCALL",
      "SMM monitor segment header has the wrong revision",
      remedy: "Write the right revision to the header of the SMM monitor segment."),
    InstructionError(
      23, "VMXOFF under dual-monitor treatment", "VMXOFF",
      "Dual-monitor treatment of SMM must be ended first",
      remedy: "End dual-monitor treatment before VMXOFF."),
    InstructionError(
      24, "VMCALL with invalid SMM-monitor features", "VMCALL",
      "SMM monitor features field is bad",
      remedy: "Correct the features field of the SMM monitor segment."),
    InstructionError(
      25, "VM entry with invalid VM-execution control fields in executive VMCS",
      "VMLAUNCH, VMRESUME",
      "Return from SMM: executive VMCS has bad controls (used instead of 7)",
      remedy: "Correct the controls of the executive VMCS."),
    InstructionError(
      26, "VM entry with events blocked by MOV SS", "VMLAUNCH, VMRESUME",
      "The instruction just before was MOV SS or POP SS",
      remedy: "Put another instruction between MOV SS or POP SS and the VM entry."),
    InstructionError(
      28, "Invalid operand to INVEPT or INVVPID", "INVEPT, INVVPID",
      "Unsupported type, bad EPTP, VPID 0, reserved descriptor bits or non-canonical address",
      remedy: "Check the type against IA32_VMX_EPT_VPID_CAP, and the descriptor's reserved bits."),
  ]
}

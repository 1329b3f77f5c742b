import Monitor
import X86

/// What the processor answered to a VMX instruction.
struct VMXRendering {
  let name: String
  let instruction: PromptInstruction
  let answer: VMXAnswer
  /// After the instruction.
  let status: VMXStatus
  var console: [UInt8] = []

  private var mnemonic: String { name.uppercased() }

  func lines(_ format: TextFormat) -> [String] {
    answer.notes + outcome(format)
  }

  private func outcome(_ format: TextFormat) -> [String] {
    switch answer.outcome {
    case .success: [success(format)] + successHint(format)
    case .failInvalid: failInvalid(format)
    case .failValid: failValid(format)
    case .fault: fault(format)
    case .exit: exit(format)
    }
  }

  // MARK: Success

  private func success(_ format: TextFormat) -> String {
    let value = answer.value.map { Show.hex($0) }
    switch instruction {
    case .vmread(let field):
      let names = answer.value.flatMap { field.setBitNames($0) }
        .map { " [\($0.joined(separator: ", "))]" }
      return "\(field.symbol) = \(value ?? "?")" + format.aside(names ?? "")
    case .vmwrite(let field, let value):
      let written = value & field.mask
      let lost = written == value ? "" : "; the field has no more bits"
      return "\(field.symbol) is now \(Show.hex(written))\(lost)"
    case .vmptrst:
      let none = answer.value == nil || answer.value == ~0
      return none ? "no VMCS is current (the pointer is all ones)" : "current VMCS: \(value ?? "?")"
    case .vmxon: return "VMXON succeeded: VMX root operation" + place(value, "VMXON region")
    case .vmxoff: return "VMXOFF succeeded: VMX operation is off"
    case .vmclear: return "VMCLEAR succeeded: launch state clear" + place(value, "region")
    case .vmptrld: return "VMPTRLD succeeded: there is a current VMCS" + place(value, "region")
    case .vmlaunch, .vmresume:
      return "\(mnemonic) succeeded: the guest was stopped before it exited"
    default: return "\(mnemonic) succeeded"
    }
  }

  private func place(_ value: String?, _ what: String) -> String {
    value.map { ", \(what) at \($0)" } ?? ""
  }

  private func successHint(_ format: TextFormat) -> [String] {
    switch instruction {
    case .vmxon: [format.next("`vmclear`, then `vmptrld`, give you a current VMCS")]
    case .vmclear: [format.next("`vmptrld` makes it the current VMCS")]
    case .vmptrld: [format.next("`setup` fills it for the loaded guest, `vmwrite` field by field")]
    default: []
    }
  }

  // MARK: Failure

  private func failInvalid(_ format: TextFormat) -> [String] {
    let head =
      "\(format.style("VMfailInvalid", .bold, .red)) (CF=1): \(mnemonic) failed, and there is no "
      + "current VMCS to hold an error number"
    return [head, "why: \(invalidReason)", format.next(invalidRemedy)]
  }

  private var invalidReason: String {
    switch instruction {
    case .vmxon where status.isOn:
      // SDM 3C, "VMXON": in root operation it is VMfail, here without a VMCS to say error 15.
      "the processor is in VMX operation already"
    case .vmxon:
      "the VMXON region is not 4-KiB aligned, beyond the physical addresses, or has not the "
        + "revision identifier of IA32_VMX_BASIC"
    case .vmclear, .vmptrld:
      "the address is not 4-KiB aligned, beyond the physical addresses, or the VMXON region "
        + "itself, or the region has not the revision identifier"
    case .vmread, .vmwrite, .vmlaunch, .vmresume: "no VMCS is current"
    default: "the operand is not valid"
    }
  }

  private var invalidRemedy: String {
    switch instruction {
    case .vmxon where status.isOn: "`vmclear`, then `vmptrld`; or `vmxoff` first"
    case .vmxon: "`vmxon` without an address uses a region that is prepared"
    case .vmclear, .vmptrld: "`\(name)` without an address uses a region that is prepared"
    default: "`vmclear`, then `vmptrld`, give you a current VMCS"
    }
  }

  private func failValid(_ format: TextFormat) -> [String] {
    let number = answer.error ?? 0
    let head = format.style("VMfailValid", .bold, .red)
    guard let error = InstructionError(number: number) else {
      return ["\(head) (ZF=1): \(mnemonic) failed with error \(number)"]
    }
    return [
      "\(head) (ZF=1): \(mnemonic) failed with error \(number), \(error.name)",
      "why: \(Show.clause(error.meaning))", format.next(Show.clause(error.remedy)),
    ]
  }

  private func fault(_ format: TextFormat) -> [String] {
    let vector = answer.vector ?? 6
    let label = ExceptionVector.label(vector)
    let head = "\(format.style(label, .bold, .red)): \(mnemonic) raised an exception"
    guard vector == 6 else {
      return [
        head,
        "why: the processor state does not allow it (CPL, CR0 and CR4 fixed bits, or "
          + "IA32_FEATURE_CONTROL)", format.next("`info control`, `explain \(mnemonic)`"),
      ]
    }
    if status.isOn {
      return [head, "why: this processor does not have the instruction, or its mode forbids it"]
    }
    return [
      head,
      "why: the processor is not in VMX operation, where VMX instructions other than VMXON "
        + "do not exist", format.next("`vmxon`"),
    ]
  }

  // MARK: Exit

  private func exit(_ format: TextFormat) -> [String] {
    guard let exit = answer.exit else { return ["\(mnemonic) entered the guest"] }
    var lines: [String] = []
    if exit.isEntryFailure {
      lines.append("\(mnemonic): the controls are right, but the guest state is refused")
    } else {
      lines.append("\(mnemonic) succeeded: the guest ran until a VM exit")
    }
    let text = Show.console(console)
    if !text.isEmpty { lines.append("guest printed: \(text)") }
    lines += ExitRendering(exit: exit).lines(format)
    lines.append(
      format.next(
        exit.isEntryFailure
          ? "`check` lists every rule that is broken"
          : "`vmcs exit` shows what was recorded; move GUEST_RIP on by the instruction length "
            + "(`vmwrite`), then `vmresume`; or `continue` lets the monitor do it"))
    return lines
  }

  var json: JSON {
    var members: [(key: String, value: JSON)] = []
    if case .vmread(let field) = instruction {
      members += [
        (key: "field", value: .string(field.symbol)),
        (key: "encoding", value: .hex(UInt64(field.rawValue))),
        (key: "value", value: .hexOrNull(answer.outcome == .success ? answer.value : nil)),
      ]
    } else if case .vmwrite(let field, let value) = instruction {
      members += [
        (key: "field", value: .string(field.symbol)),
        (key: "encoding", value: .hex(UInt64(field.rawValue))),
        (key: "value", value: .hex(value & field.mask)),
      ]
    } else if case .vmptrst = instruction {
      members.append((key: "value", value: .hexOrNull(answer.value)))
    }
    members += [
      (key: "outcome", value: .string(answer.outcome.rawValue)),
      (key: "error", value: answer.error.map { .int(Int($0)) } ?? .null),
      (key: "exit", value: answer.exit.map { ExitRendering(exit: $0).json } ?? .null),
    ]
    if let vector = answer.vector {
      members.append((key: "fault", value: .string(ExceptionVector.label(vector))))
    }
    return .object(members)
  }
}

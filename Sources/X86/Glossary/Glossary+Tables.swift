/// The explanations that derive from the tables.
extension Glossary {
  static func lookup(_ text: String, as kind: Explanation.Kind) -> [Explanation] {
    switch kind {
    case .field: VMCSField(named: text).map { [explain($0)] } ?? []
    case .control: VMXControl.named(text).map(explain)
    case .exitReason: ExitReason(named: text)?.row.map { [explain($0)] } ?? []
    case .instructionError: instructionErrors(text).map(explain)
    case .msr: MSRRow(named: text).map { [explain($0)] } ?? []
    case .exception: ExceptionVector(named: text).map { [explain($0)] } ?? []
    case .instruction: VMXInstruction(named: text).map { [explain($0)] } ?? []
    case .term: terms.filter { $0.matches(text) }.map(\.explanation)
    }
  }

  private static func instructionErrors(_ text: String) -> [InstructionError] {
    let number = TableText.number(text)
    let key = TableText.key(text)
    return InstructionError.rows.filter {
      UInt64($0.number) == number || TableText.key($0.name) == key
    }
  }

  private static func explain(_ field: VMCSField) -> Explanation {
    var lines = [
      field.name + ": " + field.meaning + ".",
      "Encoding \(Hex.text(UInt64(field.rawValue))): \(field.width.name) "
        + "\(field.type.name) field, index \(field.index).",
    ]
    lines += existence(field.row?.existsWhen ?? "always")
    if field.type == .exitInformation {
      lines.append(
        "Read-only, unless IA32_VMX_MISC[29] is 1: otherwise VMWRITE fails with error 13.")
    }
    return Explanation(
      title: field.symbol, kind: .field, lines: lines, section: section(of: field),
      seeAlso: field.type == .exitInformation ? ["VMREAD", "error 13"] : ["VMREAD", "VMWRITE"])
  }

  private static func existence(_ condition: String) -> [String] {
    if condition == "always" { return [] }
    if condition.hasPrefix("always ") { return ["Exists \(condition)."] }
    return ["Exists if the processor supports \(condition)."]
  }

  private static func section(of field: VMCSField) -> String {
    switch field.type {
    case .control: controlSection(field)
    case .exitInformation: "VM-Exit Information Fields"
    case .guest: "Guest-State Area"
    case .host: "Host-State Area"
    }
  }

  private static func controlSection(_ field: VMCSField) -> String {
    switch field.fullField {
    case .primaryExitControls, .secondaryExitControls, .exitMSRStoreAddress, .exitMSRLoadAddress,
      .exitMSRStoreCount, .exitMSRLoadCount:
      "VM-Exit Control Fields"
    case .entryControls, .entryMSRLoadAddress, .entryMSRLoadCount, .entryInterruptionInformation,
      .entryExceptionErrorCode, .entryInstructionLength, .injectedEventData:
      "VM-Entry Control Fields"
    default: "VM-Execution Control Fields"
    }
  }

  private static func explain(_ control: VMXControl) -> Explanation {
    let group = control.group
    var lines = [
      control.meaning + ".",
      "Bit \(control.bit) of the \(group.field.name) (\(group.field.symbol)), in short "
        + "\(control.reference); class \(control.defaultClass.rawValue).",
      "\(MSR.label(group.capabilityMSR)) (\(Hex.text(UInt64(group.capabilityMSR)))) "
        + "says whether the processor has it.",
    ]
    if let rule = control.dependsOn { lines.append("When it is 1: \(rule).") }
    return Explanation(
      title: control.name, kind: .control, lines: lines, section: section(of: group),
      seeAlso: [group.field.symbol, MSR.label(group.capabilityMSR)])
  }

  private static func section(of group: VMXControlGroup) -> String {
    switch group {
    case .pinBased: "Pin-Based VM-Execution Controls"
    case .primary, .secondary, .tertiary: "Processor-Based VM-Execution Controls"
    case .exit, .exit2: "VM-Exit Controls"
    case .entry: "VM-Entry Controls"
    case .vmFunction: "VM-Function Controls"
    }
  }

  private static func explain(_ row: ExitReasonRow) -> Explanation {
    var lines = [row.cause + ".", "\(kindText(row.kind)) Controlled by: \(row.controlledBy)."]
    if row.qualification != "0" { lines.append("Exit qualification: \(row.qualification).") }
    lines += validity("instruction length", row.length)
    lines += validity("instruction information", row.information)
    return Explanation(
      title: "exit reason \(row.number): \(row.name)", kind: .exitReason, lines: lines,
      section: row.kind == .entryFailure
        ? "VM-Entry Failures During or After Loading Guest State"
        : "VMX Basic Exit Reasons",
      seeAlso: ["VM_EXIT_REASON", "EXIT_QUALIFICATION"])
  }

  private static func kindText(_ kind: ExitReason.Kind) -> String {
    switch kind {
    case .fault: "Fault-like: guest RIP points at the instruction, which did nothing yet."
    case .trap: "Trap-like: the instruction completed, guest RIP points behind it."
    case .event: "An event between instructions."
    case .entryFailure: "A failed VM entry: bit 31 of the exit reason is 1, the guest ran nothing."
    }
  }

  private static func validity(_ name: String, _ validity: ExitReasonRow.Validity) -> [String] {
    switch validity {
    case .always: ["The \(name) is valid."]
    case .never: []
    case .when(let condition): ["The \(name) is valid for \(condition)."]
    }
  }

  private static func explain(_ error: InstructionError) -> Explanation {
    Explanation(
      title: "error \(error.number): \(error.name)", kind: .instructionError,
      lines: [error.meaning + ".", "From: \(error.instructions).", error.remedy],
      section: "VM Instruction Error Numbers",
      seeAlso: ["VM_INSTRUCTION_ERROR", "VMfailValid"])
  }

  private static func explain(_ row: MSRRow) -> Explanation {
    var lines = [row.meaning + ".", "MSR number \(Hex.text(UInt64(row.number)))."]
    let capability = VMXCapabilityMSR(number: row.number)
    lines += capability?.fields.map { "[\($0.bits)] \($0.name): \($0.meaning)." } ?? []
    if row.number == MSR.efer { lines += EFER.names.map { "[\($0.bit)] \($0.name)." } }
    return Explanation(
      title: row.name, kind: .msr, lines: lines,
      section: capability == nil
        ? "Model-Specific Registers (MSRs)" : "VMX Capability Reporting Facility",
      seeAlso: ["rdmsr", "wrmsr"])
  }

  private static func explain(_ exception: ExceptionVector) -> Explanation {
    let code = exception.hasErrorCode ? "pushes an error code" : "pushes no error code"
    return Explanation(
      title: "\(exception.mnemonic): \(exception.name)", kind: .exception,
      lines: [
        exception.cause + ".",
        "Vector \(exception.number), \(exception.kind.rawValue), \(code).",
        exception.number == 2
          ? "Exits with reason 0 if pin[3], NMI exiting, is 1."
          : "Exits with reason 0 if bit \(exception.number) of EXCEPTION_BITMAP is 1.",
      ],
      section: "Exception and Interrupt Reference",
      seeAlso: ["EXCEPTION_BITMAP", "exception-or-nmi"])
  }

  private static func explain(_ instruction: VMXInstruction) -> Explanation {
    Explanation(
      title: instruction.name, kind: .instruction,
      lines: [instruction.summary] + instruction.steps,
      section: "VMX Instruction Reference", seeAlso: instruction.seeAlso)
  }
}

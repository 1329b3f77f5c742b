import X86

/// One VM exit in words and bits.
struct ExitRendering {
  let exit: VMExit

  var reason: ExitReason { ExitReason(rawValue: exit.reason) }
  /// Kebab-case, as `handle` and JSON spell it.
  var name: String { reason.identifier }

  private var qualificationFields: [FieldValue] {
    ExitQualification.describe(
      reason: exit.reason, qualification: exit.qualification,
      interruptionInformation: exit.interruptionInformation)
  }

  /// `exit 10 cpuid: …`.
  func headline(_ format: TextFormat) -> String {
    let kind = exit.isEntryFailure ? "entry failure" : "exit"
    return format.style("\(kind) \(exit.reason) \(name)", .bold) + ": " + exit.summary
  }

  func lines(_ format: TextFormat) -> [String] {
    var lines = [headline(format)]
    if exit.qualification != 0 || !qualificationFields.isEmpty {
      lines.append(fact("qualification", Show.hex(exit.qualification), format))
      lines += FieldRendering.lines(qualificationFields, of: "qualification", format)
    }
    if exit.instructionLength != 0 {
      lines.append(fact("instruction length", "\(exit.instructionLength)", format))
    }
    if let address = exit.guestPhysical {
      lines.append(fact("guest-physical", Show.hex(address), format))
    }
    if let address = exit.guestLinear {
      lines.append(fact("guest-linear", Show.hex(address), format))
    }
    lines += information("interruption information", exit.interruptionInformation, format)
    lines += information("IDT-vectoring information", exit.idtVectoringInformation, format)
    if let backend = exit.backend {
      let detail = exit.backendDetail.map { ", \($0)" } ?? ""
      lines.append(fact("the kernel said", backend + detail, format))
    }
    return lines
  }

  private func information(_ what: String, _ raw: UInt32, _ format: TextFormat) -> [String] {
    let event = EventInformation(raw: raw)
    return event.isValid ? [fact(what, "\(Show.hex(raw)), \(event.summary)", format)] : []
  }

  private func fact(_ what: String, _ value: String, _ format: TextFormat) -> String {
    format.isPlain ? "\(what): \(value)" : "  \(format.name(what)) \(value)"
  }

  var json: JSON {
    .object([
      (key: "reason", value: .int(Int(exit.reason))), (key: "name", value: .string(name)),
      (key: "qualification", value: .hex(exit.qualification)),
      (key: "length", value: .int(Int(exit.instructionLength))),
      (key: "guestPhysical", value: .hexOrNull(exit.guestPhysical)),
      (key: "guestLinear", value: .hexOrNull(exit.guestLinear)),
      (key: "backend", value: exit.backend.map { .string($0) } ?? .null),
      (key: "text", value: .string(exit.summary)),
      (key: "entryFailure", value: .bool(exit.isEntryFailure)),
    ])
  }
}

/// The parts of a value that has parts.
enum FieldRendering {
  static func lines(_ fields: [FieldValue], of name: String, _ format: TextFormat) -> [String] {
    let width = fields.map(\.bits.count).max() ?? 0
    let nameWidth = fields.map(\.name.count).max() ?? 0
    return fields.map { field in
      if format.isPlain {
        return "\(name) bits \(field.bits) \(field.name): \(field.meaning)"
      }
      return "    " + format.aside(TextFormat.padLeft(field.bits, width)) + "  "
        + TextFormat.pad(field.name, nameWidth) + "  " + field.meaning
    }
  }

  static func json(_ fields: [FieldValue]) -> JSON {
    .array(
      fields.map { field in
        .object([
          (key: "bits", value: .string(field.bits)), (key: "name", value: .string(field.name)),
          (key: "value", value: .hex(field.value)), (key: "meaning", value: .string(field.meaning)),
        ])
      })
  }
}

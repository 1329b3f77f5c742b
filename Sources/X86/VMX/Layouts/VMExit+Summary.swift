extension VMExit {
  /// The exit in one sentence without a full stop, e.g. "OUT of 1 byte to port 0x3f8".
  public var summary: String {
    let reason = ExitReason(rawValue: reason)
    switch reason {
    case .exceptionOrNMI: return exceptionSummary
    case .externalInterrupt: return externalInterruptSummary
    case .tripleFault: return "triple fault: an exception while the double fault was delivered"
    case .taskSwitch: return taskSwitchSummary
    case .invlpg: return "INVLPG of linear address \(Hex.text(qualification))"
    case .crAccess: return controlRegisterSummary
    case .drAccess: return debugRegisterSummary
    case .ioInstruction: return ioSummary
    case .entryFailureGuestState, .entryFailureMSRLoading, .entryFailureMachineCheck:
      return entryFailureSummary(reason)
    case .apicAccess: return apicAccessSummary
    case .eptViolation: return eptViolationSummary
    case .eptMisconfiguration:
      return "the EPT entry for \(guestPhysicalText) is misconfigured"
    default:
      return reason.row?.cause ?? reason.name
    }
  }

  private var guestPhysicalText: String {
    let address = guestPhysical ?? (access?.space == .memory ? access?.address : nil)
    return address.map { "guest-physical \(Hex.text($0))" } ?? "an unknown guest-physical address"
  }

  private var exceptionSummary: String {
    let event = EventInformation(raw: interruptionInformation)
    guard event.isValid else { return "an exception or NMI" }
    if event.hardwareExceptionVector == 14 {
      return "#PF at linear address \(Hex.text(qualification)): "
        + RegisterBits.pageFault(errorCode: interruptionErrorCode)
    }
    guard event.hasErrorCode else { return event.summary }
    return "\(event.summary), error code \(Hex.text(UInt64(interruptionErrorCode)))"
  }

  private var externalInterruptSummary: String {
    let event = EventInformation(raw: interruptionInformation)
    return event.isValid ? event.summary : "external interrupt, not acknowledged"
  }

  private var taskSwitchSummary: String {
    let source = ["CALL", "IRET", "JMP", "a task gate"][Int((qualification >> 30) & 3)]
    return "task switch by \(source) to TSS selector \(Hex.text(qualification & 0xffff))"
  }

  private var controlRegisterSummary: String {
    let control = "CR\(qualification & 15)"
    let general = BitField.registerName((qualification >> 8) & 15)
    switch (qualification >> 4) & 3 {
    case 0: return "MOV to \(control) from \(general)"
    case 1: return "MOV from \(control) to \(general)"
    case 2: return "CLTS"
    default: return "LMSW of \(Hex.text((qualification >> 16) & 0xffff))"
    }
  }

  private var debugRegisterSummary: String {
    let debug = "DR\(qualification & 7)"
    let general = BitField.registerName((qualification >> 8) & 15)
    return qualification & 0x10 != 0
      ? "MOV from \(debug) to \(general)" : "MOV to \(debug) from \(general)"
  }

  private var ioSummary: String {
    // A backend that leaves the qualification 0 still says which port it is about.
    let device = access?.space == .port ? access : nil
    let size = device.map { UInt64(clamping: $0.size) } ?? (qualification & 7) &+ 1
    let isInput = device.map { !$0.isWrite } ?? (qualification & 8 != 0)
    let isString = qualification & 0x10 != 0
    let name = (isInput ? "IN" : "OUT") + (isString ? "S" : "")
    let prefix = qualification & 0x20 != 0 ? "REP " : ""
    let bytes = size == 1 ? "1 byte" : "\(size) bytes"
    let port = Hex.text(device?.address ?? (qualification >> 16) & 0xffff)
    return "\(prefix)\(name) of \(bytes) \(isInput ? "from" : "to") port \(port)"
  }

  private func entryFailureSummary(_ reason: ExitReason) -> String {
    if reason == .entryFailureMachineCheck { return "VM entry failed: machine check" }
    if reason == .entryFailureMSRLoading {
      return "VM entry failed: entry \(qualification) of the MSR-load list could not be loaded"
    }
    let detail =
      switch qualification {
      case 2: "a PDPTE could not be loaded"
      case 3: "NMI injected while blocking by STI"
      case 4: "invalid VMCS link pointer"
      default: "a guest-state check failed"
      }
    return "VM entry failed: \(detail)"
  }

  private var apicAccessSummary: String {
    let fields = ExitQualification.describe(reason: reason, qualification: qualification)
    let kind = fields.first { $0.name == "access type" }?.meaning ?? "access"
    return "\(kind) at offset \(Hex.text(qualification & 0xfff)) of the APIC page"
  }

  private var eptViolationSummary: String {
    var cause = ""
    if qualification & 7 != 0 {
      cause = ": " + (qualification & 0x38 == 0 ? "entry not present" : eptRightsText)
    }
    // SDM 3C, "Exit Qualification for EPT Violations": bit 8 is 0 for an access to a guest
    // paging-structure entry on the way to a valid linear address (bit 7).
    let walk = qualification & 0x180 == 0x80 ? ", on the guest's page walk," : ""
    return "\(eptAccessText) at \(guestPhysicalText)\(walk) not allowed by EPT\(cause)"
  }

  private var eptAccessText: String {
    switch qualification & 7 {
    case 0:
      // A backend that does not report the qualification still knows the access.
      guard let access else { return "access" }
      return access.isWrite ? "data write" : "data read"
    case 1: return "data read"
    case 2: return "data write"
    case 3: return "data read and write"
    case 4: return "instruction fetch"
    default: return "access"
    }
  }

  private var eptRightsText: String {
    let rights = [(8, "read"), (16, "write"), (32, "execute")] as [(UInt64, String)]
    let allowed = rights.filter { qualification & $0.0 != 0 }.map(\.1)
    return "the page allows only " + allowed.joined(separator: ", ")
  }
}

/// What `explain` says about one name or number.
public struct Explanation: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case field = "VMCS field"
    case control = "control bit"
    case exitReason = "exit reason"
    case instructionError = "VM-instruction error"
    case msr = "MSR"
    case exception
    case instruction = "VMX instruction"
    case term
  }

  /// E.g. "GUEST_RIP", "exit reason 30: I/O instruction".
  public let title: String
  public let kind: Kind
  /// Plain sentences and facts, one a line.
  public let lines: [String]
  /// Title of the section in the manual, e.g. "Guest Register State".
  public let section: String
  /// Names that `Glossary.lookup` knows.
  public let seeAlso: [String]

  public init(
    title: String, kind: Kind, lines: [String], section: String, seeAlso: [String] = []
  ) {
    self.title = title
    self.kind = kind
    self.lines = lines
    self.section = section
    self.seeAlso = seeAlso
  }
}

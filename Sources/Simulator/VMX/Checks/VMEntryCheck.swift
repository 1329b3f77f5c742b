import X86

/// One rule of the manual's checks on VM entry.
public struct VMEntryCheck: Sendable {
  /// A letter for the group and a number, e.g. "G21".
  public let identifier: String
  public let group: VMEntryCheckGroup
  /// The fields that the rule reads; a write to one of them makes VM entry check it again.
  public let fields: [VMCSField]
  /// What must hold, in words.
  public let condition: String
  let violation: @Sendable (VMEntryCheckContext) -> VMEntryViolation?

  init(
    _ identifier: String, _ group: VMEntryCheckGroup, _ fields: [VMCSField], _ condition: String,
    _ violation: @escaping @Sendable (VMEntryCheckContext) -> VMEntryViolation?
  ) {
    self.identifier = identifier
    self.group = group
    self.fields = fields
    self.condition = condition
    self.violation = violation
  }

  /// Every rule, in the order in which this processor checks them. The manual leaves the order
  /// inside a stage open.
  public static let rows: [VMEntryCheck] = VMEntryCheckGroup.allCases.flatMap(\.rows)
}

/// How a field breaks a rule.
struct VMEntryViolation {
  var field: VMCSField
  var have: String
  var want: String
  var qualification: UInt64 = 0
}

/// A rule that the current VMCS breaks.
public struct VMEntryFinding: Sendable, Equatable {
  /// E.g. "G21".
  public let rule: String
  /// The section of the manual, SDM 3C.
  public let section: String
  /// What must hold, in words.
  public let condition: String
  /// The field that breaks the rule, then the others that the rule reads.
  public let fields: [VMCSField]
  /// The value of the first of `fields`.
  public let have: String
  /// What it would have to be.
  public let want: String
  public let failure: VMEntryFailure
  /// The exit qualification if the failure is a VM exit.
  public let qualification: UInt64

  init(_ check: VMEntryCheck, _ violation: VMEntryViolation) {
    rule = check.identifier
    section = check.group.section
    condition = check.condition
    fields = [violation.field] + check.fields.filter { $0 != violation.field }
    have = violation.have
    want = violation.want
    failure = check.group.failure
    qualification = violation.qualification
  }
}

/// What VM entry does when a rule is broken.
public enum VMEntryFailure: Sendable, Equatable {
  case failInvalid
  /// VMfailValid with this error number.
  case failValid(UInt32)
  /// Exit reason 33 with bit 31 set.
  case exit
}

extension VMEntryCheckContext {
  /// The first broken rule among the groups of `mask`.
  func firstFinding(_ mask: VMEntryCheckGroups.Mask) -> VMEntryFinding? {
    for group in VMEntryCheckGroup.allCases where mask & group.mask != 0 {
      for check in group.rows {
        if let violation = check.violation(self) { return VMEntryFinding(check, violation) }
      }
    }
    return nil
  }

  func allFindings() -> [VMEntryFinding] {
    VMEntryCheck.rows.compactMap { check in
      check.violation(self).map { VMEntryFinding(check, $0) }
    }
  }
}

extension Processor {
  /// Every VM-entry rule that the current VMCS breaks, in the order of the checks: empty if VM
  /// entry would accept it, nil if there is no current VMCS.
  public func checkVMCS() -> [VMEntryFinding]? {
    currentVMCS.map { checkContext($0).allFindings() }
  }

  func checkContext(_ vmcs: VMCS) -> VMEntryCheckContext {
    VMEntryCheckContext(
      vmcs: vmcs, memory: memory, capabilities: vmx.capabilities, processorEFER: efer)
  }
}

import KVM
import Simulator
import X86

/// A VMCS, field by field.
public struct VMCSContents: Sendable, Equatable {
  public enum Standing: String, Sendable {
    /// The backend keeps this very value.
    case live
    /// Rebuilt from something else that the backend shows.
    case derived
    /// The backend keeps the value to itself.
    case hidden
  }
  public struct Value: Sendable, Equatable {
    public var value: UInt64
    public var standing: Standing
    /// Where the value comes from, or why there is none; empty in the simulator.
    public var source: String

    public init(_ value: UInt64, _ standing: Standing = .live, source: String = "") {
      self.value = value
      self.standing = standing
      self.source = source
    }
  }
  public var address: UInt64?
  /// Full fields only.
  public var fields: [VMCSField: Value]
  /// The values when the last command that entered the guest began, for `--diff`; empty if there
  /// was none.
  public var previous: [VMCSField: UInt64]

  public init(
    address: UInt64?, fields: [VMCSField: Value], previous: [VMCSField: UInt64] = [:]
  ) {
    self.address = address
    self.fields = fields
    self.previous = previous
  }
}

/// A rule of VM entry that is broken.
public struct CheckFailure: Sendable, Equatable {
  /// In words, after the rule's identifier.
  public var rule: String
  /// Title of the manual's section.
  public var section: String
  public var fields: [VMCSField]
  public var have: String
  public var want: String

  public init(rule: String, section: String, fields: [VMCSField], have: String, want: String) {
    self.rule = rule
    self.section = section
    self.fields = fields
    self.have = have
    self.want = want
  }
}

extension Monitor {
  /// The current VMCS, or what the backend can tell of one; nil if there is none.
  public func vmcs() throws -> VMCSContents? {
    if let kvm { return try Self.rebuilt(from: kvm.kvmCPU.guestStateView()) }
    guard let processor = simulated?.processor, let address = processor.currentVMCSPointer else {
      return nil
    }
    var contents = VMCSContents(address: address, fields: [:])
    for field in VMCSField.all {
      if let value = processor.vmcsField(field) { contents.fields[field] = .init(value) }
    }
    let before = preparation.fieldsBeforeEntry
    for (field, value) in zip(VMCSField.all, before) { contents.previous[field] = value }
    return contents
  }

  private static func rebuilt(from view: KVMGuestStateView) -> VMCSContents {
    var contents = VMCSContents(address: nil, fields: [:])
    for field in view.fields {
      let standing: VMCSContents.Standing =
        switch field.status {
        case .live: .live
        case .derived: field.value == nil ? .hidden : .derived
        case .hidden: .hidden
        }
      contents.fields[VMCSField(rawValue: UInt32(field.encoding))] = VMCSContents.Value(
        field.value ?? 0, standing, source: field.source)
    }
    return contents
  }

  /// Every rule of VM entry that the current VMCS breaks, in the order of the processor's checks.
  public func checkVMCS() throws -> [CheckFailure] {
    let machine = try root(for: "`check`")
    guard let findings = machine.processor.checkVMCS() else { throw MonitorError.noCurrentVMCS }
    return findings.map { finding in
      CheckFailure(
        rule: "\(finding.rule): \(finding.condition)", section: finding.section,
        fields: finding.fields, have: finding.have, want: finding.want)
    }
  }
}

/// A basic exit reason, bits 15:0 of the exit-reason field (SDM 3D, "VMX Basic Exit Reasons").
///
/// The raw value may be any 16-bit number; the known ones are in `rows`.
public struct ExitReason: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt16

  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
  @inlinable init(_ number: UInt16) { rawValue = number }

  /// When the exit happens, seen from the instruction that caused it.
  public enum Kind: String, Sendable, CaseIterable {
    /// Before the instruction takes effect: guest RIP points at it.
    case fault
    /// After the instruction completed: guest RIP points behind it.
    case trap
    /// Between instructions, or asynchronous.
    case event
    /// VM entry did not complete; bit 31 of the exit-reason field is 1.
    case entryFailure = "entry failure"
  }
}

/// One row of the manual's table of basic exit reasons.
public struct ExitReasonRow: Sendable {
  /// Whether an exit of this reason fills an exit-information field.
  public enum Validity: Sendable, Equatable {
    case always, never
    case when(String)
  }

  public let reason: ExitReason
  /// Kebab-case, as JSON and `handle` spell it, e.g. `io-instruction`.
  public let identifier: String
  /// The manual's name, e.g. "I/O instruction".
  public let name: String
  public let kind: ExitReason.Kind
  /// What the guest did, in words.
  public let cause: String
  /// The controls that decide, e.g. `primary[7]`; "unconditional" if none can prevent the exit.
  public let controlledBy: String
  /// What the exit qualification holds.
  public let qualification: String
  /// The VM-exit instruction length. Any exit during the delivery of a software interrupt or
  /// software exception sets it too.
  public let length: Validity
  /// The VM-exit instruction information.
  public let information: Validity

  public var number: UInt16 { reason.rawValue }

  init(
    _ reason: ExitReason, _ identifier: String, _ name: String, _ kind: ExitReason.Kind,
    _ cause: String, controlledBy: String, qualification: String, length: Validity,
    information: Validity
  ) {
    self.reason = reason
    self.identifier = identifier
    self.name = name
    self.kind = kind
    self.cause = cause
    self.controlledBy = controlledBy
    self.qualification = qualification
    self.length = length
    self.information = information
  }
}

extension ExitReason {
  /// Every defined reason in ascending order.
  public static let rows: [ExitReasonRow] = rowsTo34 + rowsTo64 + rowsFrom65

  /// nil for a number that the manual leaves unused.
  public var row: ExitReasonRow? { ExitReason.rowsByNumber[rawValue] }

  /// Kebab-case, e.g. `io-instruction`; `reason-35` for an unused number.
  public var identifier: String {
    if let row { return row.identifier }
    return rawValue == VMExit.backendError ? "backend-error" : "reason-\(rawValue)"
  }

  /// The manual's name, e.g. "I/O instruction".
  public var name: String {
    if let row { return row.name }
    return rawValue == VMExit.backendError
      ? "the backend could not go on" : "unused exit reason \(rawValue)"
  }

  /// Reasons 33, 34 and 41: the VM entry itself failed.
  @inlinable public var isEntryFailure: Bool {
    self == .entryFailureGuestState || self == .entryFailureMSRLoading
      || self == .entryFailureMachineCheck
  }

  /// Finds a defined reason by number, by kebab-case name or by the manual's name in any case.
  public init?(named text: String) {
    if let number = TableText.number(text), let raw = UInt16(exactly: number) {
      self.init(rawValue: raw)
      guard row != nil else { return nil }
      return
    }
    guard let reason = ExitReason.reasonsByKey[TableText.key(text)] else { return nil }
    self = reason
  }

  private static let rowsByNumber: [UInt16: ExitReasonRow] = {
    var table: [UInt16: ExitReasonRow] = [:]
    for row in rows { table[row.number] = row }
    return table
  }()

  private static let reasonsByKey: [String: ExitReason] = {
    var table: [String: ExitReason] = [:]
    for row in rows {
      table[TableText.key(row.name)] = row.reason
      table[TableText.key(row.identifier)] = row.reason
    }
    return table
  }()
}

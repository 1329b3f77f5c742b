/// The same work done by several techniques.
public struct Comparison: Sendable, Equatable {
  public struct Row: Sendable, Equatable {
    public var technique: String
    /// What the workload counts, e.g. bytes printed.
    public var operations: Int
    public var exits: Int
    /// In the simulator: model cycles (`ExitCosts`) of these exits.
    public var cycles: UInt64?
    /// On KVM: nanoseconds of the whole run, median of the repetitions; nil without a clock.
    public var nanoseconds: Double?
    /// Half the distance between the quartiles of the repetitions.
    public var spread: Double?
    /// Set if this backend can't do it; says why.
    public var unavailable: String?

    public init(
      technique: String, operations: Int, exits: Int, cycles: UInt64? = nil,
      nanoseconds: Double? = nil, spread: Double? = nil, unavailable: String? = nil
    ) {
      self.technique = technique
      self.operations = operations
      self.exits = exits
      self.cycles = cycles
      self.nanoseconds = nanoseconds
      self.spread = spread
      self.unavailable = unavailable
    }

    /// 0 if there was no operation.
    public var exitsPerOperation: Double {
      operations == 0 ? 0 : Double(exits) / Double(operations)
    }
  }
  public var workload: String
  /// What an operation is, e.g. "byte printed".
  public var operation: String
  public var rows: [Row]
  /// Where the figures come from, one line each.
  public var notes: [String]

  public init(workload: String, operation: String, rows: [Row], notes: [String] = []) {
    self.workload = workload
    self.operation = operation
    self.rows = rows
    self.notes = notes
  }
}

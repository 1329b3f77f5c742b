import Monitor

extension Monitor {
  public static var workloads: [String] { ["console"] }

  public static func compare(
    workload: String, techniques: [String], backend: Monitor.Backend
  ) throws -> Comparison {
    throw CommandError("not-yet", "comparing \(workload) is not built yet")
  }
}

/// The same work done by several techniques.
public struct Comparison: Sendable, Equatable {
  public struct Row: Sendable, Equatable {
    public var technique: String
    /// What the workload counts, e.g. bytes printed.
    public var operations: Int
    public var exits: Int
    /// In the simulator: model cycles.
    public var cycles: UInt64?
    /// On KVM: median of the repetitions, and how far they spread.
    public var nanoseconds: Double?
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

import X86

/// Why the shell has the prompt again.
public struct Stop: Sendable {
  /// The names that JSON shows.
  public enum Reason: String, Sendable { case step, breakpoint, exit, halt, limit, interrupt }

  public var reason: Reason
  /// Guest RIP now.
  public var rip: UInt64
  /// Instructions that this command executed; nil if the backend cannot count.
  public var instructions: UInt64?
  /// The exit that stopped, or the last one handled by this command.
  public var exit: VMExit?
  /// Exits handled on the way, without the one that stopped.
  public var handledExits: Int
  /// In words, e.g. "the guest executed HLT with interrupts off: it is finished".
  public var explanation: String

  public init(
    reason: Reason, rip: UInt64, instructions: UInt64? = nil, exit: VMExit? = nil,
    handledExits: Int = 0, explanation: String = ""
  ) {
    self.reason = reason
    self.rip = rip
    self.instructions = instructions
    self.exit = exit
    self.handledExits = handledExits
    self.explanation = explanation
  }
}

/// What the monitor does with an exit.
public enum ExitPolicy: String, Sendable, CaseIterable {
  /// Handle it and go on.
  case emulate
  /// Stop before handling it; `continue` handles it.
  case stop
  /// Give it to the guest: an exception or interrupt is injected, nothing else can be passed.
  case pass
}

/// Counts of exits by reason, with their costs: in the simulator the model's cycles
/// (`ExitCosts`), on KVM the measured nanoseconds from KVM_RUN's return until the next KVM_RUN.
public struct ExitStatistics: Sendable, Equatable {
  public struct Row: Sendable, Equatable {
    public var name: String
    public var count = 0
    /// Model cycles in the simulator, nanoseconds on KVM.
    public var min: UInt64 = .max
    public var max: UInt64 = 0
    public var total: UInt64 = 0
  }
  /// By basic exit reason, below 128 for the manual's. A count of 0: no such exit.
  private var table = [Row](repeating: Row(name: ""), count: 128)
  /// Reasons beyond the table.
  private var others: [UInt16: Row] = [:]

  public init() {}

  /// The reasons that have come.
  public var rows: [UInt16: Row] {
    var result = others
    for (reason, row) in table.enumerated() where row.count > 0 { result[UInt16(reason)] = row }
    return result
  }
  public var total: Int {
    others.values.reduce(0) { $0 + $1.count } + table.reduce(0) { $0 + $1.count }
  }

  public mutating func add(_ reason: UInt16, name: @autoclosure () -> String, cost: UInt64) {
    let index = Int(reason)
    guard index < table.count else {
      return others[reason, default: Row(name: name())].add(cost)
    }
    if table[index].count == 0 { table[index].name = name() }
    table[index].add(cost)
  }
}

extension ExitStatistics.Row {
  fileprivate mutating func add(_ cost: UInt64) {
    count += 1
    min = Swift.min(min, cost)
    max = Swift.max(max, cost)
    total &+= cost
  }
}

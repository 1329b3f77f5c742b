import X86

extension Monitor {
  /// Names of the workloads that `compare` runs.
  public static var workloads: [String] { Workload.rows.map(\.name) }

  /// The techniques of a workload with what each does; nil if there is no such workload.
  public static func techniques(of workload: String) -> [(name: String, summary: String)]? {
    Workload.rows.first { $0.name == workload }?.techniques.map { ($0.name, $0.summary) }
  }

  /// As `compare(workload:techniques:configuration:)`, without a clock.
  public static func compare(
    workload: String, techniques: [String], backend: Backend
  ) throws -> Comparison {
    var configuration = Configuration()
    configuration.backend = backend
    return try compare(
      workload: workload, techniques: techniques, configuration: configuration)
  }

  /// Runs a workload by each technique, by all of them if `techniques` is empty, on machines made
  /// for it. On KVM the configuration's clock measures; without one, nothing is measured.
  ///
  /// Throws `MonitorError` for unknown names, `MachineError` if there is no such backend.
  public static func compare(
    workload name: String, techniques names: [String], configuration: Configuration
  ) throws -> Comparison {
    guard let workload = Workload.rows.first(where: { $0.name == name }) else {
      throw MonitorError.noSuchWorkload(name: name, known: workloads)
    }
    for name in names where !workload.techniques.contains(where: { $0.name == name }) {
      throw MonitorError.noSuchTechnique(
        name: name, known: workload.techniques.map(\.name))
    }
    let chosen = workload.techniques.filter { names.isEmpty || names.contains($0.name) }
    var runner = WorkloadRunner(workload: workload, configuration: configuration)
    let rows = try chosen.map { try runner.row(of: $0) }
    return Comparison(
      workload: name, operation: workload.operation, rows: rows, notes: runner.notes)
  }
}

/// Runs the guests of a workload and counts.
private struct WorkloadRunner {
  let workload: Workload
  let configuration: Monitor.Configuration

  private static let warmUps = 3
  private static let repetitions = 15
  /// A guest that has not halted by then has lost its way.
  private static let instructionLimit: UInt64 = 10_000_000

  private var roads: [String] = []

  init(workload: Workload, configuration: Monitor.Configuration) {
    self.workload = workload
    self.configuration = configuration
  }

  private var isMeasured: Bool { configuration.backend == .kvm && configuration.clock != nil }

  var notes: [String] {
    var notes = ["the HLT that ends each guest is not counted"]
    if configuration.backend == .sim {
      notes.append("cycles are a model's, and of the exits only: \(Self.costs)")
      notes.append("source of these figures: \(ExitCosts.output.source)")
    } else if isMeasured {
      notes.append(
        "nanoseconds are measured from entering the guest to its HLT: the median of "
          + "\(Self.repetitions) runs after \(Self.warmUps) to warm up, and half the distance "
          + "between the quartiles")
    }
    return notes + roads
  }

  private static var costs: String {
    ExitCosts.rows.map { "\($0.exit) \($0.cycles)" }.joined(separator: "; ")
  }

  mutating func row(of technique: Workload.Technique) throws -> Comparison.Row {
    guard let guest = GuestCatalogue.guest(named: technique.guest) else {
      return Comparison.Row(
        technique: technique.name, operations: 0, exits: 0,
        unavailable: "the guest \(technique.guest) is not built in")
    }
    let monitor = try Monitor(configuration)
    let image = try GuestCatalogue.image(of: guest, memorySize: configuration.memorySize)
    try runOnce(monitor, image)
    var row = count(monitor, technique)
    if isMeasured { try measure(monitor, image, &row) }
    if technique.guest == "hypercall", !monitor.machine.capabilities.contains(.hypercall) {
      roads.append(
        "\(technique.name): by OUT to port 0x504, because on this backend VMCALL does not reach "
          + "the monitor")
    }
    return row
  }

  private func runOnce(_ monitor: Monitor, _ image: GuestImage) throws {
    try monitor.load(image)
    let limit =
      monitor.machine.capabilities.contains(.instructionCount)
      ? RunLimit(instructions: Self.instructionLimit) : RunLimit()
    let stop = try monitor.run(until: limit)
    guard stop.reason == .halt else {
      throw MonitorError.refused(
        what: "the guest \(image.name)",
        why: "it stopped before it was finished: "
          + stop.explanation, remedy: "`load \(image.name)` and `run` show where")
    }
  }

  private func count(_ monitor: Monitor, _ technique: Workload.Technique) -> Comparison.Row {
    let counted = monitor.statistics.rows.filter { $0.key != ExitReason.hlt.rawValue }.values
    var row = Comparison.Row(
      technique: technique.name, operations: workload.operations(monitor),
      exits: counted.reduce(0) { $0 + $1.count })
    if configuration.backend == .sim { row.cycles = counted.reduce(0) { $0 &+ $1.total } }
    return row
  }

  private func measure(
    _ monitor: Monitor, _ image: GuestImage, _ row: inout Comparison.Row
  ) throws {
    guard let clock = configuration.clock else { return }
    var times: [Double] = []
    for repetition in 0..<(Self.warmUps + Self.repetitions) {
      try monitor.load(image)
      let start = clock()
      let stop = try monitor.run(until: RunLimit())
      let time = clock() &- start
      guard stop.reason == .halt else { continue }
      if repetition >= Self.warmUps { times.append(Double(time)) }
    }
    times.sort()
    guard !times.isEmpty else { return }
    row.nanoseconds = times[times.count / 2]
    row.spread = (times[times.count * 3 / 4] - times[times.count / 4]) / 2
  }
}

import Monitor

/// The same work done by several techniques.
enum CompareCommand {
  static let rows: [Command] = [
    Command(
      name: "compare", group: .comparing, syntax: "[WORKLOAD] [TECHNIQUE…]",
      summary: "run a workload by several techniques, and compare exits and cost",
      help: """
        Runs guests of its own; the loaded guest stays as it is. The simulator counts model cycles,
        KVM measures nanoseconds. Example: compare console
        """,
      completers: [.workload, .nothing], body: compare)
  ]

  @Sendable private static func compare(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let machineType = session.options.machineType
    let workload = arguments.next() ?? machineType.workloads.first ?? "console"
    guard machineType.workloads.contains(workload) else {
      throw CommandError(
        "no-such-workload",
        "no workload '\(workload)'; there is \(machineType.workloads.joined(separator: ", "))")
    }
    let comparison = try machineType.compare(
      workload: workload, techniques: arguments.rest(),
      configuration: session.configuration(isBare: false))
    let rendering = ComparisonRendering(comparison: comparison)
    return Answer(rendering.lines(session.format).joined(separator: "\n"), rendering.json)
  }
}

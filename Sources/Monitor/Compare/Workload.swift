import X86

/// Work that can be done by several techniques, each of them a guest.
struct Workload: Sendable {
  struct Technique: Sendable {
    let name: String
    /// What happens, in words.
    let summary: String
    /// A built-in guest that does the work once and halts.
    let guest: String
  }

  let name: String
  /// What is counted.
  let operation: String
  let techniques: [Technique]
  /// How much work a finished guest has done.
  let operations: @Sendable (Monitor) -> Int

  /// To add a workload: guests that do it, and a row here.
  static let rows: [Workload] = [
    Workload(
      name: "console", operation: "byte printed",
      techniques: [
        Technique(
          name: "trap-and-emulate",
          summary: "each byte through the UART, after a read of its status as a driver does it",
          guest: "ports"),
        Technique(
          name: "hypercall",
          summary:
            "the whole buffer with one VMCALL; where VMCALL does not reach the monitor, with "
            + "one OUT that passes a pointer",
          guest: "hypercall"),
      ],
      operations: { $0.consoleOutput.count })
  ]
}

import X86

/// What the monitor does about one exit reason. To add one: a file with a handler, and a row here.
struct ExitHandler: Sendable {
  /// How an exit ends.
  enum Outcome: Sendable, Equatable {
    /// The guest goes on.
    case resume
    case stop(Stop.Reason, String)
  }

  let reason: ExitReason
  /// What emulating it means, in words.
  let summary: String
  let handle: @Sendable (Monitor, VMExit) throws -> Outcome

  init(
    _ reason: ExitReason, _ summary: String,
    _ handle: @escaping @Sendable (Monitor, VMExit) throws -> Outcome
  ) {
    self.reason = reason
    self.summary = summary
    self.handle = handle
  }

  /// In ascending order of reasons.
  static let rows: [ExitHandler] = [
    exception, externalInterrupt, tripleFault, interruptWindow, cpuid, hlt, invd, invlpg, rdpmc,
    rdtsc, vmcall,
    virtualizationInstruction(.vmclear), virtualizationInstruction(.vmlaunch),
    virtualizationInstruction(.vmptrld), virtualizationInstruction(.vmptrst),
    virtualizationInstruction(.vmread), virtualizationInstruction(.vmresume),
    virtualizationInstruction(.vmwrite), virtualizationInstruction(.vmxoff),
    virtualizationInstruction(.vmxon),
    controlRegisterAccess, debugRegisterAccess, ioInstruction, rdmsr, wrmsr,
    entryFailure(.entryFailureGuestState), entryFailure(.entryFailureMSRLoading),
    waitHint(.mwait), monitorTrapFlag, waitHint(.monitor), waitHint(.pause),
    eptViolation, eptMisconfiguration,
    virtualizationInstruction(.invept), rdtscp, preemptionTimer,
    virtualizationInstruction(.invvpid), wbinvd, xsetbv, randomNumber(.rdrand),
    randomNumber(.rdseed),
  ]

  private static let byReason: [(@Sendable (Monitor, VMExit) throws -> Outcome)?] = {
    var table: [(@Sendable (Monitor, VMExit) throws -> Outcome)?] = Array(
      repeating: nil, count: 128)
    for row in rows where Int(row.reason.rawValue) < table.count {
      table[Int(row.reason.rawValue)] = row.handle
    }
    return table
  }()

  static func function(for reason: UInt16) -> (@Sendable (Monitor, VMExit) throws -> Outcome)? {
    Int(reason) < byReason.count ? byReason[Int(reason)] : nil
  }
}

extension Monitor {
  /// What the monitor does about each exit reason that it handles, in ascending order.
  public static var exitHandlers: [(reason: ExitReason, summary: String)] {
    ExitHandler.rows.map { ($0.reason, $0.summary) }
  }
}

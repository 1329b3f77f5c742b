import X86

extension ExitHandler {
  static let rdtsc = ExitHandler(
    .rdtsc, "answers with the guest's time-stamp counter"
  ) { monitor, exit in
    try monitor.answerTimeStamp(exit, withProcessorID: false)
  }

  static let rdtscp = ExitHandler(
    .rdtscp, "answers with the time-stamp counter, and IA32_TSC_AUX in ECX"
  ) { monitor, exit in
    try monitor.answerTimeStamp(exit, withProcessorID: true)
  }

  static let rdpmc = ExitHandler(
    .rdpmc, "raises #GP(0): the guest has no performance counters"
  ) { monitor, _ in
    try monitor.raise(13, errorCode: 0)
    return .resume
  }

  static let preemptionTimer = ExitHandler(
    .preemptionTimer, "goes on: the monitor runs one guest and has nobody else to turn to"
  ) { _, _ in .resume }

  static let monitorTrapFlag = ExitHandler(
    .monitorTrapFlag, "goes on: one instruction has executed"
  ) { _, _ in .resume }
}

extension Monitor {
  fileprivate func answerTimeStamp(
    _ exit: VMExit, withProcessorID: Bool
  ) throws -> ExitHandler.Outcome {
    let cpu = machine.cpu
    let counter = try cpu.readMSR(MSR.tsc) ?? cpu.instructionsRetired ?? 0
    let processor = withProcessorID ? try cpu.readMSR(MSR.tscAux) ?? 0 : 0
    try setGeneral([.rax: counter & 0xffff_ffff, .rdx: counter >> 32])
    if withProcessorID { try setGeneral([.rcx: processor & 0xffff_ffff]) }
    try skip(exit)
    return .resume
  }
}

import X86

// SDM 3C, "Handling VM Exits Due to Exceptions".
extension ExitHandler {
  static let exception = ExitHandler(
    .exceptionOrNMI, "gives the exception to the guest, as if it had not exited"
  ) { monitor, exit in
    let event = EventInformation(raw: exit.interruptionInformation)
    // The bitmap lets exceptions exit; NMIs are the host's, and the prompt has no use for them.
    guard event.isValid, event.kind != .nmi else { return .resume }
    // SDM 3C, "Basic VM-Exit Information": CR2 is not loaded when a page fault exits.
    if event.kind == .hardwareException, event.vector == 14 {
      try monitor.changeRegisters { $0.cr2 = exit.qualification }
    }
    return try monitor.inject(exit, event)
  }

  static let externalInterrupt = ExitHandler(
    .externalInterrupt, "keeps the interrupt until the guest accepts it, and injects it then"
  ) { monitor, exit in
    let event = EventInformation(raw: exit.interruptionInformation)
    if event.isValid { monitor.waitingVectors.append(event.vector) }
    return .resume
  }

  static let interruptWindow = ExitHandler(
    .interruptWindow, "injects the interrupt that waits: the guest has just set IF"
  ) { _, _ in
    // The run loop injects before each entry.
    .resume
  }

  static let tripleFault = ExitHandler(
    .tripleFault, "stops: a PC would reset now"
  ) { _, _ in
    .stop(
      .exit,
      "triple fault: delivering an exception failed, then the double fault did, and then the guest "
        + "could not go on; look at `info idt` and the last instruction, then `reset`")
  }
}

extension Monitor {
  /// Injects the exception that exited, together with what its delivery interrupted
  /// (SDM 3A, "Interrupt 8—Double Fault Exception": which pairs make a double fault).
  fileprivate func inject(
    _ exit: VMExit, _ event: EventInformation
  ) throws -> ExitHandler.Outcome {
    let first = EventInformation(raw: exit.idtVectoringInformation)
    if first.isValid, first.kind == .externalInterrupt { waitingVectors.append(first.vector) }
    if first.isValid, first.kind == .hardwareException, event.kind == .hardwareException {
      if first.vector == 8 {
        return .stop(.exit, "triple fault: an exception while a double fault was delivered")
      }
      if Self.makesDoubleFault(first.vector, event.vector) {
        try raise(8, errorCode: 0)
        return .resume
      }
    }
    try machine.cpu.inject(
      InjectedEvent(
        type: event.kind.rawValue, vector: event.vector,
        errorCode: event.hasErrorCode ? exit.interruptionErrorCode : nil,
        instructionLength: exit.instructionLength))
    return .resume
  }

  private static func makesDoubleFault(_ first: UInt8, _ second: UInt8) -> Bool {
    let contributory: Set<UInt8> = [0, 10, 11, 12, 13]
    if first == 14 { return second == 14 || contributory.contains(second) }
    return contributory.contains(first) && contributory.contains(second)
  }
}

import X86

extension ExitHandler {
  static let hlt = ExitHandler(
    .hlt, "goes on if an interrupt waits that the guest accepts; else the guest is finished"
  ) { monitor, exit in
    try monitor.skip(exit)
    let interruptsOn = try monitor.machine.cpu.registers().rflags.contains(.if)
    if interruptsOn, !monitor.waitingVectors.isEmpty { return .resume }
    return .stop(
      .halt,
      interruptsOn
        ? "the guest executed HLT to wait for an interrupt, and none is on its way"
        : "the guest executed HLT with interrupts off: it is finished")
  }
}

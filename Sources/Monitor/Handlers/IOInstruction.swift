import Devices
import X86

extension ExitHandler {
  static let ioInstruction = ExitHandler(
    .ioInstruction, "carries the access out on the bus: UART, debug port, exit port, hypercall port"
  ) { monitor, exit in
    guard exit.access != nil else {
      return .stop(.exit, "the backend did not say which port the guest accessed")
    }
    try monitor.machine.cpu.complete(exit, on: monitor.platform.bus)
    return try monitor.afterDeviceAccess()
  }
}

extension Monitor {
  /// What devices asked of the monitor, which alone sees the guest's memory and can stop it.
  func afterDeviceAccess() throws -> ExitHandler.Outcome {
    if let pointer = platform.hypercallPort.takePointer() { answerHypercallPort(pointer) }
    guard let value = platform.debugExit.value else { return .resume }
    debugExitStatus = platform.debugExit.exitStatus
    platform.debugExit.state.value = nil
    return .stop(
      .halt, "the guest wrote \(hex(value)) to port 0xf4, which ends the run")
  }

  /// The descriptor is {u32 address, u32 length}, guest-physical.
  private func answerHypercallPort(_ pointer: UInt32) {
    guard let bytes = try? machine.readPhysical(UInt64(pointer), count: 8) else {
      platform.hypercallPort.answer(UInt32(bitPattern: Int32(Hypercall.badAddress)))
      return
    }
    let result = Hypercall.writeConsole(
      self, address: littleEndian(bytes[..<4]), count: littleEndian(bytes[4...]))
    platform.hypercallPort.answer(UInt32(truncatingIfNeeded: result))
  }
}

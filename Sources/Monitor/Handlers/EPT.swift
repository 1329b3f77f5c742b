import X86

// SDM 3C, "EPT Violations" and "EPT Misconfigurations".
extension ExitHandler {
  static let eptViolation = ExitHandler(
    .eptViolation, "carries the access out on the device there; stops where there is none"
  ) { monitor, exit in
    let address = exit.guestPhysical ?? exit.access?.address ?? 0
    guard monitor.memoryDevices.contains(where: { $0.contains(address) }) else {
      return .stop(.exit, monitor.nothingThere(address))
    }
    guard exit.access != nil else {
      return .stop(
        .exit, "guest-physical \(hex(address)) is a device, and only loads and stores reach it")
    }
    try monitor.machine.cpu.complete(exit, on: monitor.platform.bus)
    return try monitor.afterDeviceAccess()
  }

  static let eptMisconfiguration = ExitHandler(
    .eptMisconfiguration, "stops: the monitor's own tables are wrong"
  ) { _, exit in
    let address = hex(exit.guestPhysical ?? 0)
    return .stop(
      .exit,
      "an EPT entry for guest-physical \(address) has bits that may not go together; `ept "
        + "\(address)` shows it")
  }
}

extension Monitor {
  fileprivate func nothingThere(_ address: UInt64) -> String {
    let end = hex(machine.memorySize)
    if address < machine.memorySize {
      return "EPT does not let the guest do this at guest-physical \(hex(address)), which is RAM; "
        + "`ept \(hex(address))` shows the entry"
    }
    return "guest-physical \(hex(address)) is neither RAM, which ends at \(end), nor a device; "
      + "`walk` shows how the guest came to that address"
  }
}

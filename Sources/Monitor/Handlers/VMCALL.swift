import X86

extension ExitHandler {
  static let vmcall = ExitHandler(
    .vmcall, "carries the hypercall out: RAX 1 writes RCX bytes at RBX to the console"
  ) { monitor, exit in
    try Hypercall.answer(monitor)
    try monitor.skip(exit)
    return .resume
  }
}

/// The hypercalls of this monitor: number in RAX, arguments in RBX and RCX, result in RAX.
enum Hypercall {
  static let consoleWrite: UInt64 = 1
  /// What KVM answers to a number that it does not know (KVM_ENOSYS).
  static let unknown: Int64 = -1000
  /// The buffer is not wholly guest RAM.
  static let badAddress: Int64 = -14

  static func answer(_ monitor: Monitor) throws {
    // SDM 1, "Operand Addressing": outside 64-bit mode the upper halves do not exist.
    let mask: UInt64 = try monitor.guestIsIn64BitMode() ? ~0 : 0xffff_ffff
    var result = unknown
    if try monitor.general(.rax) & mask == consoleWrite {
      result = writeConsole(
        monitor, address: try monitor.general(.rbx) & mask,
        count: try monitor.general(.rcx) & mask)
    }
    try monitor.setGeneral([.rax: UInt64(bitPattern: result) & mask])
  }

  /// Writes `count` bytes at a guest-physical address; returns how many, or an error.
  static func writeConsole(_ monitor: Monitor, address: UInt64, count: UInt64) -> Int64 {
    guard count <= monitor.machine.memorySize,
      let bytes = try? monitor.machine.readPhysical(address, count: Int(count))
    else { return badAddress }
    monitor.platform.console.append(bytes)
    return Int64(count)
  }
}

import X86

extension ExitHandler {
  static let vmcall = ExitHandler(
    .vmcall, "carries the hypercall out: RAX 1 writes RCX bytes at RBX to the console"
  ) { monitor, exit in
    try Hypercall.answer(monitor)
    try monitor.machine.cpu.skip(exit)
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
    try monitor.changeRegisters { registers in
      // SDM 1, "Operand Addressing": outside 64-bit mode the upper halves do not exist.
      let mask: UInt64 = registers.mode == .long ? ~0 : 0xffff_ffff
      let result =
        registers[.rax] & mask == consoleWrite
        ? writeConsole(
          monitor, address: registers[.rbx] & mask, count: registers[.rcx] & mask)
        : unknown
      registers[.rax] = UInt64(bitPattern: result) & mask
    }
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

import X86

extension ExitHandler {
  static let rdmsr = ExitHandler(
    .rdmsr, "reads the guest's MSR; #GP(0) for one that it does not have"
  ) { monitor, exit in
    let index = UInt32(truncatingIfNeeded: try monitor.machine.cpu.registers()[.rcx])
    guard !isHidden(index), let value = try monitor.machine.cpu.readMSR(index) else {
      try monitor.raise(13, errorCode: 0)
      return .resume
    }
    try monitor.changeRegisters { registers in
      registers[.rax] = value & 0xffff_ffff
      registers[.rdx] = value >> 32
    }
    try monitor.machine.cpu.skip(exit)
    return .resume
  }

  static let wrmsr = ExitHandler(
    .wrmsr, "writes the guest's MSR; #GP(0) where the processor would raise it"
  ) { monitor, exit in
    let registers = try monitor.machine.cpu.registers()
    let index = UInt32(truncatingIfNeeded: registers[.rcx])
    let value = registers[.rdx] << 32 | registers[.rax] & 0xffff_ffff
    guard !isHidden(index), try monitor.machine.cpu.writeMSR(index, value) else {
      try monitor.raise(13, errorCode: 0)
      return .resume
    }
    try monitor.machine.cpu.skip(exit)
    return .resume
  }

  /// The guest sees a processor without VMX: CPUID says so, and these MSRs are not there.
  private static func isHidden(_ index: UInt32) -> Bool {
    index == MSR.featureControl || (MSR.vmxBasic...MSR.vmxExitCtls2).contains(index)
  }
}

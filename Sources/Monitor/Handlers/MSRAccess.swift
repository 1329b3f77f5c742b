import X86

extension ExitHandler {
  static let rdmsr = ExitHandler(
    .rdmsr, "reads the guest's MSR; #GP(0) for one that it does not have"
  ) { monitor, exit in
    let index = UInt32(truncatingIfNeeded: try monitor.general(.rcx))
    guard !isHidden(index), let value = try monitor.machine.cpu.readMSR(index) else {
      try monitor.raise(13, errorCode: 0)
      return .resume
    }
    try monitor.setGeneral([.rax: value & 0xffff_ffff, .rdx: value >> 32])
    try monitor.skip(exit)
    return .resume
  }

  static let wrmsr = ExitHandler(
    .wrmsr, "writes the guest's MSR; #GP(0) where the processor would raise it"
  ) { monitor, exit in
    let index = UInt32(truncatingIfNeeded: try monitor.general(.rcx))
    let value = try monitor.general(.rdx) << 32 | monitor.general(.rax) & 0xffff_ffff
    guard !isHidden(index), try monitor.machine.cpu.writeMSR(index, value) else {
      try monitor.raise(13, errorCode: 0)
      return .resume
    }
    try monitor.skip(exit)
    return .resume
  }

  /// The guest sees a processor without VMX: CPUID says so, and these MSRs are not there.
  private static func isHidden(_ index: UInt32) -> Bool {
    index == MSR.featureControl || (MSR.vmxBasic...MSR.vmxExitCtls2).contains(index)
  }
}

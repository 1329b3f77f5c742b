import X86

extension Processor {
  /// What CPUID returns on this processor now: the table, and what state and place decide.
  public func cpuid(_ leaf: UInt32, _ subleaf: UInt32) -> CPUIDLeaf {
    cpuid(leaf, subleaf, cr4: cr4, isLong: mode == .long)
  }

  /// The same for the guest of the current VMCS, in root operation.
  public func cpuidOfGuest(_ leaf: UInt32, _ subleaf: UInt32) -> CPUIDLeaf {
    guard !vmx.isNonRoot, let vmcs = VMCS(reading: memory, address: vmx.currentVMCS) else {
      return cpuid(leaf, subleaf)
    }
    return cpuid(leaf, subleaf, cr4: vmcs[.guestCR4], isLong: guestIsLong(vmcs))
  }

  private func cpuid(
    _ leaf: UInt32, _ subleaf: UInt32, cr4: UInt64, isLong: Bool
  ) -> CPUIDLeaf {
    var answer = CPUID.read(leaf, subleaf)
    switch CPUID.existing(leaf) {
    case 0:
      // SDM 4, "Architectural MSRs": IA32_MISC_ENABLE, "Limit CPUID Maxval".
      if msrs.miscEnable & 1 << 22 != 0 { answer.eax = 2 }
    case 1:
      answer.ebx |= (apicID & 0xff) << 24
      answer.ebx |= min(logicalProcessors, 0xff) << 16
      // CPUID.01H:ECX.OSXSAVE is CR4.OSXSAVE.
      if cr4 & CR4.osxsave != 0 { answer.ecx |= 1 << 27 }
      // SDM 2A, "MONITOR": IA32_MISC_ENABLE[18] hides it.
      if msrs.miscEnable & (1 << 18) == 0 { answer.ecx &= ~(1 << 3) }
      if hasAPIC {
        // x2APIC and TSC-deadline.
        answer.ecx |= 1 << 21 | 1 << 24
        // SDM 3A, "Presence of the Local APIC": EDX.APIC is 0 while IA32_APIC_BASE disables it.
        if apic.isEnabled { answer.edx |= 1 << 9 }
      }
      // EBX bits 23:16 are valid.
      if logicalProcessors > 1 { answer.edx |= 1 << 28 }
    case 7:
      if subleaf == 0, cr4 & CR4.pke != 0 { answer.ecx |= 1 << 4 }
    case 0xb: answer = topology(subleaf)
    case 0x8000_0001:
      // SYSCALL is reported in 64-bit mode only.
      if !isLong { answer.edx &= ~(1 << 11) }
      if !hasExecuteDisable { answer.edx &= ~(1 << 20) }
    default: break
    }
    return answer
  }

  /// Leaf 0BH: threads, of which a core has one, then cores. The APIC ID is in EDX for any subleaf.
  private func topology(_ subleaf: UInt32) -> CPUIDLeaf {
    let width = UInt32(32 - (logicalProcessors &- 1).leadingZeroBitCount)
    switch subleaf {
    case 0: return CPUIDLeaf(0, 1, 1 << 8, apicID)
    case 1: return CPUIDLeaf(width, logicalProcessors, 2 << 8 | 1, apicID)
    default: return CPUIDLeaf(0, 0, subleaf & 0xff, apicID)
    }
  }

  /// The number of this processor's local APIC.
  var apicID: UInt32 { apic.id }

  /// How many processors the machine has.
  var logicalProcessors: UInt32 {
    UInt32(truncatingIfNeeded: systemBus?.processors.count ?? 1)
  }

  /// IA32_MISC_ENABLE, "XD Bit Disable".
  var hasExecuteDisable: Bool { msrs.miscEnable & 1 << 34 == 0 }
}

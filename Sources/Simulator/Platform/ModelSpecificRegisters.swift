import X86

/// RDMSR and WRMSR by number. A number that is not here does not exist: #GP(0).
extension Processor {
  /// The value, or nil if there is no such MSR.
  public func readMSR(_ index: UInt32) -> UInt64? {
    switch index {
    case MSR.tsc: timeStampCounter
    case MSR.apicBase: msrs.apicBase
    case MSR.featureControl: msrs.featureControl
    // No microcode update has been loaded.
    case MSR.biosSignatureID: 0
    case MSR.sysenterCS: msrs.sysenterCS
    case MSR.sysenterESP: msrs.sysenterESP
    case MSR.sysenterEIP: msrs.sysenterEIP
    case MSR.miscEnable: msrs.miscEnable
    case MSR.debugctl: msrs.debugControl
    case MSR.pat: msrs.pat
    case MSR.efer: efer
    case MSR.star: msrs.star
    case MSR.lstar: msrs.lstar
    case MSR.cstar: msrs.cstar
    case MSR.fmask: msrs.fmask
    case MSR.fsBase: segment(.fs).base
    case MSR.gsBase: segment(.gs).base
    case MSR.kernelGSBase: msrs.kernelGSBase
    case MSR.tscAux: msrs.tscAux
    default: vmx.capabilities.read(index)
    }
  }

  /// False if the write is #GP(0): no such MSR, read-only, or a value with reserved bits.
  public func writeMSR(_ index: UInt32, _ value: UInt64) -> Bool {
    switch index {
    case MSR.tsc: msrs.tscBase = value &- retired
    case MSR.apicBase: return writeReserved(\.msrs.apicBase, value, 0xff_ffff_fd00)
    case MSR.featureControl:
      if msrs.featureControl & 1 != 0 { return false }
      return writeReserved(\.msrs.featureControl, value, 7)
    // SDM 3A, "Determining the Signature": software writes 0 before it executes CPUID.
    case MSR.biosSignatureID: break
    case MSR.sysenterCS: msrs.sysenterCS = value & 0xffff_ffff
    case MSR.sysenterESP: return writeCanonical(\.msrs.sysenterESP, value)
    case MSR.sysenterEIP: return writeCanonical(\.msrs.sysenterEIP, value)
    case MSR.miscEnable: msrs.miscEnable = value
    case MSR.debugctl: return writeReserved(\.msrs.debugControl, value, 3)
    case MSR.pat: return writePAT(value)
    case MSR.efer: return writeEFER(value)
    case MSR.star: msrs.star = value
    case MSR.lstar: return writeCanonical(\.msrs.lstar, value)
    case MSR.cstar: return writeCanonical(\.msrs.cstar, value)
    case MSR.fmask: return writeReserved(\.msrs.fmask, value, 0xffff_ffff)
    case MSR.fsBase: return writeBase(.fs, value)
    case MSR.gsBase: return writeBase(.gs, value)
    case MSR.kernelGSBase: return writeCanonical(\.msrs.kernelGSBase, value)
    case MSR.tscAux: return writeReserved(\.msrs.tscAux, value, 0xffff_ffff)
    default: return false
    }
    return true
  }

  private func writeReserved(
    _ path: ReferenceWritableKeyPath<Processor, UInt64>, _ value: UInt64, _ allowed: UInt64
  ) -> Bool {
    guard value & ~allowed == 0 else { return false }
    self[keyPath: path] = value
    return true
  }

  private func writeCanonical(
    _ path: ReferenceWritableKeyPath<Processor, UInt64>, _ value: UInt64
  ) -> Bool {
    guard Processor.isCanonicalForRegisters(value) else { return false }
    self[keyPath: path] = value
    return true
  }

  private func writeBase(_ register: SegmentRegister, _ value: UInt64) -> Bool {
    guard Processor.isCanonicalForRegisters(value) else { return false }
    var segment = self.segment(register)
    segment.base = value
    setSegment(register, segment)
    return true
  }

  /// Memory types 2 and 3 and those above 7 are reserved (SDM 3A, "IA32_PAT MSR").
  private func writePAT(_ value: UInt64) -> Bool {
    for byte in 0..<UInt64(8) {
      let type = (value >> (byte * 8)) & 0xff
      if type == 2 || type == 3 || type > 7 { return false }
    }
    msrs.pat = value
    return true
  }

  /// LMA is read-only; LME cannot change while paging is on (SDM 3A, "Extended Feature Enable Register").
  private func writeEFER(_ value: UInt64) -> Bool {
    guard value & ~(EFER.sce | EFER.lme | EFER.lma | EFER.nxe) == 0 else { return false }
    if cr0 & CR0.pg != 0, (value ^ efer) & EFER.lme != 0 { return false }
    efer = (value & ~EFER.lma) | (efer & EFER.lma)
    updateMode()
    return true
  }
}

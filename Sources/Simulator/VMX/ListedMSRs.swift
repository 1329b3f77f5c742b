import X86

// The MSRs that the lists of VM entries and VM exits can name: those that RDMSR and WRMSR reach at
// CPL 0, less what the manual forbids in lists.
extension Processor {
  /// nil if RDMSR would raise #GP.
  func readListedMSR(_ index: UInt32) -> UInt64? {
    if let path = Processor.plainMSR(index) { return msrs[keyPath: path] }
    switch index {
    case MSR.efer: return efer
    case MSR.tsc: return retired &+ msrs.tscBase
    case MSR.fsBase: return segment(.fs).base
    case MSR.gsBase: return segment(.gs).base
    default: return vmx.capabilities.read(index)
    }
  }

  /// False if WRMSR would raise #GP.
  func writeListedMSR(_ index: UInt32, _ value: UInt64) -> Bool {
    switch index {
    case MSR.efer: return writeListedEFER(value)
    case MSR.tsc: msrs.tscBase = value &- retired
    case MSR.pat:
      guard isPAT(value) else { return false }
      msrs.pat = value
    case MSR.sysenterESP, MSR.sysenterEIP, MSR.lstar, MSR.cstar, MSR.kernelGSBase:
      guard vmx.capabilities.isCanonical(value), let path = Processor.plainMSR(index) else {
        return false
      }
      msrs[keyPath: path] = value
    case MSR.featureControl, MSR.apicBase: return false
    default:
      guard let path = Processor.plainMSR(index) else { return false }
      msrs[keyPath: path] = value
    }
    return true
  }

  private func writeListedEFER(_ value: UInt64) -> Bool {
    // LMA follows from LME and CR0.PG, and LME can't change while paging is on.
    guard value & eferReserved == 0 else { return false }
    if cr0 & CR0.pg != 0 && (value ^ efer) & EFER.lme != 0 { return false }
    efer = (value & ~EFER.lma) | (efer & EFER.lma)
    updateMode()
    return true
  }

  private func isPAT(_ value: UInt64) -> Bool {
    (0..<8).allSatisfy { (0b1111_0011 >> ((value >> (8 * UInt64($0))) & 0xff)) & 1 != 0 }
  }

  private static func plainMSR(_ index: UInt32) -> WritableKeyPath<MSRFile, UInt64>? {
    switch index {
    case MSR.apicBase: \.apicBase
    case MSR.featureControl: \.featureControl
    case MSR.miscEnable: \.miscEnable
    case MSR.pat: \.pat
    case MSR.debugctl: \.debugControl
    case MSR.sysenterCS: \.sysenterCS
    case MSR.sysenterESP: \.sysenterESP
    case MSR.sysenterEIP: \.sysenterEIP
    case MSR.star: \.star
    case MSR.lstar: \.lstar
    case MSR.cstar: \.cstar
    case MSR.fmask: \.fmask
    case MSR.kernelGSBase: \.kernelGSBase
    case MSR.tscAux: \.tscAux
    case MSR.mtrrDefType: \.mtrrDefaultType
    case MSR.perfGlobalCtrl: \.perfGlobalControl
    default: nil
    }
  }
}

import X86

/// What RDMSR and WRMSR do with one model-specific register.
enum ModelSpecificRegister: Sendable {
  typealias Place = WritableKeyPath<MSRFile, UInt64> & Sendable

  /// Read-only.
  case constant(UInt64)
  /// Stored; a write with a 1 outside the mask is #GP(0).
  case bits(Place, UInt64)
  /// Stored; the upper half of a write is ignored.
  case low(Place)
  /// Stored; a write that is not canonical is #GP(0).
  case canonical(Place)
  /// A write may be refused, or the value is state of something else.
  case special(
    read: @Sendable (Processor) -> UInt64?, write: @Sendable (Processor, UInt64) -> Bool)
}

extension ModelSpecificRegister {
  /// The model-specific registers of the simulated processor (SDM 4, "Architectural MSRs"), but for
  /// those of the local APIC in x2APIC mode and for the VMX capabilities. A number that is not here
  /// does not exist: #GP(0).
  static let table: [UInt32: ModelSpecificRegister] = [
    // Of the Pentium processor's machine check.
    0x0: .constant(0),
    0x1: .constant(0),
    MSR.tsc: .special(
      read: { $0.timeStampCounter }, write: { $0.writeTSC($1 &- $0.timeStampCounter) }),
    // IA32_PLATFORM_ID.
    0x17: .constant(0),
    MSR.apicBase: .special(read: { $0.apic.base }, write: { $0.writeAPICBase($1) }),
    MSR.featureControl: .special(
      read: { $0.msrs.featureControl }, write: { $0.writeFeatureControl($1) }),
    MSR.tscAdjust: .special(
      read: { $0.msrs.tscAdjust }, write: { $0.writeTSC($1 &- $0.msrs.tscAdjust) }),
    // SDM 3A, "Determining the Signature": software writes 0 before it executes CPUID. No microcode
    // update has been loaded.
    MSR.biosSignatureID: .special(read: { _ in 0 }, write: { _, _ in true }),
    // Eight variable ranges, the fixed ranges, write combining.
    MSR.mtrrCap: .constant(0x508),
    MSR.sysenterCS: .low(\.sysenterCS),
    MSR.sysenterESP: .canonical(\.sysenterESP),
    MSR.sysenterEIP: .canonical(\.sysenterEIP),
    // Machine-check exceptions without any bank that reports errors.
    MSR.mcgCap: .constant(0),
    MSR.mcgStatus: .bits(\.mcgStatus, 7),
    MSR.miscEnable: .bits(\.miscEnable, 0x4_00c5_1889),
    MSR.debugctl: .bits(\.debugControl, 3),
    MSR.pat: .special(read: { $0.msrs.pat }, write: { $0.writePAT($1) }),
    MSR.mtrrDefType: .special(
      read: { $0.msrs.mtrrDefaultType }, write: { $0.writeMTRRDefaultType($1) }),
    MSR.tscDeadline: .special(
      read: { $0.readTSCDeadline() }, write: { $0.writeTSCDeadline($1) }),
    MSR.efer: .special(read: { $0.efer }, write: { $0.writeEFER($1) }),
    MSR.star: .bits(\.star, ~0),
    MSR.lstar: .canonical(\.lstar),
    MSR.cstar: .canonical(\.cstar),
    MSR.fmask: .bits(\.fmask, 0xffff_ffff),
    MSR.fsBase: .special(
      read: { $0.segment(.fs).base }, write: { $0.writeBase(.fs, $1) }),
    MSR.gsBase: .special(
      read: { $0.segment(.gs).base }, write: { $0.writeBase(.gs, $1) }),
    MSR.kernelGSBase: .canonical(\.kernelGSBase),
    MSR.tscAux: .bits(\.tscAux, 0xffff_ffff),
  ]
}

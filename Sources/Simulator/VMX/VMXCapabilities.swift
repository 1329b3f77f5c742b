import X86

/// What VMX on this processor supports, as its capability MSRs 480H to 491H report it
/// (SDM 3D, "VMX Capability Reporting Facility").
///
/// A control whose bit may not be 1 does not work here, and VM entry fails with it set.
public struct VMXCapabilities: Sendable, Equatable {
  public static let firstMSR = MSR.vmxBasic
  public static let lastMSR = MSR.vmxExitCtls2

  /// By number, from 480H. 0 for the MSRs that this processor does not have.
  private var values: [UInt64]

  /// The simulated processor.
  public static let ringside = VMXCapabilities(rows)

  private init(_ rows: [(msr: UInt32, value: UInt64)]) {
    values = [UInt64](
      repeating: 0, count: Int(VMXCapabilities.lastMSR - VMXCapabilities.firstMSR) + 1)
    for row in rows { self[row.msr] = row.value }
  }

  /// The value of a capability MSR, 0 for another number.
  public subscript(_ msr: UInt32) -> UInt64 {
    get {
      let index = Int(msr) - Int(VMXCapabilities.firstMSR)
      return values.indices.contains(index) ? values[index] : 0
    }
    set {
      let index = Int(msr) - Int(VMXCapabilities.firstMSR)
      if values.indices.contains(index) { values[index] = newValue }
    }
  }

  /// What RDMSR reads; nil for an MSR that this processor does not have.
  public func read(_ msr: UInt32) -> UInt64? {
    VMXCapabilities.rows.contains { $0.msr == msr } ? self[msr] : nil
  }

  // MARK: What the parts of the MSRs say

  public var revisionIdentifier: UInt32 {
    UInt32(truncatingIfNeeded: self[MSR.vmxBasic]) & ~(1 << 31)
  }
  /// IA32_VMX_BASIC[48]: VMX structures must lie below 4 GiB.
  var has32BitAddresses: Bool { bit(48, of: MSR.vmxBasic) }
  var hasTrueControls: Bool { bit(55, of: MSR.vmxBasic) }
  /// IA32_VMX_BASIC[56]: any hardware exception may be injected with or without an error code.
  var allowsAnyErrorCode: Bool { bit(56, of: MSR.vmxBasic) }
  var supportsNestedException: Bool { bit(58, of: MSR.vmxBasic) }
  var cr3TargetLimit: UInt64 { (self[MSR.vmxMisc] >> 16) & 0x1ff }
  var allowsWritingExitInformation: Bool { bit(29, of: MSR.vmxMisc) }
  var allowsZeroLengthInjection: Bool { bit(30, of: MSR.vmxMisc) }

  func supportsActivityState(_ state: UInt64) -> Bool {
    state == 0 || (state <= 3 && bit(5 + state, of: MSR.vmxMisc))
  }

  /// The bits of a control word that must be 1.
  func mustBeOne(_ group: VMXControlGroup) -> UInt64 {
    group.hasAllowedOneMask ? 0 : self[controlMSR(group)] & 0xffff_ffff
  }

  /// The bits of a control word that may be 1.
  func mayBeOne(_ group: VMXControlGroup) -> UInt64 {
    let value = self[controlMSR(group)]
    return group.hasAllowedOneMask ? value : value >> 32
  }

  func supports(_ group: VMXControlGroup, _ control: UInt64) -> Bool {
    mayBeOne(group) & control != 0
  }

  private func controlMSR(_ group: VMXControlGroup) -> UInt32 {
    guard hasTrueControls, let msr = group.trueCapabilityMSR else { return group.capabilityMSR }
    return msr
  }

  func supportsEPTOrVPID(_ number: UInt64) -> Bool { bit(number, of: MSR.vmxEPTVPIDCap) }

  /// The linear-address width: 57 bits if CR4.LA57 may be 1.
  var linearAddressWidth: UInt64 { self[MSR.vmxCR4Fixed1] & CR4.la57 != 0 ? 57 : 48 }
  var physicalAddressWidth: UInt64 { Processor.physicalAddressWidth }

  private func bit(_ number: UInt64, of msr: UInt32) -> Bool { (self[msr] >> number) & 1 != 0 }
}

extension VMXCapabilities {
  /// One row a MSR.
  static let rows: [(msr: UInt32, value: UInt64)] = [
    (MSR.vmxBasic, basic),
    (MSR.vmxPinbasedCtls, controls(.pinBased, pinBased)),
    (MSR.vmxProcbasedCtls, controls(.primary, primary)),
    (MSR.vmxExitCtls, controls(.exit, exit)),
    (MSR.vmxEntryCtls, controls(.entry, entry)),
    (MSR.vmxMisc, misc),
    (MSR.vmxCR0Fixed0, CR0.pe | CR0.ne | CR0.pg),
    (MSR.vmxCR0Fixed1, 0xffff_ffff),
    (MSR.vmxCR4Fixed0, CR4.vmxe),
    (MSR.vmxCR4Fixed1, Processor.cr4Supported),
    (MSR.vmxVMCSEnum, highestIndex << 1),
    (MSR.vmxProcbasedCtls2, secondary << 32),
    (MSR.vmxEPTVPIDCap, eptAndVPID),
    (MSR.vmxTruePinbasedCtls, controls(.pinBased, pinBased)),
    (MSR.vmxTrueProcbasedCtls, controls(.primary, primary, flexible: flexiblePrimary)),
    (MSR.vmxTrueExitCtls, controls(.exit, exit, flexible: ExitControls.saveDebugControls)),
    (MSR.vmxTrueEntryCtls, controls(.entry, entry, flexible: EntryControls.loadDebugControls)),
  ]

  /// `supported` beside the default1 class, which must be 1 but for the `flexible` bits of it.
  private static func controls(
    _ group: VMXControlGroup, _ supported: UInt64, flexible: UInt64 = 0
  ) -> UInt64 {
    (group.default1 & ~flexible) | (supported | group.default1) << 32
  }

  private static let basic: UInt64 =
    0x5249_4e47  // revision identifier: "RING"
    | 1 << 44  // a region has 4096 bytes
    | 6 << 50  // write-back
    | 1 << 54  // instruction information for INS and OUTS
    | 1 << 55  // TRUE capability MSRs

  private static let misc: UInt64 =
    1 << 5  // VM exits store EFER.LMA in "IA-32e mode guest"
    | 7 << 6  // activity states HLT, shutdown, wait-for-SIPI
    | 4 << 16  // CR3-target values
    | 1 << 30  // software events may be injected with instruction length 0

  private static let pinBased =
    PinBasedControls.externalInterruptExiting | PinBasedControls.nmiExiting
    | PinBasedControls.virtualNMIs

  private static let flexiblePrimary =
    PrimaryControls.cr3LoadExiting | PrimaryControls.cr3StoreExiting

  private static let primary: UInt64 = [
    PrimaryControls.interruptWindowExiting, PrimaryControls.useTSCOffsetting,
    PrimaryControls.hltExiting, PrimaryControls.invlpgExiting, PrimaryControls.mwaitExiting,
    PrimaryControls.rdpmcExiting, PrimaryControls.rdtscExiting, PrimaryControls.cr8LoadExiting,
    PrimaryControls.cr8StoreExiting, PrimaryControls.nmiWindowExiting,
    PrimaryControls.movDRExiting, PrimaryControls.unconditionalIOExiting,
    PrimaryControls.useIOBitmaps, PrimaryControls.monitorTrapFlag, PrimaryControls.useMSRBitmaps,
    PrimaryControls.monitorExiting, PrimaryControls.pauseExiting,
    PrimaryControls.activateSecondaryControls,
  ].reduce(0, |)

  private static let secondary: UInt64 = [
    SecondaryControls.enableEPT, SecondaryControls.descriptorTableExiting,
    SecondaryControls.enableRDTSCP, SecondaryControls.enableVPID, SecondaryControls.wbinvdExiting,
    SecondaryControls.unrestrictedGuest, SecondaryControls.enableINVPCID,
    SecondaryControls.rdrandExiting, SecondaryControls.rdseedExiting,
  ].reduce(0, |)

  private static let exit: UInt64 = [
    ExitControls.hostAddressSpaceSize, ExitControls.acknowledgeInterruptOnExit,
    ExitControls.savePAT, ExitControls.loadPAT, ExitControls.saveEFER, ExitControls.loadEFER,
  ].reduce(0, |)

  private static let entry: UInt64 =
    EntryControls.ia32eModeGuest | EntryControls.loadPAT | EntryControls.loadEFER

  private static var highestIndex: UInt64 {
    UInt64(VMCSField.all.map(\.index).max() ?? 0)
  }

  private static let eptAndVPID: UInt64 =
    1 << 0  // execute-only
    | 1 << 6  // 4-level page walk
    | 1 << 8 | 1 << 14  // EPT structures uncacheable or write-back
    | 1 << 16 | 1 << 17  // 2-MiB and 1-GiB pages
    | 1 << 20  // INVEPT
    | 1 << 21  // accessed and dirty flags
    | 1 << 25 | 1 << 26  // INVEPT single-context and all-context
    | 1 << 32  // INVVPID
    | 0xf << 40  // INVVPID types 0 to 3
}

extension VMXCapabilities {
  /// Whether `value` has the bits of CR0 that VMX operation demands and none that it forbids
  /// (SDM 3D, "VMX-Fixed Bits in CR0"). An unrestricted guest may clear PE and PG.
  func allowsCR0(_ value: UInt64, unrestricted: Bool = false) -> Bool {
    let exempt = unrestricted ? CR0.pe | CR0.pg : 0
    let mustBeOne = self[MSR.vmxCR0Fixed0] & ~exempt
    return value & mustBeOne == mustBeOne && value & ~self[MSR.vmxCR0Fixed1] == 0
  }

  /// The same for CR4.
  func allowsCR4(_ value: UInt64) -> Bool {
    let mustBeOne = self[MSR.vmxCR4Fixed0]
    return value & mustBeOne == mustBeOne && value & ~self[MSR.vmxCR4Fixed1] == 0
  }

  /// Whether a physical address is inside the physical-address width, and below 4 GiB where
  /// IA32_VMX_BASIC[48] demands that.
  func allowsPhysical(_ address: UInt64) -> Bool {
    address >> (has32BitAddresses ? 32 : physicalAddressWidth) == 0
  }

  /// The same for a 4-KiB aligned structure.
  func allowsPage(_ address: UInt64) -> Bool { address & 0xfff == 0 && allowsPhysical(address) }

  func isCanonical(_ address: UInt64) -> Bool {
    let shift = 64 &- linearAddressWidth
    return UInt64(bitPattern: Int64(bitPattern: address << shift) >> Int64(shift)) == address
  }
}

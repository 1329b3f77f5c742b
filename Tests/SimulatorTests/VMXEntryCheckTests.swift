import Testing
import X86

@testable import Simulator

/// A VMCS that breaks one rule, as a change of one that breaks none.
struct BrokenVMCS: Sendable, CustomTestStringConvertible {
  var rule: String
  var guest: VMXFixture.Guest
  var set: [(VMCSField, UInt64)]
  /// Bits added to capability MSRs, for controls that the processor does not support.
  var capabilities: [(UInt32, UInt64)] = []
  var qualification: UInt64 = 0
  var with32BitHost = false

  init(
    _ rule: String, _ guest: VMXFixture.Guest, _ set: [(VMCSField, UInt64)],
    capabilities: [(UInt32, UInt64)] = [], qualification: UInt64 = 0, with32BitHost: Bool = false
  ) {
    (self.rule, self.guest, self.set) = (rule, guest, set)
    (self.capabilities, self.qualification) = (capabilities, qualification)
    self.with32BitHost = with32BitHost
  }

  init(
    _ rule: String, _ set: [(VMCSField, UInt64)], capabilities: [(UInt32, UInt64)] = [],
    qualification: UInt64 = 0
  ) {
    self.init(
      rule, .long64, set, capabilities: capabilities, qualification: qualification)
  }

  var testDescription: String {
    rule + " " + set.map { "\($0.0.symbol)=0x\(String($0.1, radix: 16))" }.joined(separator: " ")
  }
}

// Control words of the fixture, to add bits to.
private let pin: UInt64 = 0x16
private let primary: UInt64 = 0x8400_61f2
private let exit: UInt64 = 0x3_6fff
private let entry32: UInt64 = 0x11ff
private let entry64: UInt64 = 0x13ff
private let tpr: UInt64 = 1 << 21

private func allowPrimary(_ bits: UInt64) -> (UInt32, UInt64) { (0x48e, bits << 32) }
private func allowSecondary(_ bits: UInt64) -> (UInt32, UInt64) { (0x48b, bits << 32) }
private func allowExit(_ bits: UInt64) -> (UInt32, UInt64) { (0x48f, bits << 32) }
private func allowEntry(_ bits: UInt64) -> (UInt32, UInt64) { (0x490, bits << 32) }

private let secondary = VMCSField.secondaryProcessorBasedControls
private let noncanonical: UInt64 = 1 << 56
private let ept: UInt64 = 2

@Suite("VM-entry checks")
struct VMXEntryCheckTests {
  @Test(arguments: VMXFixture.Guest.allCases)
  func validVMCSBreaksNoRule(guest: VMXFixture.Guest) throws {
    let fixture = try VMXFixture(guest)
    #expect(fixture.processor.checkVMCS() == [])
    #expect(try fixture.processor.vmEntry(launch: true) == .entered)
  }

  @Test func withoutCurrentVMCSThereIsNothingToCheck() throws {
    let fixture = try VMXFixture()
    _ = fixture.processor.prompt(.vmclear(region: VMXFixture.vmcs))
    #expect(fixture.processor.checkVMCS() == nil)
  }

  @Test(
    arguments: executionControls + otherControls + host + guestRegisters + guestSegments
      + guestOther)
  func brokenRuleIsFoundAlone(broken: BrokenVMCS) throws {
    let fixture = try VMXFixture(broken.guest)
    for (msr, bits) in broken.capabilities { fixture.processor.vmx.capabilities[msr] |= bits }
    if broken.with32BitHost { fixture.become32BitHost() }
    for (field, value) in broken.set { fixture[field] = value }

    let findings = try #require(fixture.processor.checkVMCS())
    #expect(findings.map(\.rule) == [broken.rule])
    #expect(findings.first?.qualification == broken.qualification)

    let outcome = try fixture.processor.vmEntry(launch: true)
    switch broken.rule.first {
    case "C", "X", "N": #expect(outcome == .failValid(7))
    case "H": #expect(outcome == .failValid(8))
    default:
      let failure = try #require(outcome.failedExit)
      #expect(failure.reason == 33)
      #expect(failure.isEntryFailure)
      #expect(failure.qualification == broken.qualification)
      #expect(fixture[.exitReason] == 0x8000_0021)
      #expect(fixture[.exitQualification] == broken.qualification)
    }
  }

  /// Rules that can't be broken alone on a processor outside SMM.
  @Test func smmRules() throws {
    let fixture = try VMXFixture(.long64)
    fixture[.entryControls] = entry64 | 3 << 10
    #expect(fixture.processor.checkVMCS()?.map(\.rule) == ["N4", "N5", "G46"])
    fixture[.entryControls] = entry64 | 1 << 10
    fixture[.guestActivityState] = 3
    fixture[.guestInterruptibilityState] = 4
    #expect(fixture.processor.checkVMCS()?.map(\.rule) == ["N4", "G40"])
  }

  @Test func classesAreCheckedInTheManualsOrder() throws {
    let fixture = try VMXFixture(.long64)
    fixture[.guestRFLAGS] = 0
    fixture[.hostCR0] = 0
    fixture[.cr3TargetCount] = 5
    #expect(fixture.processor.checkVMCS()?.map(\.rule) == ["C5", "H1", "G33"])
    #expect(try fixture.processor.vmEntry(launch: true) == .failValid(7))
    fixture[.cr3TargetCount] = 0
    #expect(try fixture.processor.vmEntry(launch: true) == .failValid(8))
    fixture[.hostCR0] = CR0.pe | CR0.ne | CR0.pg
    #expect(try fixture.processor.vmEntry(launch: true).failedExit?.reason == 33)
    fixture[.guestRFLAGS] = 2
    #expect(try fixture.processor.vmEntry(launch: true) == .entered)
  }

  @Test func entriesOnTheBorderAreAccepted() throws {
    let accepted: [(VMXFixture.Guest, [(VMCSField, UInt64)])] = [
      // G32 is weaker than canonical.
      (.long64, [(.guestRIP, noncanonical)]),
      (.long64, [(.guestRIP, 0xffff_7fff_0000_0000)]),
      // An unusable SS needs no type, but its DPL is the CPL.
      (.long64, [(.guestSSAccessRights, 0x1_0000), (.guestSSSelector, 0)]),
      (
        .long64,
        [(.guestSSAccessRights, 0x1_0000), (.guestSSSelector, 0), (.guestDSAccessRights, 0x1_0000)]
      ),
      // Byte granularity with a small limit, and a limit that both allow.
      (.long64, [(.guestDSLimit, 0xf_ffff), (.guestDSAccessRights, 0x4093)]),
      (.long64, [(.guestDSLimit, 0xf_ffff), (.guestDSAccessRights, 0xc093)]),
      (.long64, [(.guestDSLimit, 0x345), (.guestDSAccessRights, 0x4093)]),
      // A conforming code segment below SS.DPL.
      (
        .long64,
        [
          (.guestCSAccessRights, 0xa09f), (.guestSSAccessRights, 0xc0f3),
          (.guestSSSelector, 0x13), (.guestCSSelector, 0x0b),
        ]
      ),
      // The type 3 code segment that an unrestricted guest keeps from real mode.
      (.real, [(.guestCSAccessRights, 0x93)]),
      (.paged32, [(.guestTRAccessRights, 0x83)]),
      (.long64, [(.guestLDTRAccessRights, 0x82), (.guestLDTRLimit, 0xffff)]),
      // The other's region with this revision identifier.
      (.long64, [(.vmcsLinkPointer, VMXFixture.otherVMCS)]),
      // HLT takes an NMI; error codes have 16 bits.
      (.long64, [(.guestActivityState, 1), (.entryInterruptionInformation, 0x8000_0202)]),
      (
        .long64, [(.entryInterruptionInformation, 0x8000_0b0e), (.entryExceptionErrorCode, 0x8000)]
      ),
      // Real mode pushes no error code.
      (.real, [(.entryInterruptionInformation, 0x8000_030d)]),
      // BS pending while single-stepping through MOV SS.
      (
        .long64,
        [
          (.guestRFLAGS, 0x102), (.guestInterruptibilityState, 2),
          (.guestPendingDebugExceptions, 1 << 14),
        ]
      ),
    ]
    for (guest, changes) in accepted {
      let fixture = try VMXFixture(guest)
      for (field, value) in changes { fixture[field] = value }
      #expect(fixture.processor.checkVMCS()?.map(\.rule) == [], "\(changes)")
    }
  }

  @Test func rowsAreUniqueAndNameTheirFields() {
    let rows = VMEntryCheck.rows
    #expect(Set(rows.map(\.identifier)).count == rows.count)
    for row in rows where row.identifier != "E5" {
      #expect(!row.fields.isEmpty, "\(row.identifier)")
    }
    #expect(rows.allSatisfy { row in row.fields.allSatisfy { $0.slot != nil } })
  }

  static let executionControls: [BrokenVMCS] = [
    BrokenVMCS("C1", [(.pinBasedControls, 0)]),
    BrokenVMCS("C1", [(.pinBasedControls, pin | 1 << 6)]),
    BrokenVMCS("C2", [(.primaryProcessorBasedControls, primary & ~(1 << 4))]),
    BrokenVMCS("C2", [(.primaryProcessorBasedControls, primary | tpr)]),
    BrokenVMCS("C3", [(secondary, 1 << 15)]),
    BrokenVMCS(
      "C4",
      [(.primaryProcessorBasedControls, primary | 1 << 17), (.tertiaryProcessorBasedControls, 1)],
      capabilities: [allowPrimary(1 << 17)]),
    BrokenVMCS("C5", [(.cr3TargetCount, 5)]),
    BrokenVMCS("C6", [(.primaryProcessorBasedControls, primary | 1 << 25), (.ioBitmapA, 0x4800)]),
    BrokenVMCS("C6", [(.primaryProcessorBasedControls, primary | 1 << 25), (.ioBitmapB, 1 << 40)]),
    BrokenVMCS("C7", [(.primaryProcessorBasedControls, primary | 1 << 28), (.msrBitmaps, 0x4001)]),
    BrokenVMCS(
      "C8", [(.primaryProcessorBasedControls, primary | tpr), (.virtualAPICAddress, 0x8010)],
      capabilities: [allowPrimary(tpr)]),
    BrokenVMCS(
      "C9",
      [
        (.primaryProcessorBasedControls, primary | tpr), (.tprThreshold, 0x10),
        (.virtualAPICAddress, VMXFixture.zeros),
      ], capabilities: [allowPrimary(tpr)]),
    BrokenVMCS(
      "C10",
      [
        (.primaryProcessorBasedControls, primary | tpr), (.tprThreshold, 5),
        (.virtualAPICAddress, VMXFixture.zeros),
      ], capabilities: [allowPrimary(tpr)]),
    BrokenVMCS("C11", [(.pinBasedControls, pin | 1 << 5)]),
    BrokenVMCS("C12", [(.primaryProcessorBasedControls, primary | 1 << 22)]),
    BrokenVMCS(
      "C13", [(secondary, 1), (.apicAccessAddress, 0x1001)], capabilities: [allowSecondary(1)]),
    BrokenVMCS("C14", [(secondary, 1 << 8)], capabilities: [allowSecondary(1 << 8)]),
    BrokenVMCS(
      "C15", [(.primaryProcessorBasedControls, primary | tpr), (secondary, 0x11)],
      capabilities: [allowPrimary(tpr), allowSecondary(0x11)]),
    BrokenVMCS(
      "C16", [(.primaryProcessorBasedControls, primary | tpr), (secondary, 1 << 9)],
      capabilities: [allowPrimary(tpr), allowSecondary(1 << 9)]),
    BrokenVMCS(
      "C17",
      [
        (.pinBasedControls, pin | 0x81), (.primaryProcessorBasedControls, primary | tpr),
        (secondary, 1 << 9), (.primaryExitControls, exit | 1 << 15),
        (.postedInterruptNotificationVector, 0x100),
      ],
      capabilities: [allowPrimary(tpr), allowSecondary(1 << 9), (0x48d, 1 << 39)]),
    BrokenVMCS("C18", [(secondary, 1 << 5)]),
    BrokenVMCS("C19", [(secondary, ept), (.eptPointer, 0xb000 | 3 << 3 | 1)]),
    BrokenVMCS("C19", [(secondary, ept), (.eptPointer, 0xb000 | 4 << 3 | 6)]),
    BrokenVMCS("C19", [(secondary, ept), (.eptPointer, 0xb000 | 1 << 7 | 3 << 3 | 6)]),
    BrokenVMCS("C19", [(secondary, ept), (.eptPointer, 0xb000 | 1 << 8 | 3 << 3 | 6)]),
    BrokenVMCS("C19", [(secondary, ept), (.eptPointer, 1 << 40 | 3 << 3 | 6)]),
    BrokenVMCS("C20", [(secondary, 1 << 17)], capabilities: [allowSecondary(1 << 17)]),
    BrokenVMCS("C21", [(secondary, 1 << 7)]),
    BrokenVMCS("C22", [(secondary, 1 << 22)], capabilities: [allowSecondary(1 << 22)]),
    BrokenVMCS("C23", [(secondary, 1 << 23)], capabilities: [allowSecondary(1 << 23)]),
    BrokenVMCS(
      "C24", [(secondary, 1 << 13), (.vmFunctionControls, 2)],
      capabilities: [allowSecondary(1 << 13)]),
    BrokenVMCS(
      "C25", [(secondary, 1 << 14), (.vmwriteBitmap, 8)], capabilities: [allowSecondary(1 << 14)]),
    BrokenVMCS(
      "C26", [(secondary, 1 << 18), (.virtualizationExceptionInformationAddress, 8)],
      capabilities: [allowSecondary(1 << 18)]),
    BrokenVMCS("C27", [(secondary, 1 << 25)], capabilities: [allowSecondary(1 << 25)]),
    BrokenVMCS("C28", [(secondary, 1 << 24)], capabilities: [allowSecondary(1 << 24)]),
    BrokenVMCS(
      "C29",
      [
        (.primaryProcessorBasedControls, primary | 1 << 17), (.tertiaryProcessorBasedControls, 2),
        (.hlatPointer, 1),
      ], capabilities: [allowPrimary(1 << 17), (0x492, 2)]),
    BrokenVMCS(
      "C30", [(secondary, 1 << 21), (.highPASIDDirectoryAddress, 8)],
      capabilities: [allowSecondary(1 << 21)]),
  ]

  static let otherControls: [BrokenVMCS] = [
    BrokenVMCS("X1", [(.primaryExitControls, exit & ~1)]),
    BrokenVMCS(
      "X2", [(.primaryExitControls, exit | 1 << 31), (.secondaryExitControls, 8)],
      capabilities: [allowExit(1 << 31)]),
    BrokenVMCS(
      "X3", [(.primaryExitControls, exit | 1 << 22)], capabilities: [allowExit(1 << 22)]),
    BrokenVMCS("X4", [(.exitMSRStoreCount, 1), (.exitMSRStoreAddress, 8)]),
    BrokenVMCS("X5", [(.exitMSRLoadCount, 2), (.exitMSRLoadAddress, (1 << 40) - 16)]),
    BrokenVMCS("X5", [(.exitMSRLoadCount, 1), (.exitMSRLoadAddress, ~0xf)]),
    BrokenVMCS("N1", [(.entryControls, entry64 & ~(1 << 12))]),
    BrokenVMCS("N1", [(.entryControls, entry64 | 1 << 13)]),
    BrokenVMCS("N2a", [(.entryInterruptionInformation, 0x8000_0100)]),
    BrokenVMCS("N2b", [(.entryInterruptionInformation, 0x8000_0203)]),
    BrokenVMCS("N2c", [(.entryInterruptionInformation, 0x8000_0320)]),
    BrokenVMCS("N2d", [(.entryInterruptionInformation, 0x8000_0701)]),
    BrokenVMCS("N2e", [(.entryInterruptionInformation, 0x8000_030d)]),
    BrokenVMCS("N2e", [(.entryInterruptionInformation, 0x8000_0b06)]),
    BrokenVMCS("N2e", [(.entryInterruptionInformation, 0x8000_0c80)]),
    BrokenVMCS("N2e", .real, [(.entryInterruptionInformation, 0x8000_0b0d)]),
    BrokenVMCS("N2f", [(.entryInterruptionInformation, 0x8000_1306)]),
    BrokenVMCS(
      "N2g", [(.entryInterruptionInformation, 0x8000_0b0d), (.entryExceptionErrorCode, 0x1_0000)]),
    BrokenVMCS(
      "N2h", [(.entryInterruptionInformation, 0x8000_0480), (.entryInstructionLength, 16)]),
    BrokenVMCS("N3", [(.entryMSRLoadCount, 1), (.entryMSRLoadAddress, 0x9008)]),
    BrokenVMCS("N4", [(.entryControls, entry64 | 1 << 11)]),
  ]

  static let host: [BrokenVMCS] = [
    BrokenVMCS("H1", [(.hostCR0, CR0.pe | CR0.pg)]),
    BrokenVMCS("H1", [(.hostCR0, CR0.pe | CR0.pg | CR0.ne | 1 << 32)]),
    BrokenVMCS("H2", [(.hostCR4, CR4.pae)]),
    BrokenVMCS("H2", [(.hostCR4, CR4.pae | CR4.vmxe | 1 << 15)]),
    BrokenVMCS(
      "H3", [(.hostCR4, CR4.pae | CR4.vmxe | CR4.cet), (.hostCR0, CR0.pe | CR0.pg | CR0.ne)],
      capabilities: [(0x489, CR4.cet)]),
    BrokenVMCS("H4", [(.hostCR3, 1 << 40)]),
    BrokenVMCS("H4", [(.hostCR3, 1 << 63)]),
    BrokenVMCS("H5", [(.hostSysenterEIP, noncanonical)]),
    BrokenVMCS(
      "H6", [(.primaryExitControls, exit | 1 << 12), (.hostPerfGlobalCtrl, 1 << 40)],
      capabilities: [allowExit(1 << 12)]),
    BrokenVMCS("H7", [(.primaryExitControls, exit | 1 << 19), (.hostPAT, 0x0206)]),
    BrokenVMCS("H8", [(.primaryExitControls, exit | 1 << 21), (.hostEFER, EFER.lme)]),
    BrokenVMCS("H8", [(.primaryExitControls, exit | 1 << 21), (.hostEFER, 0x502)]),
    BrokenVMCS(
      "H9", [(.primaryExitControls, exit | 1 << 28), (.hostSSP, 2)],
      capabilities: [allowExit(1 << 28)]),
    BrokenVMCS(
      "H10", [(.primaryExitControls, exit | 1 << 29), (.hostPKRS, 1 << 32)],
      capabilities: [allowExit(1 << 29)]),
    BrokenVMCS(
      "H11",
      [
        (.primaryExitControls, exit | 1 << 31), (.secondaryExitControls, 2), (.hostFREDRSP1, 8),
      ], capabilities: [allowExit(1 << 31), (0x493, 2)]),
    BrokenVMCS("H12", [(.hostDSSelector, 0x13)]),
    BrokenVMCS("H12", [(.hostTRSelector, 0x1c)]),
    BrokenVMCS("H13", [(.hostCSSelector, 0)]),
    BrokenVMCS("H13", [(.hostTRSelector, 0)]),
    BrokenVMCS("H14", .paged32, [(.hostSSSelector, 0)], with32BitHost: true),
    BrokenVMCS("H15", [(.hostGDTRBase, noncanonical)]),
    BrokenVMCS("H16", .paged32, [(.primaryExitControls, exit)], with32BitHost: true),
    BrokenVMCS("H17", .paged32, [(.primaryExitControls, exit & ~(1 << 9))]),
    BrokenVMCS(
      "H18", .paged32, [(.hostCR4, CR4.pae | CR4.vmxe | CR4.pcide)],
      capabilities: [(0x489, CR4.pcide)], with32BitHost: true),
    BrokenVMCS("H18", .paged32, [(.hostRIP, 1 << 32)], with32BitHost: true),
    BrokenVMCS("H19", [(.hostCR4, CR4.vmxe)]),
    BrokenVMCS("H19", [(.hostRIP, noncanonical)]),
  ]

  static let guestRegisters: [BrokenVMCS] = [
    BrokenVMCS("G1", [(.guestCR0, CR0.pe | CR0.pg)]),
    BrokenVMCS("G1", .real, [(.guestCR0, 0)]),
    BrokenVMCS("G1", .paged32, [(.guestCR0, CR0.pe | CR0.ne)]),
    BrokenVMCS("G2", .real, [(.guestCR0, CR0.ne | CR0.pg)]),
    BrokenVMCS("G3", [(.guestCR4, CR4.pae)]),
    BrokenVMCS("G3", [(.guestCR4, CR4.pae | CR4.vmxe | 1 << 40)]),
    BrokenVMCS(
      "G4", [(.guestCR4, CR4.pae | CR4.vmxe | CR4.cet)], capabilities: [(0x489, CR4.cet)]),
    BrokenVMCS("G5", [(.guestDR7, 1 << 32)]),
    BrokenVMCS("G5", [(.guestDebugctl, 1 << 2)]),
    BrokenVMCS("G6", [(.guestCR4, CR4.vmxe)]),
    BrokenVMCS(
      "G7", .paged32, [(.guestCR4, CR4.pae | CR4.vmxe | CR4.pcide)],
      capabilities: [(0x489, CR4.pcide)]),
    BrokenVMCS("G8", [(.guestCR3, 1 << 40)]),
    BrokenVMCS("G9", [(.guestSysenterESP, noncanonical)]),
    BrokenVMCS("G10", [(.entryControls, entry64 | 1 << 14), (.guestPAT, 2)]),
    BrokenVMCS("G10", [(.entryControls, entry64 | 1 << 15), (.guestEFER, EFER.lme)]),
    BrokenVMCS("G10", [(.entryControls, entry64 | 1 << 15), (.guestEFER, EFER.lma)]),
    BrokenVMCS("G10", [(.entryControls, entry64 | 1 << 15), (.guestEFER, 0x1500)]),
    BrokenVMCS(
      "G10", [(.entryControls, entry64 | 1 << 22), (.guestPKRS, 1 << 32)],
      capabilities: [allowEntry(1 << 22)]),
  ]

  static let guestSegments: [BrokenVMCS] = [
    BrokenVMCS("G11", [(.guestTRSelector, 0x1c)]),
    BrokenVMCS("G11", [(.guestLDTRSelector, 0x1c), (.guestLDTRAccessRights, 0x82)]),
    BrokenVMCS("G12", [(.guestCSSelector, 0x0b)]),
    BrokenVMCS("G13", .virtual8086, [(.guestFSBase, 0x1010)]),
    BrokenVMCS("G14", [(.guestFSBase, noncanonical)]),
    BrokenVMCS("G14", [(.guestCSBase, 1 << 32)]),
    BrokenVMCS("G14", [(.guestTRBase, noncanonical)]),
    BrokenVMCS("G15", .virtual8086, [(.guestGSLimit, 0xfffff)]),
    BrokenVMCS("G15", .virtual8086, [(.guestCSAccessRights, 0xfb)]),
    BrokenVMCS("G16", [(.guestCSAccessRights, 0xa093)]),
    BrokenVMCS("G16", [(.guestCSAccessRights, 0xa09a)]),
    BrokenVMCS("G17", [(.guestSSAccessRights, 0xc091)]),
    BrokenVMCS("G18", [(.guestDSAccessRights, 0xc092)]),
    BrokenVMCS("G18", [(.guestESAccessRights, 0xc099)]),
    BrokenVMCS("G19", [(.guestGSAccessRights, 0xc083)]),
    BrokenVMCS("G20", [(.guestCSAccessRights, 0xa0fb)]),
    BrokenVMCS("G20", .real, [(.guestCSAccessRights, 0xf3)]),
    BrokenVMCS("G21", [(.guestCSAccessRights, 0xa0fb), (.guestSSAccessRights, 0xc0f3)]),
    BrokenVMCS("G21", .real, [(.guestCSAccessRights, 0xfb), (.guestSSAccessRights, 0xf3)]),
    BrokenVMCS(
      "G21",
      [
        (.guestCSAccessRights, 0xa0fb), (.guestSSAccessRights, 0x1_0060), (.guestSSSelector, 0),
        (.guestCSSelector, 0x08),
      ]),
    BrokenVMCS("G22", [(.guestDSSelector, 0x13)]),
    BrokenVMCS("G23", [(.guestDSAccessRights, 0xc013)]),
    BrokenVMCS("G24", [(.guestDSAccessRights, 0xc193)]),
    BrokenVMCS("G24", [(.guestDSAccessRights, 0x2_c093)]),
    BrokenVMCS("G25", [(.guestCSAccessRights, 0xe09b)]),
    BrokenVMCS("G26", [(.guestDSLimit, 0xffff_f345)]),
    BrokenVMCS("G26", [(.guestDSAccessRights, 0x4093)]),
    BrokenVMCS("G27", [(.guestTRAccessRights, 0x83)]),
    BrokenVMCS("G27", [(.guestTRAccessRights, 0x1_008b)]),
    BrokenVMCS("G27", [(.guestTRAccessRights, 0x808b)]),
    BrokenVMCS("G27", .paged32, [(.guestTRAccessRights, 0x89)]),
    BrokenVMCS("G28", [(.guestLDTRAccessRights, 0x83)]),
    BrokenVMCS("G28", [(.guestLDTRAccessRights, 0x02)]),
  ]

  static let guestOther: [BrokenVMCS] = [
    BrokenVMCS("G30", [(.guestGDTRLimit, 0x1_0000)]),
    BrokenVMCS("G30", [(.guestIDTRBase, noncanonical)]),
    BrokenVMCS("G31", .paged32, [(.guestRIP, 1 << 32)]),
    BrokenVMCS("G31", [(.guestCSAccessRights, 0xc09b), (.guestRIP, 1 << 32)]),
    BrokenVMCS("G32", [(.guestRIP, 1 << 57)]),
    BrokenVMCS("G33", [(.guestRFLAGS, 0)]),
    BrokenVMCS("G33", [(.guestRFLAGS, 0x8002)]),
    BrokenVMCS("G33", [(.guestRFLAGS, 1 << 22 | 2)]),
    BrokenVMCS(
      "G34", .real,
      [(.guestRFLAGS, RFLAGS.vm.rawValue | 2)]
        + GuestSegmentFields.codeAndData.map { ($0.access, 0xf3) }),
    BrokenVMCS("G35", [(.entryInterruptionInformation, 0x8000_0020)]),
    BrokenVMCS("G36", [(.guestActivityState, 4)]),
    BrokenVMCS(
      "G37",
      [
        (.guestActivityState, 1), (.guestCSAccessRights, 0xa0fb), (.guestSSAccessRights, 0xc0f3),
        (.guestCSSelector, 0x0b), (.guestSSSelector, 0x13),
      ]),
    BrokenVMCS(
      "G38", [(.guestActivityState, 1), (.guestInterruptibilityState, 1), (.guestRFLAGS, 0x202)]),
    BrokenVMCS(
      "G39", [(.guestActivityState, 1), (.entryInterruptionInformation, 0x8000_0b0d)]),
    BrokenVMCS(
      "G39",
      [
        (.guestActivityState, 2), (.guestRFLAGS, 0x202),
        (.entryInterruptionInformation, 0x8000_0020),
      ]),
    BrokenVMCS("G39", [(.guestActivityState, 3), (.entryInterruptionInformation, 0x8000_0202)]),
    BrokenVMCS("G41", [(.guestInterruptibilityState, 0x20)]),
    BrokenVMCS("G41", [(.guestInterruptibilityState, 3), (.guestRFLAGS, 0x202)]),
    BrokenVMCS("G42", [(.guestInterruptibilityState, 1)]),
    BrokenVMCS(
      "G43",
      [
        (.guestInterruptibilityState, 1), (.guestRFLAGS, 0x202),
        (.entryInterruptionInformation, 0x8000_0020),
      ]),
    BrokenVMCS(
      "G44", [(.guestInterruptibilityState, 2), (.entryInterruptionInformation, 0x8000_0202)]),
    BrokenVMCS(
      "G45",
      [
        (.guestInterruptibilityState, 1), (.guestRFLAGS, 0x202),
        (.entryInterruptionInformation, 0x8000_0202),
      ], qualification: 3),
    BrokenVMCS("G46", [(.guestInterruptibilityState, 4)]),
    BrokenVMCS(
      "G47",
      [
        (.pinBasedControls, pin | 0x28), (.guestInterruptibilityState, 8),
        (.entryInterruptionInformation, 0x8000_0202),
      ]),
    BrokenVMCS("G48", [(.guestInterruptibilityState, 16)]),
    BrokenVMCS("G49", [(.guestPendingDebugExceptions, 1 << 4)]),
    BrokenVMCS("G49", [(.guestPendingDebugExceptions, 1 << 16)]),
    BrokenVMCS("G50", [(.guestInterruptibilityState, 2), (.guestRFLAGS, 0x102)]),
    BrokenVMCS("G50", [(.guestActivityState, 1), (.guestPendingDebugExceptions, 1 << 14)]),
    BrokenVMCS("G52", [(.vmcsLinkPointer, VMXFixture.vmcs)], qualification: 4),
    BrokenVMCS("G52", [(.vmcsLinkPointer, VMXFixture.otherVMCS + 8)], qualification: 4),
    BrokenVMCS("G52", [(.vmcsLinkPointer, VMXFixture.ones)], qualification: 4),
    BrokenVMCS("G52", [(.vmcsLinkPointer, 1 << 40)], qualification: 4),
    BrokenVMCS("G53", .paged32, [(.guestCR3, VMXFixture.ones)], qualification: 2),
    BrokenVMCS("G53", .paged32WithEPT, [(.guestPDPTE3, 3)], qualification: 2),
    BrokenVMCS("G53", .paged32WithEPT, [(.guestPDPTE1, 1 << 40 | 1)], qualification: 2),
  ]
}

import Testing
import X86

@testable import Simulator

// Expected values: SDM 3C, "VMX Instruction Reference" and "VM Instruction Error Numbers".
@Suite("VMX instructions")
struct VMXInstructionTests {
  /// A monitor before VMXON, with CR4.VMXE set.
  private func host() throws -> (VMXFixture, Processor) {
    let fixture = try VMXFixture()
    fixture.processor.vmx = VMXState()
    return (fixture, fixture.processor)
  }

  private let invalidOpcode = VMXPromptResult.fault(vector: 6, errorCode: nil)
  private let generalProtection = VMXPromptResult.fault(vector: 13, errorCode: 0)

  private static let all: [VMXPromptInstruction] = [
    .vmxoff, .vmclear(region: 0x2000), .vmptrld(region: 0x2000), .vmptrst,
    .vmread(encoding: 0x681e), .vmwrite(encoding: 0x681e, value: 1), .vmlaunch, .vmresume, .vmcall,
    .invept(type: 2, descriptor: InvalidationDescriptor(low: 0)),
    .invvpid(type: 2, descriptor: InvalidationDescriptor(low: 0)),
  ]

  // MARK: Step 1 to 3

  @Test(arguments: all)
  func outsideVMXOperationAllRaiseUD(instruction: VMXPromptInstruction) throws {
    let (_, processor) = try host()
    #expect(processor.prompt(instruction) == invalidOpcode)
  }

  @Test(arguments: all + [.vmxon(region: 0x1000)])
  func inCompatibilityModeAllRaiseUD(instruction: VMXPromptInstruction) throws {
    let processor = try VMXFixture().processor
    processor.setSegment(.cs, Segment(selector: 8, base: 0, limit: ~0, access: 0xc09b))
    #expect(processor.mode == .compatibility)
    #expect(processor.prompt(instruction) == invalidOpcode)
  }

  @Test(arguments: all + [.vmxon(region: 0x1000)])
  func aboveCPL0AllRaiseGP(instruction: VMXPromptInstruction) throws {
    let processor = try VMXFixture().processor
    processor.setSegment(.ss, Segment(selector: 0x13, base: 0, limit: ~0, access: 0xc0f3))
    #expect(processor.cpl == 3)
    #expect(processor.prompt(instruction) == generalProtection)
  }

  @Test func inNonRootOperationTheyExitWithTheirReasons() throws {
    let fixture = try VMXFixture(.long64)
    let processor = fixture.processor
    #expect(processor.prompt(.vmlaunch) == .entered)
    processor.instructionLength = 4

    func reason(_ body: () throws(Fault) -> Void) -> UInt16? {
      do throws(Fault) { try body() } catch {
        return error == .exit ? processor.pendingExit.reason : nil
      }
      return nil
    }
    #expect(
      reason { () throws(Fault) in
        _ = try processor.vmclear(region: 0, qualification: 0x40, information: 7)
      } == 19)
    #expect(processor.pendingExit.qualification == 0x40)
    #expect(processor.pendingExit.instructionInformation == 7)
    #expect(reason { () throws(Fault) in _ = try processor.vmEntry(launch: true) } == 20)
    #expect(reason { () throws(Fault) in _ = try processor.vmptrld(region: 0) } == 21)
    #expect(reason { () throws(Fault) in _ = try processor.vmptrst() } == 22)
    #expect(reason { () throws(Fault) in _ = try processor.vmread(0) } == 23)
    #expect(reason { () throws(Fault) in _ = try processor.vmEntry(launch: false) } == 24)
    #expect(reason { () throws(Fault) in _ = try processor.vmwrite(0, 0) } == 25)
    #expect(reason { () throws(Fault) in _ = try processor.vmxoff() } == 26)
    #expect(reason { () throws(Fault) in _ = try processor.vmxon(region: 0) } == 27)
    #expect(reason { () throws(Fault) in _ = try processor.vmcall() } == 18)
    let descriptor = InvalidationDescriptor(low: 0)
    #expect(reason { () throws(Fault) in _ = try processor.invept(type: 2, descriptor) } == 50)
    #expect(reason { () throws(Fault) in _ = try processor.invvpid(type: 2, descriptor) } == 53)
    #expect(processor.prompt(.vmxoff) == .inNonRootOperation)
  }

  @Test func vmcallExitsAtAnyPrivilegeLevel() throws {
    let processor = try VMXFixture(.long64).processor
    #expect(processor.prompt(.vmlaunch) == .entered)
    processor.setSegment(.ss, Segment(selector: 0x13, base: 0, limit: ~0, access: 0xc0f3))
    #expect(throws: Fault.exit) { _ = try processor.vmcall() }
  }

  // MARK: VMXON and VMXOFF

  @Test func vmxonWithoutVMXERaisesUD() throws {
    let (_, processor) = try host()
    #expect(processor.setVMXE(false))
    #expect(processor.prompt(.vmxon(region: 0x1000)) == invalidOpcode)
    #expect(processor.setVMXE(true))
    #expect(processor.prompt(.vmxon(region: 0x1000)) == .success)
    #expect(!processor.setVMXE(false))
  }

  @Test func vmxonNeedsFirmwareAndFixedBits() throws {
    let (_, processor) = try host()
    for control: UInt64 in [0, 1, 4, 3] {
      processor.msrs.featureControl = control
      #expect(processor.prompt(.vmxon(region: 0x1000)) == generalProtection)
    }
    processor.msrs.featureControl = 5
    processor.cr0 &= ~CR0.ne
    #expect(processor.prompt(.vmxon(region: 0x1000)) == generalProtection)
  }

  @Test func vmxonChecksItsRegion() throws {
    let (fixture, processor) = try host()
    for region: UInt64 in [0x1008, 1 << 40, 1 << 63, 0x8000, 0x10_0000, ~0xfff] {
      #expect(processor.prompt(.vmxon(region: region)) == .failInvalid, "\(region)")
      #expect(processor.arithmeticFlags == RFLAGS.cf.rawValue)
    }
    // Bit 31 set: a shadow VMCS is no VMXON region.
    fixture.memory.store(0x4000, processor.vmx.capabilities.revisionIdentifier | 1 << 31)
    #expect(processor.prompt(.vmxon(region: 0x4000)) == .failInvalid)
    #expect(!processor.isInVMXOperation)
  }

  @Test func vmxonTwiceFails() throws {
    let fixture = try VMXFixture()
    #expect(fixture.processor.prompt(.vmxon(region: 0x1000)) == .failValid(15))
    #expect(fixture[.vmInstructionError] == 15)
    #expect(fixture.processor.prompt(.vmclear(region: VMXFixture.vmcs)) == .success)
    #expect(fixture.processor.prompt(.vmxon(region: 0x1000)) == .failInvalid)
  }

  @Test func vmxoffLeaves() throws {
    let processor = try VMXFixture().processor
    #expect(processor.prompt(.vmxoff) == .success)
    #expect(!processor.isInVMXOperation)
    #expect(processor.prompt(.vmptrst) == invalidOpcode)
  }

  // MARK: The current VMCS

  @Test func vmclearAndVmptrldCheckTheirRegion() throws {
    let fixture = try VMXFixture()
    let processor = fixture.processor
    for region: UInt64 in [0x2004, 1 << 40] {
      #expect(processor.prompt(.vmclear(region: region)) == .failValid(2))
      #expect(processor.prompt(.vmptrld(region: region)) == .failValid(9))
    }
    #expect(processor.prompt(.vmclear(region: VMXFixture.vmxonRegion)) == .failValid(3))
    #expect(processor.prompt(.vmptrld(region: VMXFixture.vmxonRegion)) == .failValid(10))
    #expect(processor.prompt(.vmptrld(region: VMXFixture.zeros)) == .failValid(11))
    // Inside the physical width but no RAM.
    #expect(processor.prompt(.vmptrld(region: 1 << 30)) == .failValid(11))
    #expect(processor.prompt(.vmclear(region: 1 << 30)) == .success)
    // A shadow VMCS, which this processor does not support.
    fixture.memory.store(0x4000, processor.vmx.capabilities.revisionIdentifier | 1 << 31)
    #expect(processor.prompt(.vmptrld(region: 0x4000)) == .failValid(11))
    #expect(processor.prompt(.vmptrst) == .value(VMXFixture.vmcs))
  }

  @Test func vmclearOfTheCurrentVMCSLeavesNone() throws {
    let processor = try VMXFixture().processor
    #expect(processor.prompt(.vmclear(region: VMXFixture.otherVMCS)) == .success)
    #expect(processor.prompt(.vmptrst) == .value(VMXFixture.vmcs))
    #expect(processor.prompt(.vmclear(region: VMXFixture.vmcs)) == .success)
    #expect(processor.prompt(.vmptrst) == .value(~0))
    #expect(processor.prompt(.vmread(encoding: 0x681e)) == .failInvalid)
    #expect(processor.prompt(.vmwrite(encoding: 0x681e, value: 0)) == .failInvalid)
    #expect(processor.prompt(.vmlaunch) == .failInvalid)
    #expect(processor.prompt(.vmcall) == .failInvalid)
  }

  @Test func fieldsSurviveSwitching() throws {
    let fixture = try VMXFixture()
    let processor = fixture.processor
    fixture[.guestRIP] = 0x1234
    #expect(processor.prompt(.vmptrld(region: VMXFixture.otherVMCS)) == .success)
    fixture[.guestRIP] = 0x5678
    #expect(processor.prompt(.vmptrld(region: VMXFixture.vmcs)) == .success)
    #expect(fixture[.guestRIP] == 0x1234)
  }

  // MARK: VMREAD and VMWRITE

  @Test func everyFieldHoldsItsWidth() throws {
    let processor = try VMXFixture().processor
    processor.vmx.capabilities[MSR.vmxMisc] |= 1 << 29
    for (index, field) in VMCSField.all.enumerated() {
      let value = ~UInt64(index)
      let encoding = UInt64(field.rawValue)
      #expect(processor.prompt(.vmwrite(encoding: encoding, value: value)) == .success)
    }
    for (index, field) in VMCSField.all.enumerated() {
      let want = ~UInt64(index) & field.mask
      #expect(processor.prompt(.vmread(encoding: UInt64(field.rawValue))) == .value(want))
    }
  }

  @Test func highHalvesAreTheUpper32Bits() throws {
    let fixture = try VMXFixture()
    fixture[.tscOffset] = 0x1111_2222_3333_4444
    #expect(fixture.processor.prompt(.vmread(encoding: 0x2011)) == .value(0x1111_2222))
    #expect(
      fixture.processor.prompt(.vmwrite(encoding: 0x2011, value: 0xffff_5555_6666)) == .success)
    #expect(fixture[.tscOffset] == 0x5555_6666_3333_4444)
  }

  @Test func unknownAndReadOnlyFields() throws {
    let fixture = try VMXFixture()
    let processor = fixture.processor
    for encoding: UInt64 in [0x000c, 0x4834, 0x6803, 0x1_0000, 1 << 32 | 0x681e, ~0] {
      #expect(processor.prompt(.vmread(encoding: encoding)) == .failValid(12))
      #expect(processor.prompt(.vmwrite(encoding: encoding, value: 0)) == .failValid(12))
    }
    #expect(processor.arithmeticFlags == RFLAGS.zf.rawValue)
    #expect(processor.prompt(.vmwrite(encoding: 0x4402, value: 0)) == .failValid(13))
    #expect(fixture[.vmInstructionError] == 13)
  }

  // MARK: VMLAUNCH, VMRESUME, VMCALL

  @Test func launchStateDecides() throws {
    let processor = try VMXFixture(.long64).processor
    #expect(processor.prompt(.vmresume) == .failValid(5))
    #expect(processor.prompt(.vmlaunch) == .entered)
    _ = processor.vmExit(12)
    processor.performVMExit()
    #expect(processor.prompt(.vmlaunch) == .failValid(4))
    #expect(processor.currentVMCSIsLaunched == true)
    #expect(processor.prompt(.vmresume) == .entered)
  }

  @Test func aFailedEntryDoesNotLaunch() throws {
    let fixture = try VMXFixture(.long64)
    fixture[.guestRFLAGS] = 0
    guard case .entryFailure(let exit) = fixture.processor.prompt(.vmlaunch) else {
      Issue.record("entered with RFLAGS 0")
      return
    }
    #expect(exit.reason == 33)
    #expect(fixture.processor.currentVMCSIsLaunched == false)
    #expect(!fixture.processor.isInNonRootOperation)
  }

  @Test func entryAfterMovSSFails() throws {
    let processor = try VMXFixture(.long64).processor
    processor.interruptShadow = .movSS
    #expect(processor.prompt(.vmlaunch) == .failValid(26))
    processor.interruptShadow = .sti
    #expect(processor.prompt(.vmlaunch) == .entered)
  }

  @Test func vmcallInRootFails() throws {
    let fixture = try VMXFixture()
    #expect(fixture.processor.prompt(.vmcall) == .failValid(1))
    #expect(fixture[.vmInstructionError] == 1)
  }

  @Test func successClearsTheArithmeticFlags() throws {
    let processor = try VMXFixture().processor
    processor.arithmeticFlags = RFLAGS.arithmetic.rawValue
    #expect(processor.prompt(.vmptrld(region: VMXFixture.vmcs)) == .success)
    #expect(processor.arithmeticFlags == 0)
  }

  // MARK: INVEPT and INVVPID

  @Test func inveptChecksItsOperands() throws {
    let processor = try VMXFixture().processor
    func invept(_ type: UInt64, _ low: UInt64, _ high: UInt64 = 0) -> VMXPromptResult {
      processor.prompt(
        .invept(type: type, descriptor: InvalidationDescriptor(low: low, high: high)))
    }
    #expect(invept(1, 0xb01e) == .success)
    #expect(invept(2, 0) == .success)
    #expect(invept(0, 0xb01e) == .failValid(28))
    #expect(invept(3, 0xb01e) == .failValid(28))
    #expect(invept(~0, 0) == .failValid(28))
    #expect(invept(1, 0xb01e, 1) == .failValid(28))
    #expect(invept(1, 0xb01f) == .failValid(28))
  }

  @Test func invvpidChecksItsOperands() throws {
    let processor = try VMXFixture().processor
    func invvpid(_ type: UInt64, _ low: UInt64, _ high: UInt64 = 0) -> VMXPromptResult {
      processor.prompt(
        .invvpid(type: type, descriptor: InvalidationDescriptor(low: low, high: high)))
    }
    for type: UInt64 in 0...3 { #expect(invvpid(type, 1) == .success) }
    #expect(invvpid(2, 0) == .success)
    for type: UInt64 in [0, 1, 3] { #expect(invvpid(type, 0) == .failValid(28)) }
    #expect(invvpid(4, 1) == .failValid(28))
    #expect(invvpid(1, 1 << 16 | 1) == .failValid(28))
    #expect(invvpid(0, 1, 1 << 56) == .failValid(28))
  }

  // MARK: Capability MSRs

  @Test func capabilityMSRsAreConsistent() {
    let capabilities = VMXCapabilities.ringside
    for group in [VMXControlGroup.pinBased, .primary, .exit, .entry] {
      let plain = capabilities[group.capabilityMSR]
      let flexible = capabilities[group.trueCapabilityMSR ?? 0]
      // Allowed-0 bits are a subset of allowed-1 bits; default1 is fixed in the plain MSR.
      #expect(plain & 0xffff_ffff & ~(plain >> 32) == 0)
      #expect(plain & 0xffff_ffff == group.default1)
      #expect(flexible >> 32 == plain >> 32)
      #expect(flexible & ~plain & 0xffff_ffff == 0)
    }
    #expect(capabilities[MSR.vmxBasic] & 0x7fff_ffff == 0x5249_4e47)
    #expect((capabilities[MSR.vmxBasic] >> 32) & 0x1fff == 4096)
    #expect((capabilities[MSR.vmxBasic] >> 50) & 0xf == 6)
    #expect((capabilities[MSR.vmxMisc] >> 16) & 0x1ff == 4)
    #expect(capabilities[MSR.vmxCR0Fixed0] == 0x8000_0021)
    #expect(capabilities[MSR.vmxCR4Fixed0] == 0x2000)
    #expect(capabilities.read(MSR.vmxVMFunc) == nil)
    #expect(capabilities.read(0x47f) == nil)
  }
}

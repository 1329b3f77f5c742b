import Testing
import X86

@testable import Simulator

// Expected values: SDM 3C, "VMX Non-Root Operation" and the tables of exit qualifications.
@Suite("Intercepts of non-root operation")
struct VMXInterceptTests {
  private let entered: Processor
  private let fixture: VMXFixture

  init() throws {
    fixture = try VMXFixture(.long64)
    entered = fixture.processor
  }

  private func enter(_ changes: [(VMCSField, UInt64)] = []) {
    for (field, value) in changes { fixture[field] = value }
    #expect(entered.prompt(.vmlaunch) == .entered)
  }

  private let primary: UInt64 = 0x8400_61f2

  private func enter(primary bits: UInt64, _ changes: [(VMCSField, UInt64)] = []) {
    enter([(.primaryProcessorBasedControls, primary | bits)] + changes)
  }

  /// The exit that `body` causes; nil if it causes none.
  private func exit(_ body: () throws(Fault) -> Void) -> VMExit? {
    do throws(Fault) { try body() } catch { return error == .exit ? entered.lastVMExit : nil }
    return nil
  }

  // MARK: I/O

  @Test func withoutIOControlsNothingExits() {
    enter()
    #expect(!entered.interceptsIO(port: 0x3f8, size: 1))
  }

  @Test func unconditionalIOExits() {
    enter(primary: 1 << 24)
    #expect(entered.interceptsIO(port: 0, size: 1))
    #expect(entered.interceptsIO(port: 0xffff, size: 1))
  }

  @Test func bitmapsDecidePortByPort() throws {
    fixture.memory.store(0x10000 + 0x3f8 / 8, UInt8(1 << (0x3f8 % 8)))
    fixture.memory.store(0x11000 + 0x7ff8 / 8, UInt8(1))
    // The bitmaps override unconditional exiting.
    enter(primary: 3 << 24, [(.ioBitmapA, 0x10000), (.ioBitmapB, 0x11000)])
    #expect(entered.interceptsIO(port: 0x3f8, size: 1))
    #expect(!entered.interceptsIO(port: 0x3f7, size: 1))
    #expect(!entered.interceptsIO(port: 0x3f9, size: 4))
    #expect(entered.interceptsIO(port: 0x3f7, size: 2))
    #expect(entered.interceptsIO(port: 0x3f5, size: 4))
    #expect(!entered.interceptsIO(port: 0x3f4, size: 4))
    #expect(entered.interceptsIO(port: 0xfff8, size: 1))
    #expect(!entered.interceptsIO(port: 0xffff, size: 1))
    // Wrapping around the port space exits whatever the bitmaps say.
    #expect(entered.interceptsIO(port: 0xffff, size: 2))
    #expect(entered.interceptsIO(port: 0xfffd, size: 4))
  }

  @Test func ioQualification() {
    enter(primary: 1 << 24)
    let out = exit { () throws(Fault) in
      try entered.interceptIO(port: 0x3f8, size: 1, isInput: false)
    }
    #expect(out?.reason == 30)
    #expect(out?.qualification == 0x03f8_0000)
    let rep = exit { () throws(Fault) in
      try entered.interceptIO(
        port: 0x1f0, size: 4, isInput: true, isString: true, isRepeated: true, linear: 0x8000)
    }
    #expect(rep?.qualification == 0x01f0_003b)
    #expect(rep?.guestLinear == 0x8000)
    let immediate = exit { () throws(Fault) in
      try entered.interceptIO(port: 0x80, size: 2, isInput: true, isImmediate: true)
    }
    #expect(immediate?.qualification == 0x0080_0049)
  }

  // MARK: MSRs

  @Test func withoutBitmapsEveryMSRExits() {
    enter()
    #expect(entered.interceptsMSR(0x10, isWrite: false))
    #expect(entered.interceptsMSR(0xc000_0080, isWrite: true))
  }

  @Test func msrBitmapsHaveFourParts() {
    func set(_ part: UInt64, _ index: UInt64) {
      fixture.memory.store(0x10000 + part * 1024 + index / 8, UInt8(1 << (index % 8)))
    }
    set(0, 0x10)
    set(1, 0x80)
    set(2, 0x174)
    set(3, 0x1fff)
    enter(primary: 1 << 28, [(.msrBitmaps, 0x10000)])
    #expect(entered.interceptsMSR(0x10, isWrite: false))
    #expect(!entered.interceptsMSR(0x10, isWrite: true))
    #expect(entered.interceptsMSR(0xc000_0080, isWrite: false))
    #expect(!entered.interceptsMSR(0xc000_0080, isWrite: true))
    #expect(entered.interceptsMSR(0x174, isWrite: true))
    #expect(entered.interceptsMSR(0xc000_1fff, isWrite: true))
    #expect(!entered.interceptsMSR(0xc000_1fff, isWrite: false))
    for outside: UInt32 in [0x2000, 0xbfff_ffff, 0xc000_2000, 0xffff_ffff] {
      #expect(entered.interceptsMSR(outside, isWrite: false))
    }
  }

  // MARK: Exceptions

  @Test func exceptionBitmapAndPageFaultFilter() {
    enter([
      (.exceptionBitmap, 1 << 6), (.pageFaultErrorCodeMask, 1), (.pageFaultErrorCodeMatch, 0),
    ])
    #expect(entered.interceptsException(6, errorCode: 0))
    #expect(!entered.interceptsException(13, errorCode: 0))
    // Bit 14 is 0: those that do not match exit.
    #expect(!entered.interceptsException(14, errorCode: 2))
    #expect(entered.interceptsException(14, errorCode: 3))
  }

  @Test func pageFaultsThatMatchExitWithBit14() {
    enter([
      (.exceptionBitmap, 1 << 14), (.pageFaultErrorCodeMask, 1), (.pageFaultErrorCodeMatch, 0),
    ])
    #expect(entered.interceptsException(14, errorCode: 2))
    #expect(!entered.interceptsException(14, errorCode: 3))
  }

  @Test func exceptionExitInformation() {
    enter([(.exceptionBitmap, ~0)])
    let fault = exit { () throws(Fault) in
      try entered.interceptException(
        PendingException(vector: 14, errorCode: 6, hasErrorCode: true, payload: 0x1234))
    }
    #expect(fault?.reason == 0)
    #expect(fault?.qualification == 0x1234)
    #expect(fault?.interruptionInformation == 0x8000_0b0e)
    #expect(fault?.interruptionErrorCode == 6)
    let undefined = exit { () throws(Fault) in
      try entered.interceptException(PendingException(vector: 6, payload: 7))
    }
    #expect(undefined?.qualification == 0)
    #expect(undefined?.interruptionInformation == 0x8000_0306)
  }

  // MARK: Control and debug registers

  @Test func guestHostMaskOfCR0() throws {
    enter([
      (.cr0GuestHostMask, CR0.ts | CR0.pg), (.cr0ReadShadow, CR0.pg | CR0.wp),
    ])
    let cr0 = entered.cr0
    #expect(entered.visibleCR0 == cr0)
    // WP is the guest's; the host's bits keep their values.
    let value = try entered.interceptMovToCR0(CR0.pg | CR0.wp | CR0.pe, register: 3)
    #expect(value == CR0.pg | CR0.wp | CR0.pe)
    let paging = exit { () throws(Fault) in
      _ = try entered.interceptMovToCR0(CR0.pe, register: 3)
    }
    #expect(paging?.reason == 28)
    #expect(paging?.qualification == 0x300)
  }

  @Test func readsShowTheShadow() {
    enter([
      (.cr4GuestHostMask, CR4.vmxe), (.cr4ReadShadow, 0), (.cr0GuestHostMask, CR0.ts),
      (.cr0ReadShadow, CR0.ts),
    ])
    #expect(entered.visibleCR4 == CR4.pae)
    #expect(entered.visibleCR0 & CR0.ts != 0)
    #expect(entered.cr0 & CR0.ts == 0)
    let vmxe = exit { () throws(Fault) in
      _ = try entered.interceptMovToCR4(CR4.pae | CR4.vmxe, register: 0)
    }
    #expect(vmxe?.qualification == 4)
  }

  @Test func cltsObeysMaskAndShadow() throws {
    enter([(.cr0GuestHostMask, CR0.ts), (.cr0ReadShadow, CR0.ts)])
    #expect(exit { () throws(Fault) in _ = try entered.interceptCLTS() }?.qualification == 0x20)
    entered.vmx.cr0Shadow = 0
    #expect(try entered.interceptCLTS() == false)
    entered.vmx.cr0Mask = 0
    #expect(try entered.interceptCLTS() == true)
  }

  @Test func lmswObeysMaskAndShadow() throws {
    enter([(.cr0GuestHostMask, 0xf), (.cr0ReadShadow, CR0.pe)])
    // Clearing PE is nothing that LMSW can do, so it does not exit.
    #expect(exit { () throws(Fault) in _ = try entered.interceptLMSW(0, isMemory: false) } == nil)
    let ts = exit { () throws(Fault) in
      _ = try entered.interceptLMSW(9, isMemory: true, linear: 0x77)
    }
    #expect(ts?.qualification == 0x0009_0070)
    #expect(ts?.guestLinear == 0x77)
    entered.vmx.cr0Shadow = 0
    #expect(
      exit { () throws(Fault) in _ = try entered.interceptLMSW(1, isMemory: false) }?
        .qualification == 0x0001_0030)
    entered.vmx.cr0Mask = 0
    #expect(try entered.interceptLMSW(0xe, isMemory: false) & 0xf == 0xf)
  }

  @Test func cr3TargetsDoNotExit() {
    enter(
      primary: 3 << 15,
      [(.cr3TargetCount, 1), (.cr3TargetValue0, 0x5000), (.cr3TargetValue1, 0x6000)])
    #expect(exit { () throws(Fault) in try entered.interceptMovToCR3(0x5000, register: 1) } == nil)
    let load = exit { () throws(Fault) in try entered.interceptMovToCR3(0x6000, register: 1) }
    #expect(load?.qualification == 0x103)
    let store = exit { () throws(Fault) in try entered.interceptMovFromCR3(register: 2) }
    #expect(store?.qualification == 0x213)
  }

  @Test func cr8AndDebugRegisters() {
    enter(primary: 3 << 19 | 1 << 23)
    #expect(
      exit { () throws(Fault) in try entered.interceptMovToCR8(register: 8) }?.qualification
        == 0x808)
    #expect(
      exit { () throws(Fault) in try entered.interceptMovFromCR8(register: 0) }?.qualification
        == 0x018)
    let dr = exit { () throws(Fault) in try entered.interceptMovDR(7, from: true, register: 15) }
    #expect(dr?.reason == 29)
    #expect(dr?.qualification == 0xf17)
  }

  @Test func fixedBitsHoldInVMXOperation() {
    enter()
    #expect(entered.vmxAllowsCR0(CR0.pe | CR0.ne | CR0.pg))
    #expect(!entered.vmxAllowsCR0(CR0.pe | CR0.ne))
    #expect(!entered.vmxAllowsCR0(CR0.pe | CR0.pg))
    #expect(!entered.vmxAllowsCR4(CR4.pae))
    entered.vmx.secondaryControls = SecondaryControls.unrestrictedGuest
    #expect(entered.vmxAllowsCR0(CR0.ne))
    #expect(!entered.vmxAllowsCR0(0))
  }

  // MARK: Other instructions

  @Test func conditionalInstructions() {
    enter(
      primary: 1 << 7 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 29 | 1 << 30,
      [
        (.secondaryProcessorBasedControls, 1 << 2 | 1 << 3 | 1 << 6 | 1 << 12)
      ])
    #expect(exit { () throws(Fault) in try entered.interceptHLT() }?.reason == 12)
    let invlpg = exit { () throws(Fault) in try entered.interceptINVLPG(0x4321) }
    #expect(invlpg?.reason == 14)
    #expect(invlpg?.qualification == 0x4321)
    #expect(exit { () throws(Fault) in try entered.interceptRDPMC() }?.reason == 15)
    #expect(exit { () throws(Fault) in try entered.interceptRDTSC() }?.reason == 16)
    #expect(exit { () throws(Fault) in try entered.interceptRDTSCP() }?.reason == 51)
    #expect(
      exit { () throws(Fault) in try entered.interceptMWAIT(armed: true) }?.qualification == 1)
    #expect(exit { () throws(Fault) in try entered.interceptMONITOR() }?.reason == 39)
    #expect(exit { () throws(Fault) in try entered.interceptPAUSE() }?.reason == 40)
    #expect(exit { () throws(Fault) in try entered.interceptWBINVD() }?.reason == 54)
    #expect(exit { () throws(Fault) in try entered.interceptAlways(.cpuid) }?.reason == 10)
    let table = exit { () throws(Fault) in
      try entered.interceptDescriptorTable(.gdtrOrIDTRAccess, displacement: 8, information: 9)
    }
    #expect(table?.reason == 46)
    #expect(table?.qualification == 8)
    #expect(table?.instructionInformation == 9)
    let invpcid = exit { () throws(Fault) in
      try entered.interceptINVPCID(displacement: 8, information: 9)
    }
    #expect(invpcid?.reason == 58)
  }

  @Test func withoutControlsNothingExits() {
    enter([(.primaryProcessorBasedControls, 0x0400_6172)])
    #expect(exit { () throws(Fault) in try entered.interceptHLT() } == nil)
    #expect(exit { () throws(Fault) in try entered.interceptRDTSC() } == nil)
    #expect(exit { () throws(Fault) in try entered.interceptWBINVD() } == nil)
    // Not enabled: #UD instead.
    #expect(throws: Fault.exception) { try entered.requireRDTSCP() }
    #expect(entered.pendingException.vector == 6)
  }

  @Test func timeStampCounterHasTheOffset() {
    enter(primary: 1 << 3, [(.tscOffset, ~0x0f)])
    entered.msrs.tscBase = 0x100
    #expect(entered.timeStampCounter == 0xf0 &+ entered.retired)
  }

  // MARK: Boundaries

  @Test func externalInterruptsExit() {
    enter([(.pinBasedControls, 0x17)])
    entered.interruptRequest = 0x20
    // RFLAGS.IF is 0 and does not matter.
    let external = exit { () throws(Fault) in try entered.vmxBoundaryEvent() }
    #expect(external?.reason == 1)
    #expect(external?.interruptionInformation == 0)
    #expect(entered.interruptRequest == 0x20)
  }

  @Test func acknowledgeOnExitTakesTheVector() {
    enter([(.pinBasedControls, 0x17), (.primaryExitControls, 0x3_6fff | 1 << 15)])
    entered.interruptRequest = 0x21
    let external = exit { () throws(Fault) in try entered.vmxBoundaryEvent() }
    #expect(external?.interruptionInformation == 0x8000_0021)
    #expect(entered.interruptRequest == nil)
  }

  @Test func nmiExits() {
    enter([(.pinBasedControls, 0x1e)])
    entered.nmiRequest = true
    let nmi = exit { () throws(Fault) in try entered.vmxBoundaryEvent() }
    #expect(nmi?.reason == 0)
    #expect(nmi?.interruptionInformation == 0x8000_0202)
    entered.performVMExit()
    #expect(entered.nmiBlocked)
  }

  @Test func interruptWindowOpensWithIF() {
    enter(primary: 1 << 2)
    #expect(exit { () throws(Fault) in try entered.vmxBoundaryEvent() } == nil)
    entered.systemFlags |= RFLAGS.if.rawValue
    entered.interruptShadow = .sti
    #expect(exit { () throws(Fault) in try entered.vmxBoundaryEvent() } == nil)
    entered.interruptShadow = .none
    #expect(exit { () throws(Fault) in try entered.vmxBoundaryEvent() }?.reason == 7)
  }

  @Test func nmiWindowOpensWithoutVirtualNMIBlocking() {
    enter(primary: 1 << 22, [(.pinBasedControls, 0x3e), (.guestInterruptibilityState, 8)])
    #expect(exit { () throws(Fault) in try entered.vmxBoundaryEvent() } == nil)
    entered.endNMIBlockingByIRET()
    #expect(exit { () throws(Fault) in try entered.vmxBoundaryEvent() }?.reason == 8)
  }

  @Test func iretKeepsNMIBlockingWithNMIExitingAlone() {
    enter([(.pinBasedControls, 0x1e), (.guestInterruptibilityState, 8)])
    entered.endNMIBlockingByIRET()
    #expect(entered.nmiBlocked)
  }

  @Test func prioritiesAtABoundary() {
    enter(
      primary: 1 << 2 | 1 << 22 | 1 << 27,
      [(.pinBasedControls, 0x3f), (.guestRFLAGS, 0x202)])
    entered.interruptRequest = 0x20
    entered.nmiRequest = true
    entered.noteMonitorTrap()
    func next() -> UInt16? {
      exit { () throws(Fault) in try entered.vmxBoundaryEvent() }?.reason
    }
    #expect(next() == 37)
    #expect(next() == 8)
    entered.vmx.primaryControls &= ~PrimaryControls.nmiWindowExiting
    #expect(next() == 0)
    #expect(next() == 7)
    entered.vmx.primaryControls &= ~PrimaryControls.interruptWindowExiting
    #expect(next() == 1)
  }
}

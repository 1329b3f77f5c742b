import Testing

@testable import X86

@Suite struct VMXLayoutTests {
  private func words(_ fields: [FieldValue], _ name: String) -> String? {
    fields.first { $0.name == name }?.meaning
  }

  @Test func outToTheSerialPort() {
    // OUT DX, AL with DX = 3f8h: size 0, direction OUT, port in bits 31:16.
    let fields = ExitQualification.describe(reason: 30, qualification: 0x03f8_0000)
    #expect(fields.map(\.bits) == ["2:0", "3", "4", "5", "6", "31:16"])
    #expect(words(fields, "size") == "1 byte")
    #expect(words(fields, "direction") == "OUT")
    #expect(words(fields, "operand encoding") == "port in DX")
    #expect(words(fields, "port") == "port 0x3f8")
    #expect(fields.last?.value == 0x3f8)
  }

  @Test func controlRegisterAccess() {
    // MOV RCX, CR4: register 4, access type 1, general register 1.
    let fields = ExitQualification.describe(reason: 28, qualification: 0x114)
    #expect(words(fields, "control register") == "CR 4")
    #expect(words(fields, "access type") == "MOV from CR")
    #expect(words(fields, "general register") == "RCX")
  }

  @Test func reservedValuesAndBitsAreSaid() {
    let size = ExitQualification.describe(reason: 30, qualification: 2)
    #expect(words(size, "size") == "reserved value")
    let stray = ExitQualification.describe(reason: 10, qualification: 5)
    #expect(stray.map(\.name) == ["reserved"])
    #expect(ExitQualification.describe(reason: 10, qualification: 0).isEmpty)
  }

  @Test func exceptionLayoutDependsOnTheVector() {
    let debug = ExitQualification.describe(
      reason: 0, qualification: 0x4001, interruptionInformation: 0x8000_0301)
    #expect(debug.filter { $0.value == 1 }.map(\.name) == ["B0", "BS"])
    let page = ExitQualification.describe(
      reason: 0, qualification: 0xdead, interruptionInformation: 0x8000_0b0e)
    #expect(page.map(\.meaning) == ["address 0xdead"])
  }

  @Test func eventInformation() {
    // #GP with error code: vector 13, type 3, bit 11, valid.
    let fields = EventInformation.describeExit(0x8000_0b0d)
    #expect(words(fields, "vector") == "#GP")
    #expect(words(fields, "type") == "hardware exception")
    #expect(words(fields, "error code valid") == "the error-code field is valid")
    let event = EventInformation(vector: 13, kind: .hardwareException, hasErrorCode: true)
    #expect(event.raw == 0x8000_0b0d)
    #expect(event.summary == "#GP (general protection)")
    #expect(EventInformation(vector: 2, kind: .nmi).raw == 0x8000_0202)
    #expect(EventInformation(raw: 0x0000_0b0d).summary == "none")
    #expect(EventInformation(raw: 0x8000_0700).summary == "pending MTF VM exit")
    let injected = EventInformation.describeEntry(0x8000_0020)
    #expect(words(injected, "type") == "external interrupt")
    #expect(words(injected, "valid") == "VM entry injects this event")
  }

  @Test func instructionInformationOfVMPTRLD() {
    // VMPTRLD [RBX + RCX*4 + disp], 64-bit addressing, DS: scaling 2, size 2, segment 3, base 3.
    let raw: UInt32 = 2 | 2 << 7 | 3 << 15 | 1 << 18 | 3 << 23
    let fields = InstructionInformation.describe(reason: 21, raw: raw)
    #expect(words(fields, "scaling") == "index times 4")
    #expect(words(fields, "address size") == "64-bit")
    #expect(words(fields, "segment") == "DS")
    #expect(words(fields, "index") == "RCX")
    #expect(words(fields, "base") == "RBX")
  }

  @Test func registerOperandHidesAddressing() {
    // VMREAD RDX, RAX: bit 10, reg1 = 2 (data), reg2 = 0 (encoding).
    let fields = InstructionInformation.describe(reason: 23, raw: 1 << 10 | 2 << 3)
    #expect(fields.map(\.name) == ["reg1", "operand", "reg2"])
    #expect(words(fields, "reg1") == "RDX")
    #expect(words(fields, "reg2") == "RAX")
    #expect(InstructionInformation.describe(reason: 10, raw: .max).isEmpty)
  }

  @Test func guestStateFields() {
    // 64-bit code, execute/read, accessed, DPL 0, present, L, G.
    let code = GuestStateLayouts.describeAccessRights(0xa09b)
    #expect(words(code, "type") == "execute/read code, accessed")
    #expect(words(code, "L") == "64-bit code")
    #expect(words(code, "DPL") == "privilege level 0")
    #expect(words(GuestStateLayouts.describeAccessRights(0x8b), "type")?.contains("busy") == true)
    #expect(words(GuestStateLayouts.describeActivityState(1), "state") == "HLT")
    #expect(words(GuestStateLayouts.describeActivityState(4), "state") == "reserved value")
    let blocked = GuestStateLayouts.describeInterruptibility(0x2).filter { $0.value == 1 }
    #expect(blocked.map(\.name) == ["blocking by MOV SS"])
  }

  @Test func setBitNames() {
    #expect(VMCSField.guestCR0.setBitNames(0x8000_0021) == ["PE", "NE", "PG"])
    #expect(VMCSField.guestCR4.setBitNames(0x2020) == ["PAE", "VMXE"])
    #expect(VMCSField.guestEFER.setBitNames(0x500) == ["LME", "LMA"])
    #expect(VMCSField.guestRFLAGS.setBitNames(0x246) == ["PF", "ZF", "IF"])
    #expect(VMCSField.exceptionBitmap.setBitNames(1 << 14 | 1 << 6) == ["#UD", "#PF"])
    #expect(VMCSField.entryControls.setBitNames(0x200) == ["IA-32e mode guest"])
    #expect(VMCSField.guestRIP.setBitNames(1) == nil)
    #expect(RegisterBits.pageFault(errorCode: 6) == "user write, page not present")
    #expect(
      RegisterBits.pageFault(errorCode: 0x11) == "supervisor fetch, forbidden by the page's rights")
  }

  @Test func fieldsDescribeThemselves() {
    let pointer = VMCSField.eptPointer.describe(0x1234_505e)
    #expect(words(pointer, "memory type") == "write-back")
    #expect(words(pointer, "page-walk length - 1") == "4 levels")
    #expect(words(pointer, "page frame of the top table") == "frame 0x12345")
    let reason = VMCSField.exitReason.describe(0x8000_0021)
    #expect(words(reason, "entry failure") == "VM entry failed")
    #expect(VMCSField.exitQualification.describe(0x03f8_0000, exitReason: 30).count == 6)
    #expect(VMCSField.guestTRAccessRights.isAccessRights)
    #expect(!VMCSField.guestInterruptibilityState.isAccessRights)
    #expect(VMCSField.guestRIP.describe(5).isEmpty)
  }

  static let sentences: [(UInt16, UInt64, String)] = [
    (30, 0x03f8_0000, "OUT of 1 byte to port 0x3f8"),
    (30, 0x0060_0008, "IN of 1 byte from port 0x60"),
    (30, 0x0cf8_0003, "OUT of 4 bytes to port 0xcf8"),
    (30, 0x01f0_0039, "REP INS of 2 bytes from port 0x1f0"),
    (28, 0x003, "MOV to CR3 from RAX"), (28, 0x314, "MOV from CR4 to RBX"), (28, 0x20, "CLTS"),
    (28, 0x0001_0030, "LMSW of 0x1"), (29, 0x017, "MOV from DR7 to RAX"),
    (33, 4, "VM entry failed: invalid VMCS link pointer"), (12, 0, "HLT executed"),
    (34, 3, "VM entry failed: entry 3 of the MSR-load list could not be loaded"),
    (9, 0xc000_0028, "task switch by a task gate to TSS selector 0x28"),
    (35, 0, "unused exit reason 35"),
  ]

  @Test(arguments: sentences)
  func summaries(_ reason: UInt16, _ qualification: UInt64, _ text: String) {
    var exit = VMExit(reason: reason)
    exit.qualification = qualification
    #expect(exit.summary == text)
  }

  @Test func aBackendWithoutQualificationIsSummarisedFromTheAccess() {
    var exit = VMExit(reason: 30)
    exit.access = DeviceAccess(space: .port, address: 0x3f8, size: 2, isWrite: false)
    #expect(exit.summary == "IN of 2 bytes from port 0x3f8")
    exit.reason = 48
    exit.access = DeviceAccess(space: .memory, address: 0xfee0_0000, size: 4, isWrite: true)
    #expect(exit.summary == "data write at guest-physical 0xfee00000 not allowed by EPT")
  }

  @Test func eptSummaries() {
    var exit = VMExit(reason: 48)
    exit.guestPhysical = 0xfee0_0000
    exit.qualification = 0x182
    #expect(
      exit.summary
        == "data write at guest-physical 0xfee00000 not allowed by EPT: entry not present")
    exit.qualification = 0x182 | 1 << 3 | 1 << 5
    #expect(exit.summary.hasSuffix("the page allows only read, execute"))
    exit.qualification = 0x81
    #expect(exit.summary.contains("on the guest's page walk"))
    exit.reason = 49
    #expect(exit.summary == "the EPT entry for guest-physical 0xfee00000 is misconfigured")
  }

  @Test func exceptionSummaries() {
    var exit = VMExit(reason: 0)
    exit.interruptionInformation = 0x8000_0b0e
    exit.interruptionErrorCode = 2
    exit.qualification = 0x1000
    #expect(exit.summary == "#PF at linear address 0x1000: supervisor write, page not present")
    exit.interruptionInformation = 0x8000_0b0d
    #expect(exit.summary == "#GP (general protection), error code 0x2")
    exit.interruptionInformation = 0x8000_0202
    #expect(exit.summary == "NMI")
  }

  @Test func anyBitsAreDescribedWithoutATrap() {
    var generator = SplitMix(state: 1)
    for _ in 0..<4000 {
      let raw = generator.next()
      var exit = VMExit(reason: UInt16(truncatingIfNeeded: generator.next() % 96))
      exit.qualification = raw
      exit.interruptionInformation = UInt32(truncatingIfNeeded: generator.next())
      #expect(!exit.summary.isEmpty)
      let fields = ExitQualification.describe(
        reason: exit.reason, qualification: raw,
        interruptionInformation: exit.interruptionInformation)
      #expect(fields.allSatisfy { !$0.meaning.isEmpty })
      let low = UInt32(truncatingIfNeeded: raw)
      #expect(
        InstructionInformation.describe(reason: exit.reason, raw: low)
          .allSatisfy { !$0.meaning.isEmpty })
      let field = VMCSField(rawValue: low & 0x7fff)
      let described = field.describe(raw, exitReason: UInt32(exit.reason))
      #expect(described.allSatisfy { !$0.name.isEmpty })
      _ = field.setBitNames(raw)
      #expect(!VMCSField(rawValue: low).symbol.isEmpty)
      #expect(!EventInformation(raw: low).summary.isEmpty)
    }
  }
}

/// A seeded generator (SplitMix64), so that a failure can be repeated.
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

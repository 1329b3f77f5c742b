import Testing

@testable import X86

@Suite struct VMXControlTests {
  @Test(arguments: VMXControlGroup.allCases)
  func bitsOfAGroupAscendAndItsNamesAreUnique(_ group: VMXControlGroup) {
    let controls = group.controls
    #expect(!controls.isEmpty)
    #expect(controls.allSatisfy { $0.mask.nonzeroBitCount == 1 && $0.group == group })
    #expect(zip(controls, controls.dropFirst()).allSatisfy { $0.bit < $1.bit })
    #expect(Set(controls.map(\.name)).count == controls.count)
    #expect(VMXControlGroup(field: group.field) == group)
  }

  // Bits as SDM 3C prints them in the tables of VM-execution, VM-exit and VM-entry controls.
  static let manualBits: [(UInt64, Int)] = [
    (PinBasedControls.externalInterruptExiting, 0), (PinBasedControls.nmiExiting, 3),
    (PinBasedControls.activatePreemptionTimer, 6), (PrimaryControls.hltExiting, 7),
    (PrimaryControls.rdtscExiting, 12), (PrimaryControls.useIOBitmaps, 25),
    (PrimaryControls.monitorTrapFlag, 27), (PrimaryControls.activateSecondaryControls, 31),
    (SecondaryControls.enableEPT, 1), (SecondaryControls.enableVPID, 5),
    (SecondaryControls.unrestrictedGuest, 7), (SecondaryControls.useTSCScaling, 25),
    (ExitControls.hostAddressSpaceSize, 9), (ExitControls.acknowledgeInterruptOnExit, 15),
    (ExitControls.loadEFER, 21), (EntryControls.ia32eModeGuest, 9), (EntryControls.loadEFER, 15),
  ]

  @Test(arguments: manualBits)
  func maskIsTheManualsBit(_ mask: UInt64, _ bit: Int) {
    #expect(mask == UInt64(1) << UInt64(bit))
  }

  @Test func namesAndReferencesFindControls() {
    #expect(VMXControl.named("HLT exiting").map(\.reference) == ["primary[7]"])
    #expect(VMXControl.named("primary[7]").map(\.name) == ["HLT exiting"])
    #expect(VMXControl.named("Primary [31]").map(\.name) == ["activate secondary controls"])
    #expect(VMXControl.named("load IA32_EFER").map(\.reference) == ["exit[21]", "entry[15]"])
    #expect(VMXControl.named("").isEmpty)
    #expect(VMXControl.named("primary[8]").isEmpty)
  }

  @Test func defaultClassComesFromTheDefault1Mask() {
    let one = VMXControl.rows.filter { $0.defaultClass == .default1 }.map(\.reference)
    #expect(one == ["primary[15]", "primary[16]", "exit[2]", "entry[2]"])
  }

  @Test func referencesInOtherTablesPointAtControls() {
    let exitTexts = ExitReason.rows.map(\.controlledBy)
    let fieldTexts = VMCSField.rows.map(\.existsWhen)
    for text in exitTexts + fieldTexts {
      for match in text.matches(of: /(pin|primary|secondary|tertiary|exit|exit2|entry)\[\d+\]/) {
        #expect(!VMXControl.named(String(match.output.0)).isEmpty, "\(text)")
      }
    }
  }

  @Test func setNamesNamesStrayBits() {
    #expect(
      VMXControlGroup.primary.setNames(in: 0x0401_e172 | 1 << 7 | 1 << 18)
        == ["HLT exiting", "CR3-load exiting", "CR3-store exiting", "bit 18"])
  }

  @Test func instructionErrorsAreTheManuals() {
    let numbers = InstructionError.rows.map(\.number)
    #expect(numbers == Array(1...28).filter { ![14, 21, 27].contains($0) })
    #expect(InstructionError(number: 4)?.name == "VMLAUNCH with non-clear VMCS")
    #expect(InstructionError(number: 7)?.name == "VM entry with invalid control field(s)")
    #expect(InstructionError(number: 14) == nil)
    #expect(InstructionError(number: .max) == nil)
  }

  @Test func capabilityMSRsAscendAndMatchTheGroups() {
    let numbers = VMXCapabilityMSR.rows.map(\.number)
    #expect(numbers == [0x3a] + Array(0x480...0x493))
    for group in VMXControlGroup.allCases {
      #expect(VMXCapabilityMSR(number: group.capabilityMSR) != nil)
      if let number = group.trueCapabilityMSR { #expect(VMXCapabilityMSR(number: number) != nil) }
    }
    // 4-KiB regions, write-back, TRUE controls, revision 4.
    let basic = VMXCapabilityMSR(number: 0x480)?.describe(0x0098_1000_0000_0004) ?? []
    #expect(basic.first { $0.name == "revision" }?.value == 4)
    #expect(basic.first { $0.name == "region size" }?.value == 0x1000)
    #expect(basic.first { $0.name == "memory type" }?.value == 6)
    #expect(basic.first { $0.name == "TRUE controls" }?.value == 1)
  }

  @Test func exceptionsAreTheManuals() {
    let numbers = ExceptionVector.rows.map(\.number)
    #expect(numbers == Array(0...14) + Array(16...21))
    // SDM 3A, "Protected-Mode Exceptions and Interrupts": those with an error code.
    let withCode = ExceptionVector.rows.filter(\.hasErrorCode).map(\.number)
    #expect(withCode == [8, 10, 11, 12, 13, 14, 17, 21])
    #expect(ExceptionVector(named: "#GP")?.number == 13)
    #expect(ExceptionVector(named: "pf")?.number == 14)
    #expect(ExceptionVector(named: "6")?.mnemonic == "#UD")
    #expect(ExceptionVector(named: "256") == nil)
    #expect(ExceptionVector.label(200) == "vector 200")
  }

  @Test func msrsAscendAndAreFoundByName() {
    let numbers = MSR.rows.map(\.number)
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
    #expect(Set(MSR.rows.map(\.name)).count == numbers.count)
    #expect(MSRRow(named: "IA32_EFER")?.number == 0xc000_0080)
    #expect(MSRRow(named: "lstar")?.number == 0xc000_0082)
    #expect(MSRRow(named: "0x10")?.name == "IA32_TSC")
    #expect(MSRRow(named: "IA32_VMX_BASIC")?.number == MSR.vmxBasic)
    #expect(MSRRow(named: "nonsense") == nil)
    #expect(MSR.label(0x1234) == "MSR 0x1234")
  }
}

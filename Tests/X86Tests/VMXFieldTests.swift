import Testing

@testable import X86

@Suite struct VMXFieldTests {
  @Test func rowsAscendAndAreUnique() {
    let encodings = VMCSField.rows.map(\.field.rawValue)
    #expect(encodings.count == 206)
    #expect(zip(encodings, encodings.dropFirst()).allSatisfy { $0 < $1 })
    for names in [
      VMCSField.rows.map(\.symbol), VMCSField.rows.map(\.identifier), VMCSField.rows.map(\.name),
    ] {
      #expect(Set(names.map(TableText.key)).count == names.count)
    }
  }

  @Test func encodingBitsAgreeWithTheGroupOfTheRow() {
    let groups: [([VMCSFieldRow], VMCSField.Width, VMCSField.FieldType)] = [
      (VMCSField.control16Rows, .bits16, .control),
      (VMCSField.guest16Rows, .bits16, .guest),
      (VMCSField.host16Rows, .bits16, .host),
      (VMCSField.control64Rows, .bits64, .control),
      (VMCSField.exitInformation64Rows, .bits64, .exitInformation),
      (VMCSField.guest64Rows, .bits64, .guest),
      (VMCSField.host64Rows, .bits64, .host),
      (VMCSField.control32Rows, .bits32, .control),
      (VMCSField.exitInformation32Rows, .bits32, .exitInformation),
      (VMCSField.guest32Rows, .bits32, .guest),
      (VMCSField.host32Rows, .bits32, .host),
      (VMCSField.controlNaturalRows, .natural, .control),
      (VMCSField.exitInformationNaturalRows, .natural, .exitInformation),
      (VMCSField.guestNaturalRows, .natural, .guest),
      (VMCSField.hostNaturalRows, .natural, .host),
    ]
    for (rows, width, type) in groups {
      for row in rows {
        #expect(row.field.width == width && row.field.type == type, "\(row.symbol)")
        #expect(!row.field.isHighHalf && row.field.rawValue & 0xffff_9000 == 0, "\(row.symbol)")
      }
    }
  }

  // Values of SDM 3D, "Field Encoding in VMCS".
  static let manualEncodings: [(VMCSField, UInt32)] = [
    (VMCSField.guestRIP, 0x681e), (.guestRSP, 0x681c), (.guestRFLAGS, 0x6820),
    (.guestCR0, 0x6800), (.guestCR3, 0x6802), (.guestCR4, 0x6804), (.guestCSSelector, 0x0802),
    (.guestCSBase, 0x6808), (.guestCSLimit, 0x4802), (.guestCSAccessRights, 0x4816),
    (.guestTRAccessRights, 0x4822), (.hostRIP, 0x6c16), (.hostRSP, 0x6c14),
    (.hostTRSelector, 0xc0c),
    (.pinBasedControls, 0x4000), (.primaryProcessorBasedControls, 0x4002),
    (.secondaryProcessorBasedControls, 0x401e), (.primaryExitControls, 0x400c),
    (.entryControls, 0x4012), (.exceptionBitmap, 0x4004), (.eptPointer, 0x201a),
    (.virtualProcessorIdentifier, 0), (.vmInstructionError, 0x4400), (.exitReason, 0x4402),
    (.exitQualification, 0x6400), (.exitInstructionLength, 0x440c), (.vmcsLinkPointer, 0x2800),
    (.guestPhysicalAddress, 0x2400), (.guestLinearAddress, 0x640a), (.guestActivityState, 0x4826),
    (.guestInterruptibilityState, 0x4824), (.guestPendingDebugExceptions, 0x6822),
    (.preemptionTimerValue, 0x482e), (.tscOffset, 0x2010), (.cr3TargetValue3, 0x600e),
    (.entryInterruptionInformation, 0x4016), (.msrBitmaps, 0x2004), (.cr0ReadShadow, 0x6004),
  ]

  @Test(arguments: manualEncodings)
  func encodingIsTheManuals(_ field: VMCSField, _ encoding: UInt32) {
    #expect(field.rawValue == encoding)
    #expect(field.row != nil)
  }

  @Test func slotsAreUniqueAndInRange() {
    let slots = VMCSField.rows.map(\.field.slot)
    #expect(slots.allSatisfy { $0.map((0..<VMCSField.slotCount).contains) ?? false })
    #expect(Set(slots).count == VMCSField.rows.count)
    #expect(VMCSField.slotCount * 8 < 3500)
  }

  @Test func everyEncodingWithoutARowHasNoSlot() {
    let known = Set(VMCSField.rows.map(\.field))
    for raw in UInt32(0)...0x1_ffff {
      let field = VMCSField(rawValue: raw)
      #expect((field.slot != nil) == known.contains(field), "0x\(String(raw, radix: 16))")
    }
    for raw: UInt32 in [0xffff_ffff, 0x8000_681e, 0x0001_681e, 0x7fff_ffff] {
      #expect(VMCSField(rawValue: raw).slot == nil)
      #expect(!VMCSField(rawValue: raw).isDefined)
    }
  }

  @Test func highHalvesBelongToWideFieldsOnly() {
    #expect(VMCSField(rawValue: 0x2011).isDefined)
    #expect(VMCSField(rawValue: 0x2011).fullField == .tscOffset)
    #expect(VMCSField(rawValue: 0x2011).symbol == "TSC_OFFSET_HIGH")
    #expect(VMCSField(rawValue: 0x2011).mask == 0xffff_ffff)
    #expect(VMCSField.tscOffset.highHalf?.rawValue == 0x2011)
    #expect(!VMCSField(rawValue: 0x681f).isDefined)
    #expect(VMCSField.guestRIP.highHalf == nil)
    #expect(VMCSField(rawValue: 0x681f).row == nil)
  }

  @Test(arguments: [
    "GUEST_RIP", "guest_rip", "guestRIP", "Guest RIP", "guest rip", "0x681e", "0x681E", "681EH",
  ])
  func guestRIPHasManySpellings(_ text: String) {
    #expect(VMCSField(named: text) == .guestRIP)
  }

  @Test func namesThatAreNoField() {
    #expect(VMCSField(named: "EPTP") == .eptPointer)
    #expect(VMCSField(named: "VPID") == .virtualProcessorIdentifier)
    #expect(VMCSField(named: "tsc offset (high)")?.rawValue == 0x2011)
    for text in ["", "0x", "0x2046", "GUEST_RIPP", "0xffffffffffffffff", "high", "GUEST_RIP_HIGH"] {
      #expect(VMCSField(named: text) == nil, "\(text)")
    }
  }

  @Test func everyRowIsFoundByEachOfItsNames() {
    for row in VMCSField.rows {
      #expect(VMCSField(named: row.symbol) == row.field)
      #expect(VMCSField(named: row.identifier) == row.field)
      #expect(VMCSField(named: row.name) == row.field)
    }
  }
}

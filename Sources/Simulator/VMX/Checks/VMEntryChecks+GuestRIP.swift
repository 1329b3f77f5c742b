import X86

// SDM 3C, "Checks on Guest Descriptor-Table Registers" and "Checks on Guest RIP, RFLAGS, and SSP":
// exit reason 33.
extension VMEntryCheck {
  static let guestDescriptorTableRows: [VMEntryCheck] = [
    VMEntryCheck(
      "G30", .guestDescriptorTables,
      [.guestGDTRBase, .guestIDTRBase, .guestGDTRLimit, .guestIDTRLimit],
      "The bases of GDTR and IDTR are canonical, bits 31:16 of their limits are 0"
    ) {
      $0.canonical([.guestGDTRBase, .guestIDTRBase])
        ?? $0.first(of: [.guestGDTRLimit, .guestIDTRLimit], "bits 31:16 = 0") { $0 >> 16 != 0 }
    }
  ]

  static let guestRIPAndRFLAGSRows: [VMEntryCheck] = [
    VMEntryCheck(
      "G31", .guestRIPAndRFLAGS, [.guestRIP, .guestCSAccessRights, .entryControls],
      "Outside 64-bit mode RIP has 32 bits"
    ) {
      $0.unless($0.is64BitGuest || $0[.guestRIP] >> 32 == 0, .guestRIP, "bits 63:32 = 0")
    },
    VMEntryCheck(
      "G32", .guestRIPAndRFLAGS, [.guestRIP, .guestCSAccessRights, .entryControls],
      "In 64-bit mode the bits of RIP above the linear-address width are all equal"
    ) {
      // Weaker than canonical: the top bit of the linear-address width may differ from them.
      guard $0.is64BitGuest else { return nil }
      let width = $0.capabilities.linearAddressWidth
      let upper = $0[.guestRIP] >> width
      return $0.unless(
        upper == 0 || upper == ~0 >> width, .guestRIP, "bits 63:\(width) all equal")
    },
    VMEntryCheck(
      "G33", .guestRIPAndRFLAGS, [.guestRFLAGS],
      "Reserved bits of RFLAGS (63:22, 15, 5, 3) are 0, and bit 1 is 1"
    ) {
      $0.unless(
        $0[.guestRFLAGS] & ~0x3f_7fd7 == 0 && $0[.guestRFLAGS] & 2 != 0, .guestRFLAGS,
        "bits 63:22, 15, 5 and 3 = 0, bit 1 = 1")
    },
    VMEntryCheck(
      "G34", .guestRIPAndRFLAGS, [.guestRFLAGS, .guestCR0, .entryControls],
      "RFLAGS.VM is 0 in IA-32e mode and with CR0.PE = 0"
    ) {
      let isAllowed = !$0.isIA32eGuest && $0[.guestCR0] & CR0.pe != 0
      return $0.unless(!$0.isVirtual8086Guest || isAllowed, .guestRFLAGS, "VM (bit 17) = 0")
    },
    VMEntryCheck(
      "G35", .guestRIPAndRFLAGS, [.guestRFLAGS, .entryInterruptionInformation],
      "RFLAGS.IF is 1 if an external interrupt is injected"
    ) {
      $0.unless(
        !$0.injects(type: 0) || $0[.guestRFLAGS] & RFLAGS.if.rawValue != 0, .guestRFLAGS,
        "IF (bit 9) = 1")
    },
  ]
}

extension VMEntryCheckContext {
  /// IA-32e mode with CS.L = 1.
  fileprivate var is64BitGuest: Bool { isIA32eGuest && segment(.cs).isLong }
}

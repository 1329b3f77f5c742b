import X86

// SDM 3C, "Checks on Guest Control Registers, Debug Registers, and MSRs": exit reason 33.
extension VMEntryCheck {
  static let guestRegisterRows: [VMEntryCheck] = [
    VMEntryCheck(
      "G1", .guestRegisters,
      [.guestCR0, .secondaryProcessorBasedControls, .primaryProcessorBasedControls],
      "Guest CR0 has the bits that VMX operation demands (PE and PG not for an unrestricted guest) "
        + "and none that it forbids"
    ) {
      $0.unless(
        $0.capabilities.allowsCR0($0[.guestCR0], unrestricted: $0.isUnrestrictedGuest), .guestCR0,
        "NE\($0.isUnrestrictedGuest ? "" : ", PE and PG") = 1, bits 63:32 = 0 "
          + "(IA32_VMX_CR0_FIXED0 and FIXED1)")
    },
    VMEntryCheck(
      "G2", .guestRegisters, [.guestCR0], "Guest CR0.PG needs CR0.PE"
    ) {
      $0.unless(
        $0[.guestCR0] & CR0.pg == 0 || $0[.guestCR0] & CR0.pe != 0, .guestCR0,
        "PE (bit 0) = 1, or PG (bit 31) = 0")
    },
    VMEntryCheck(
      "G3", .guestRegisters, [.guestCR4],
      "Guest CR4 has the bits that VMX operation demands and none that it forbids"
    ) {
      $0.unless(
        $0.capabilities.allowsCR4($0[.guestCR4]), .guestCR4,
        "VMXE = 1, and 0 in every bit outside IA32_VMX_CR4_FIXED1")
    },
    VMEntryCheck(
      "G4", .guestRegisters, [.guestCR4, .guestCR0], "Guest CR4.CET needs CR0.WP"
    ) {
      $0.unless(
        $0[.guestCR4] & CR4.cet == 0 || $0[.guestCR0] & CR0.wp != 0, .guestCR4,
        "CET (bit 23) = 0, or CR0.WP = 1")
    },
    VMEntryCheck(
      "G5", .guestRegisters, [.guestDebugctl, .guestDR7, .entryControls],
      "If debug controls are loaded, reserved bits of IA32_DEBUGCTL and bits 63:32 of DR7 are 0"
    ) {
      guard $0.isSet(entry: EntryControls.loadDebugControls) else { return nil }
      return $0.unless(
        $0[.guestDebugctl] & debugControlReserved == 0, .guestDebugctl, "reserved bits = 0")
        ?? $0.unless($0[.guestDR7] >> 32 == 0, .guestDR7, "bits 63:32 = 0")
    },
    VMEntryCheck(
      "G6", .guestRegisters, [.guestCR0, .guestCR4, .entryControls],
      "A guest in IA-32e mode has CR0.PG and CR4.PAE"
    ) {
      guard $0.isIA32eGuest else { return nil }
      return $0.unless($0[.guestCR0] & CR0.pg != 0, .guestCR0, "PG (bit 31) = 1")
        ?? $0.unless($0[.guestCR4] & CR4.pae != 0, .guestCR4, "PAE (bit 5) = 1")
    },
    VMEntryCheck(
      "G7", .guestRegisters, [.guestCR4, .entryControls],
      "A guest outside IA-32e mode has CR4.PCIDE = 0"
    ) {
      $0.unless(
        $0.isIA32eGuest || $0[.guestCR4] & CR4.pcide == 0, .guestCR4, "PCIDE (bit 17) = 0")
    },
    VMEntryCheck(
      "G8", .guestRegisters, [.guestCR3], "Guest CR3 lies inside the physical width"
    ) {
      $0.unless(
        $0[.guestCR3] & $0.beyondPhysicalWidth == 0, .guestCR3,
        "below 2^\($0.capabilities.physicalAddressWidth)")
    },
    VMEntryCheck(
      "G9", .guestRegisters, [.guestSysenterESP, .guestSysenterEIP],
      "Guest IA32_SYSENTER_ESP and IA32_SYSENTER_EIP are canonical"
    ) { $0.canonical([.guestSysenterESP, .guestSysenterEIP]) },
    VMEntryCheck(
      "G10", .guestRegisters,
      [
        .guestPerfGlobalCtrl, .guestPAT, .guestEFER, .guestBndcfgs, .guestUINV, .guestSCET,
        .guestSSP, .guestInterruptSSPTable, .guestPKRS, .guestFREDConfig, .guestFREDRSP1,
        .guestFREDRSP2, .guestFREDRSP3, .guestFREDSSP1, .guestFREDSSP2, .guestFREDSSP3,
        .guestCR0, .entryControls,
      ],
      "Each MSR that VM entry loads has a value that it can hold; IA32_EFER.LMA equals the IA-32e "
        + "mode guest control, and LME too if CR0.PG is 1"
    ) { $0.guestMSRs },
  ]
}

/// IA32_DEBUGCTL: LBR, BTF, TR, BTS, BTINT, BTS_OFF_OS, BTS_OFF_USR, the two FREEZE bits, and
/// bits 13 and 14 exist.
private let debugControlReserved: UInt64 = ~0x7fc3

extension VMEntryCheckContext {
  fileprivate var guestMSRs: VMEntryViolation? {
    classicMSRs ?? newerMSRs
  }

  private var classicMSRs: VMEntryViolation? {
    if isSet(entry: EntryControls.loadPerfGlobalCtrl),
      self[.guestPerfGlobalCtrl] & perfGlobalControlReserved != 0
    {
      return violation(.guestPerfGlobalCtrl, "reserved bits = 0")
    }
    if isSet(entry: EntryControls.loadPAT), let flaw = pat(.guestPAT) { return flaw }
    if isSet(entry: EntryControls.loadEFER), let flaw = guestEFERFlaw { return flaw }
    guard isSet(entry: EntryControls.loadBndcfgs) else { return nil }
    let bounds = self[.guestBndcfgs]
    return unless(
      bounds & 0xffc == 0 && capabilities.isCanonical(bounds & ~0xfff), .guestBndcfgs,
      "bits 11:2 = 0, a canonical base")
  }

  private var guestEFERFlaw: VMEntryViolation? {
    let efer = self[.guestEFER]
    if efer & eferReserved != 0 { return violation(.guestEFER, "reserved bits = 0") }
    let isActive = efer & EFER.lma != 0
    if isActive != isIA32eGuest {
      return violation(.guestEFER, "LMA (bit 10) = \(isIA32eGuest ? 1 : 0), as IA-32e mode guest")
    }
    guard self[.guestCR0] & CR0.pg != 0 else { return nil }
    return unless(
      (efer & EFER.lme != 0) == isActive, .guestEFER, "LME (bit 8) = LMA (bit 10): CR0.PG is 1")
  }

  private var newerMSRs: VMEntryViolation? {
    if isSet(entry: EntryControls.loadUINV), self[.guestUINV] > 0xff {
      return violation(.guestUINV, "bits 15:8 = 0")
    }
    if isSet(entry: EntryControls.loadCETState),
      let flaw = cet(state: .guestSCET, pointer: .guestSSP, table: .guestInterruptSSPTable)
    {
      return flaw
    }
    if isSet(entry: EntryControls.loadPKRS), self[.guestPKRS] >> 32 != 0 {
      return violation(.guestPKRS, "bits 63:32 = 0")
    }
    guard isSet(entry: EntryControls.loadGuestFREDState) else { return nil }
    return fred(
      configuration: .guestFREDConfig, stacks: [.guestFREDRSP1, .guestFREDRSP2, .guestFREDRSP3],
      shadowStacks: [.guestFREDSSP1, .guestFREDSSP2, .guestFREDSSP3])
  }
}

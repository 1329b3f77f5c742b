import X86

// SDM 3C, "Checks on Guest Non-Register State" and "Checks on Guest Page-Directory-Pointer-Table
// Entries": exit reason 33, with a qualification of their own for some.
extension VMEntryCheck {
  static let guestNonRegisterRows: [VMEntryCheck] =
    activityRows + interruptibilityRows + pendingDebugRows

  private static let activityRows: [VMEntryCheck] = [
    VMEntryCheck(
      "G36", .guestNonRegister, [.guestActivityState],
      "The activity state is one that IA32_VMX_MISC[8:6] supports"
    ) {
      $0.unless(
        $0.capabilities.supportsActivityState($0[.guestActivityState]), .guestActivityState,
        "0 active, 1 HLT, 2 shutdown or 3 wait-for-SIPI")
    },
    VMEntryCheck(
      "G37", .guestNonRegister, [.guestActivityState, .guestSSAccessRights],
      "HLT only at privilege level 0 (DPL of SS)"
    ) {
      $0.unless(
        $0.activity != .hlt || $0.segment(.ss).dpl == 0, .guestActivityState,
        "0 (active): SS.DPL is not 0")
    },
    VMEntryCheck(
      "G38", .guestNonRegister, [.guestActivityState, .guestInterruptibilityState],
      "Active while STI or MOV SS blocks interrupts"
    ) {
      $0.unless(
        $0.interruptibility & 3 == 0 || $0.activity == .active, .guestActivityState,
        "0 (active): STI or MOV SS blocks interrupts")
    },
    VMEntryCheck(
      "G39", .guestNonRegister, [.guestActivityState, .entryInterruptionInformation],
      "The injected event is one that the activity state lets through"
    ) { $0.injectionInActivityState },
    VMEntryCheck(
      "G40", .guestNonRegister, [.guestActivityState, .entryControls],
      "Not waiting for a SIPI when entering SMM"
    ) {
      $0.unless(
        $0.activity != .waitForSIPI || !$0.isSet(entry: EntryControls.entryToSMM),
        .guestActivityState, "not 3: the entry is to SMM")
    },
  ]

  private static let interruptibilityRows: [VMEntryCheck] = [
    VMEntryCheck(
      "G41", .guestNonRegister, [.guestInterruptibilityState],
      "Bits 31:5 of the interruptibility state are 0; STI and MOV SS do not block both"
    ) {
      $0.unless(
        $0.interruptibility >> 5 == 0 && $0.interruptibility & 3 != 3,
        .guestInterruptibilityState, "bits 31:5 = 0, bits 1:0 not both 1")
    },
    VMEntryCheck(
      "G42", .guestNonRegister, [.guestInterruptibilityState, .guestRFLAGS],
      "Blocking by STI needs RFLAGS.IF"
    ) {
      $0.unless(
        !$0.isBlockedBySTI || $0[.guestRFLAGS] & RFLAGS.if.rawValue != 0,
        .guestInterruptibilityState, "bit 0 = 0: RFLAGS.IF is 0")
    },
    VMEntryCheck(
      "G43", .guestNonRegister, [.guestInterruptibilityState, .entryInterruptionInformation],
      "No blocking by STI or MOV SS when an external interrupt is injected"
    ) {
      $0.unless(
        !$0.injects(type: 0) || $0.interruptibility & 3 == 0, .guestInterruptibilityState,
        "bits 1:0 = 0: an external interrupt is injected")
    },
    VMEntryCheck(
      "G44", .guestNonRegister, [.guestInterruptibilityState, .entryInterruptionInformation],
      "No blocking by MOV SS when an NMI is injected"
    ) {
      $0.unless(
        !$0.injects(type: 2) || !$0.isBlockedByMovSS, .guestInterruptibilityState,
        "bit 1 = 0: an NMI is injected")
    },
    VMEntryCheck(
      "G45", .guestNonRegister, [.guestInterruptibilityState, .entryInterruptionInformation],
      "No blocking by STI when an NMI is injected (some processors, this one among them)"
    ) {
      $0.unless(
        !$0.injects(type: 2) || !$0.isBlockedBySTI, .guestInterruptibilityState,
        "bit 0 = 0: an NMI is injected", qualification: 3)
    },
    VMEntryCheck(
      "G46", .guestNonRegister, [.guestInterruptibilityState, .entryControls],
      "Blocking by SMI is 0 outside SMM, and 1 when entering SMM"
    ) {
      let enters = $0.isSet(entry: EntryControls.entryToSMM)
      return $0.unless(
        ($0.interruptibility & 4 != 0) == enters, .guestInterruptibilityState,
        "bit 2 = \(enters ? 1 : 0)")
    },
    VMEntryCheck(
      "G47", .guestNonRegister,
      [.guestInterruptibilityState, .entryInterruptionInformation, .pinBasedControls],
      "With virtual NMIs, no blocking by NMI when an NMI is injected"
    ) {
      $0.unless(
        !$0.isSet(pin: PinBasedControls.virtualNMIs) || !$0.injects(type: 2)
          || $0.interruptibility & 8 == 0,
        .guestInterruptibilityState, "bit 3 = 0: an NMI is injected")
    },
    VMEntryCheck(
      "G48", .guestNonRegister, [.guestInterruptibilityState],
      "Enclave interruption is 0: this processor has no SGX"
    ) {
      $0.unless($0.interruptibility & 16 == 0, .guestInterruptibilityState, "bit 4 = 0")
    },
  ]

  private static let pendingDebugRows: [VMEntryCheck] = [
    VMEntryCheck(
      "G49", .guestNonRegister, [.guestPendingDebugExceptions],
      "Reserved bits of the pending debug exceptions are 0, those of bus locks and transactions too"
    ) {
      $0.unless(
        $0[.guestPendingDebugExceptions] & ~0x500f == 0, .guestPendingDebugExceptions,
        "bits 11:4, 13 and 63:15 = 0")
    },
    VMEntryCheck(
      "G50", .guestNonRegister,
      [
        .guestPendingDebugExceptions, .guestInterruptibilityState, .guestActivityState,
        .guestRFLAGS, .guestDebugctl,
      ],
      "In HLT, or while STI or MOV SS blocks, BS is 1 exactly if RFLAGS.TF is 1 and "
        + "IA32_DEBUGCTL.BTF 0"
    ) { $0.pendingSingleStep },
    // G51 is about transactional memory, which this processor does not have: see G49.
    VMEntryCheck(
      "G52", .guestNonRegister,
      [
        .vmcsLinkPointer, .secondaryProcessorBasedControls, .primaryProcessorBasedControls,
      ],
      "The VMCS link pointer is all ones, or a 4-KiB aligned address inside the physical width of "
        + "another region with this revision identifier, a shadow VMCS only if VMCS shadowing is on"
    ) { $0.linkPointer },
  ]

  static let guestPDPTERows: [VMEntryCheck] = [
    VMEntryCheck(
      "G53", .guestPDPTEs,
      [
        .guestPDPTE0, .guestPDPTE1, .guestPDPTE2, .guestPDPTE3, .guestCR0, .guestCR3, .guestCR4,
        .entryControls, .secondaryProcessorBasedControls, .primaryProcessorBasedControls,
      ],
      "For a guest with PAE paging, present PDPTEs have reserved bits 2:1, 8:5 and those above the "
        + "physical width 0: in the fields with EPT, in memory at CR3 without"
    ) { $0.pdptes }
  ]
}

extension VMEntryCheckContext {
  fileprivate var interruptibility: UInt64 { self[.guestInterruptibilityState] }
  fileprivate var isBlockedBySTI: Bool { interruptibility & 1 != 0 }
  fileprivate var isBlockedByMovSS: Bool { interruptibility & 2 != 0 }
  fileprivate var activity: ActivityState? {
    ActivityState(rawValue: UInt32(truncatingIfNeeded: self[.guestActivityState]))
  }

  /// SDM 3C, "Checks on Guest Non-Register State": events that each activity state lets through.
  fileprivate var injectionInActivityState: VMEntryViolation? {
    guard injects else { return nil }
    let vector = injectedEventVector
    let isException = injectedEventType == 3
    let isAllowed: Bool
    switch activity {
    case .hlt:
      isAllowed =
        injectedEventType == 0 || injectedEventType == 2
        || (isException && (vector == 1 || vector == 18))
        || (injectedEventType == 7 && vector == 0)
    case .shutdown:
      isAllowed = injectedEventType == 2 || (isException && vector == 18)
    case .waitForSIPI: isAllowed = false
    case .active, nil: isAllowed = true
    }
    return unless(
      isAllowed, .guestActivityState, "0 (active), or an event that wakes from this state")
  }

  fileprivate var pendingSingleStep: VMEntryViolation? {
    guard interruptibility & 3 != 0 || activity == .hlt else { return nil }
    let isPending = self[.guestPendingDebugExceptions] & 1 << 14 != 0
    let steps = self[.guestRFLAGS] & RFLAGS.tf.rawValue != 0 && self[.guestDebugctl] & 2 == 0
    return unless(
      isPending == steps, .guestPendingDebugExceptions, "BS (bit 14) = \(steps ? 1 : 0)")
  }

  fileprivate var linkPointer: VMEntryViolation? {
    let pointer = self[.vmcsLinkPointer]
    guard pointer != ~0 else { return nil }
    let field = VMCSField.vmcsLinkPointer
    guard capabilities.allowsPage(pointer) else {
      return violation(field, "all ones, or \(pageAddress)", qualification: 4)
    }
    guard pointer != vmcs.address else {
      return violation(field, "all ones, or another region than this VMCS", qualification: 4)
    }
    let word = memory.load(pointer, as: UInt32.self)
    let shadowing = isSet(secondary: SecondaryControls.vmcsShadowing)
    let want = capabilities.revisionIdentifier | (shadowing ? VMCS.shadowBit : 0)
    return unless(
      word == want, field,
      "all ones, or a region that begins with \(hexadecimal(UInt64(want))), not "
        + hexadecimal(UInt64(word)),
      qualification: 4)
  }

  fileprivate var pdptes: VMEntryViolation? {
    let usesPAE =
      self[.guestCR0] & CR0.pg != 0 && self[.guestCR4] & CR4.pae != 0 && !isIA32eGuest
    guard usesPAE else { return nil }
    let want = "bits 2:1, 8:5 and 63:\(capabilities.physicalAddressWidth) = 0, or bit 0 = 0"
    if usesEPT {
      for field in [VMCSField.guestPDPTE0, .guestPDPTE1, .guestPDPTE2, .guestPDPTE3]
      where !isValidPDPTE(self[field]) {
        return violation(field, want, qualification: 2)
      }
      return nil
    }
    // CR3[31:5] is the address of the table.
    let table = self[.guestCR3] & 0xffff_ffe0
    for index in 0..<UInt64(4) {
      let entry = memory.load(table &+ 8 &* index, as: UInt64.self)
      if !isValidPDPTE(entry) {
        return VMEntryViolation(
          field: .guestCR3, have: "PDPTE \(index) = \(hexadecimal(entry))", want: want,
          qualification: 2)
      }
    }
    return nil
  }

  private func isValidPDPTE(_ entry: UInt64) -> Bool {
    entry & 1 == 0 || entry & (0x1e6 | beyondPhysicalWidth) == 0
  }
}

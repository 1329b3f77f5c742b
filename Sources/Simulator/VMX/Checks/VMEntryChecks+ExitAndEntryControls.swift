import X86

// SDM 3C, "VM-Exit Control Fields" and "VM-Entry Control Fields": a broken rule is VMfailValid 7.
extension VMEntryCheck {
  static let exitControlRows: [VMEntryCheck] = [
    VMEntryCheck(
      "X1", .exitControls, [.primaryExitControls],
      "The exit controls obey IA32_VMX_(TRUE_)EXIT_CTLS"
    ) { $0.controlWord(.exit) },
    VMEntryCheck(
      "X2", .exitControls, [.secondaryExitControls, .primaryExitControls],
      "If secondary exit controls are activated, they obey IA32_VMX_EXIT_CTLS2"
    ) { $0.exit2 == 0 ? nil : $0.controlWord(.exit2) },
    VMEntryCheck(
      "X3", .exitControls, [.primaryExitControls, .pinBasedControls],
      "Saving the VMX-preemption timer needs the timer to be activated"
    ) {
      $0.unless(
        !$0.isSet(exit: ExitControls.savePreemptionTimerValue)
          || $0.isSet(pin: PinBasedControls.activatePreemptionTimer),
        .primaryExitControls,
        "bit 22 (save VMX-preemption timer value) = 0, or the timer activated (pin[6])")
    },
    VMEntryCheck(
      "X4", .exitControls, [.exitMSRStoreCount, .exitMSRStoreAddress],
      "A VM-exit MSR-store list is 16-byte aligned and wholly inside the physical width"
    ) { $0.msrList(count: .exitMSRStoreCount, address: .exitMSRStoreAddress) },
    VMEntryCheck(
      "X5", .exitControls, [.exitMSRLoadCount, .exitMSRLoadAddress],
      "A VM-exit MSR-load list is 16-byte aligned and wholly inside the physical width"
    ) { $0.msrList(count: .exitMSRLoadCount, address: .exitMSRLoadAddress) },
  ]

  private static let injectionFields: [VMCSField] = [.entryInterruptionInformation]

  static let entryControlRows: [VMEntryCheck] = [
    // Bits 10 and 11 have a rule of their own, which says more.
    VMEntryCheck(
      "N1", .entryControls, [.entryControls],
      "The entry controls obey IA32_VMX_(TRUE_)ENTRY_CTLS"
    ) { $0.controlWord(.entry, ignoring: VMEntryCheckContext.smmControls) },
    VMEntryCheck(
      "N2a", .entryControls, injectionFields,
      "The injected event's type is not 1, and 7 only if the monitor trap flag is supported"
    ) { $0.injectedType },
    VMEntryCheck(
      "N2b", .entryControls, injectionFields, "An injected NMI has vector 2"
    ) { $0.injectedVector(type: 2, at: 2...2) },
    VMEntryCheck(
      "N2c", .entryControls, injectionFields, "An injected hardware exception has a vector below 32"
    ) { $0.injectedVector(type: 3, at: 0...31) },
    VMEntryCheck(
      "N2d", .entryControls, injectionFields, "An injected other event (type 7) has vector 0"
    ) { $0.injectedVector(type: 7, at: 0...0) },
    VMEntryCheck(
      "N2e", .entryControls,
      injectionFields + [
        .guestCR0, .secondaryProcessorBasedControls, .primaryProcessorBasedControls,
      ],
      "An error code is delivered exactly for hardware exceptions that have one (8, 10 to 14, 17), "
        + "and never to an unrestricted guest in real mode"
    ) { $0.injectedErrorCodeBit },
    VMEntryCheck(
      "N2f", .entryControls, injectionFields, "Bits 30:12 of the injected event are 0"
    ) { $0.injectedReservedBits },
    VMEntryCheck(
      "N2g", .entryControls, injectionFields + [.entryExceptionErrorCode],
      "A delivered error code has 16 bits"
    ) {
      $0.injects && $0.deliversErrorCode
        ? $0.unless(
          $0[.entryExceptionErrorCode] >> 16 == 0, .entryExceptionErrorCode, "bits 31:16 = 0")
        : nil
    },
    VMEntryCheck(
      "N2h", .entryControls, injectionFields + [.entryInstructionLength],
      "A software interrupt or exception has an instruction length of 1 to 15, or 0 if "
        + "IA32_VMX_MISC[30] is 1"
    ) { $0.injectedLength },
    VMEntryCheck(
      "N3", .entryControls, [.entryMSRLoadCount, .entryMSRLoadAddress],
      "A VM-entry MSR-load list is 16-byte aligned and wholly inside the physical width"
    ) { $0.msrList(count: .entryMSRLoadCount, address: .entryMSRLoadAddress) },
    VMEntryCheck(
      "N4", .entryControls, [.entryControls],
      "Outside SMM, entry to SMM and deactivation of dual-monitor treatment are off"
    ) {
      $0.unless(
        $0.entry & VMEntryCheckContext.smmControls == 0, .entryControls,
        "bits 10 and 11 = 0: the processor is not in SMM")
    },
    VMEntryCheck(
      "N5", .entryControls, [.entryControls],
      "Entry to SMM excludes deactivation of dual-monitor treatment"
    ) {
      $0.unless(
        $0.entry & VMEntryCheckContext.smmControls != VMEntryCheckContext.smmControls,
        .entryControls, "bit 10 or bit 11 = 0")
    },
  ]
}

extension VMEntryCheckContext {
  static let smmControls =
    EntryControls.entryToSMM | EntryControls.deactivateDualMonitorTreatment

  var injects: Bool { self[.entryInterruptionInformation] >> 31 != 0 }
  var injectedEventType: UInt64 { (self[.entryInterruptionInformation] >> 8) & 7 }
  var injectedEventVector: UInt64 { self[.entryInterruptionInformation] & 0xff }
  fileprivate var deliversErrorCode: Bool { self[.entryInterruptionInformation] & 1 << 11 != 0 }

  func injects(type: UInt64) -> Bool { injects && injectedEventType == type }

  fileprivate var injectedType: VMEntryViolation? {
    guard injects else { return nil }
    let hasOtherEvents = capabilities.supports(.primary, PrimaryControls.monitorTrapFlag)
    return unless(
      injectedEventType != 1 && (injectedEventType != 7 || hasOtherEvents),
      .entryInterruptionInformation, "a type in bits 10:8 that is not reserved")
  }

  fileprivate func injectedVector(type: UInt64, at range: ClosedRange<UInt64>) -> VMEntryViolation?
  {
    guard injects(type: type) else { return nil }
    let want = range.count == 1 ? "\(range.lowerBound)" : "at most \(range.upperBound)"
    return unless(
      range.contains(injectedEventVector), .entryInterruptionInformation,
      "vector (bits 7:0) \(want) for type \(type)")
  }

  fileprivate var injectedErrorCodeBit: VMEntryViolation? {
    guard injects else { return nil }
    let inProtectedMode = !isUnrestrictedGuest || self[.guestCR0] & CR0.pe != 0
    let mayDeliver = injectedEventType == 3 && inProtectedMode
    if mayDeliver && capabilities.allowsAnyErrorCode { return nil }
    // #DF, #TS, #NP, #SS, #GP, #PF, #AC
    let hasErrorCode = injectedEventVector < 32 && (0x0002_7d00 >> injectedEventVector) & 1 != 0
    let want = mayDeliver && hasErrorCode
    return unless(
      deliversErrorCode == want, .entryInterruptionInformation,
      "bit 11 (deliver error code) = \(want ? 1 : 0)")
  }

  fileprivate var injectedReservedBits: VMEntryViolation? {
    guard injects else { return nil }
    let nested: UInt64 =
      capabilities.supportsNestedException && injectedEventType == 3 ? 1 << 13 : 0
    return unless(
      self[.entryInterruptionInformation] & 0x7fff_f000 & ~nested == 0,
      .entryInterruptionInformation, "bits 30:12 = 0")
  }

  fileprivate var injectedLength: VMEntryViolation? {
    guard injects, (4...6).contains(injectedEventType) else { return nil }
    let shortest: UInt64 = capabilities.allowsZeroLengthInjection ? 0 : 1
    return unless(
      (shortest...15).contains(self[.entryInstructionLength]), .entryInstructionLength,
      "\(shortest) to 15")
  }
}

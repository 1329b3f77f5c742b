import X86

// SDM 3C, "VM-Execution Control Fields": a broken rule is VMfailValid 7.
extension VMEntryCheck {
  static let basicRows: [VMEntryCheck] = [
    VMEntryCheck(
      "E5", .basic, [],
      "The current VMCS is not a shadow VMCS"
    ) { $0.shadow }
  ]

  static let executionControlRows: [VMEntryCheck] = pinAndPrimaryRows + secondaryRows

  private static let pinAndPrimaryRows: [VMEntryCheck] = [
    VMEntryCheck(
      "C1", .executionControls, [.pinBasedControls],
      "The pin-based controls obey IA32_VMX_(TRUE_)PINBASED_CTLS"
    ) { $0.controlWord(.pinBased) },
    VMEntryCheck(
      "C2", .executionControls, [.primaryProcessorBasedControls],
      "The primary controls obey IA32_VMX_(TRUE_)PROCBASED_CTLS"
    ) { $0.controlWord(.primary) },
    VMEntryCheck(
      "C3", .executionControls,
      [.secondaryProcessorBasedControls, .primaryProcessorBasedControls],
      "If secondary controls are activated, they obey IA32_VMX_PROCBASED_CTLS2"
    ) { $0.secondary == 0 ? nil : $0.controlWord(.secondary) },
    VMEntryCheck(
      "C4", .executionControls, [.tertiaryProcessorBasedControls, .primaryProcessorBasedControls],
      "If tertiary controls are activated, they obey IA32_VMX_PROCBASED_CTLS3"
    ) { $0.tertiary == 0 ? nil : $0.controlWord(.tertiary) },
    VMEntryCheck(
      "C5", .executionControls, [.cr3TargetCount],
      "The CR3-target count is at most IA32_VMX_MISC[24:16]"
    ) {
      $0.unless(
        $0[.cr3TargetCount] <= $0.capabilities.cr3TargetLimit, .cr3TargetCount,
        "at most \($0.capabilities.cr3TargetLimit)")
    },
    VMEntryCheck(
      "C6", .executionControls, [.ioBitmapA, .ioBitmapB, .primaryProcessorBasedControls],
      "If I/O bitmaps are used, both addresses are 4-KiB aligned and inside the physical width"
    ) {
      $0.isSet(primary: PrimaryControls.useIOBitmaps)
        ? $0.page(.ioBitmapA) ?? $0.page(.ioBitmapB) : nil
    },
    VMEntryCheck(
      "C7", .executionControls, [.msrBitmaps, .primaryProcessorBasedControls],
      "If MSR bitmaps are used, their address is 4-KiB aligned and inside the physical width"
    ) { $0.isSet(primary: PrimaryControls.useMSRBitmaps) ? $0.page(.msrBitmaps) : nil },
    VMEntryCheck(
      "C8", .executionControls, [.virtualAPICAddress, .primaryProcessorBasedControls],
      "With a TPR shadow the virtual-APIC address is 4-KiB aligned and inside the physical width"
    ) { $0.usesTPRShadow ? $0.page(.virtualAPICAddress) : nil },
    VMEntryCheck(
      "C9", .executionControls,
      [.tprThreshold, .primaryProcessorBasedControls, .secondaryProcessorBasedControls],
      "With a TPR shadow and no virtual-interrupt delivery, bits 31:4 of the TPR threshold are 0"
    ) {
      $0.usesTPRShadow && !$0.isSet(secondary: SecondaryControls.virtualInterruptDelivery)
        ? $0.unless($0[.tprThreshold] >> 4 == 0, .tprThreshold, "at most 15") : nil
    },
    VMEntryCheck(
      "C10", .executionControls,
      [
        .tprThreshold, .virtualAPICAddress, .primaryProcessorBasedControls,
        .secondaryProcessorBasedControls,
      ],
      "With a TPR shadow, no APIC-access page and no virtual-interrupt delivery, the TPR threshold "
        + "is at most bits 7:4 of the virtual TPR"
    ) { $0.tprThreshold },
    VMEntryCheck(
      "C11", .executionControls, [.pinBasedControls],
      "Virtual NMIs need NMI exiting"
    ) {
      $0.unless(
        !$0.isSet(pin: PinBasedControls.virtualNMIs) || $0.isSet(pin: PinBasedControls.nmiExiting),
        .pinBasedControls, "bit 3 (NMI exiting) = 1, or bit 5 (virtual NMIs) = 0")
    },
    VMEntryCheck(
      "C12", .executionControls, [.primaryProcessorBasedControls, .pinBasedControls],
      "NMI-window exiting needs virtual NMIs"
    ) {
      $0.unless(
        !$0.isSet(primary: PrimaryControls.nmiWindowExiting)
          || $0.isSet(pin: PinBasedControls.virtualNMIs),
        .primaryProcessorBasedControls,
        "bit 22 (NMI-window exiting) = 0, or virtual NMIs in the pin-based controls")
    },
  ]

  private static let secondaryRows: [VMEntryCheck] = [
    VMEntryCheck(
      "C13", .executionControls, [.apicAccessAddress] + secondaryFields,
      "If APIC accesses are virtualised, the APIC-access address is 4-KiB aligned and inside the "
        + "physical width"
    ) {
      $0.isSet(secondary: SecondaryControls.virtualizeAPICAccesses)
        ? $0.page(.apicAccessAddress) : nil
    },
    VMEntryCheck(
      "C14", .executionControls, secondaryFields + [.tertiaryProcessorBasedControls],
      "Without a TPR shadow x2APIC mode, APIC-register virtualisation, virtual-interrupt delivery "
        + "and IPI virtualisation are off"
    ) { $0.needsTPRShadow },
    VMEntryCheck(
      "C15", .executionControls, secondaryFields,
      "Virtualising x2APIC mode excludes virtualising APIC accesses"
    ) {
      let both =
        SecondaryControls.virtualizeX2APICMode | SecondaryControls.virtualizeAPICAccesses
      return $0.unless(
        $0.secondary & both != both, .secondaryProcessorBasedControls, "bit 0 or bit 4 = 0")
    },
    VMEntryCheck(
      "C16", .executionControls, secondaryFields + [.pinBasedControls],
      "Virtual-interrupt delivery needs external-interrupt exiting"
    ) {
      $0.unless(
        !$0.isSet(secondary: SecondaryControls.virtualInterruptDelivery)
          || $0.isSet(pin: PinBasedControls.externalInterruptExiting),
        .pinBasedControls, "bit 0 (external-interrupt exiting) = 1")
    },
    VMEntryCheck(
      "C17", .executionControls,
      [
        .pinBasedControls, .postedInterruptNotificationVector, .postedInterruptDescriptorAddress,
        .primaryExitControls,
      ] + secondaryFields,
      "Posted interrupts need virtual-interrupt delivery, acknowledge interrupt on exit, a vector "
        + "below 256, and a 64-byte aligned descriptor inside the physical width"
    ) { $0.postedInterrupts },
    VMEntryCheck(
      "C18", .executionControls, [.virtualProcessorIdentifier] + secondaryFields,
      "If VPIDs are enabled, the VPID is not 0"
    ) {
      $0.isSet(secondary: SecondaryControls.enableVPID)
        ? $0.unless(
          $0[.virtualProcessorIdentifier] != 0, .virtualProcessorIdentifier, "1 to 0xffff")
        : nil
    },
    VMEntryCheck(
      "C19", .executionControls, [.eptPointer] + secondaryFields,
      "If EPT is enabled, the EPT pointer has a supported memory type, walk length and flags, "
        + "reserved bits 0, and lies inside the physical width"
    ) { context in
      guard context.usesEPT else { return nil }
      return context.capabilities.eptPointerFlaw(context[.eptPointer])
        .map { context.violation(.eptPointer, $0) }
    },
    VMEntryCheck(
      "C20", .executionControls, [.pmlAddress] + secondaryFields,
      "If PML is enabled, EPT is too, and the PML address is 4-KiB aligned and inside the physical "
        + "width"
    ) {
      $0.needsEPT(SecondaryControls.enablePML) ?? $0.page(.pmlAddress, SecondaryControls.enablePML)
    },
    VMEntryCheck(
      "C21", .executionControls, secondaryFields, "An unrestricted guest needs EPT"
    ) { $0.needsEPT(SecondaryControls.unrestrictedGuest) },
    VMEntryCheck(
      "C22", .executionControls, secondaryFields, "Mode-based execute control needs EPT"
    ) { $0.needsEPT(SecondaryControls.modeBasedExecuteControl) },
    VMEntryCheck(
      "C23", .executionControls, [.subPagePermissionTablePointer] + secondaryFields,
      "Sub-page write permissions need EPT and a 4-KiB aligned table inside the physical width"
    ) {
      $0.needsEPT(SecondaryControls.subPageWritePermissions)
        ?? $0.page(.subPagePermissionTablePointer, SecondaryControls.subPageWritePermissions)
    },
    VMEntryCheck(
      "C24", .executionControls, [.vmFunctionControls, .eptpListAddress] + secondaryFields,
      "If VM functions are enabled, their controls obey IA32_VMX_VMFUNC; EPTP switching needs EPT "
        + "and a 4-KiB aligned list inside the physical width"
    ) { $0.vmFunctions },
    VMEntryCheck(
      "C25", .executionControls, [.vmreadBitmap, .vmwriteBitmap] + secondaryFields,
      "With VMCS shadowing both bitmaps are 4-KiB aligned and inside the physical width"
    ) {
      $0.page(.vmreadBitmap, SecondaryControls.vmcsShadowing)
        ?? $0.page(.vmwriteBitmap, SecondaryControls.vmcsShadowing)
    },
    VMEntryCheck(
      "C26", .executionControls, [.virtualizationExceptionInformationAddress] + secondaryFields,
      "With EPT-violation #VE the information address is 4-KiB aligned, inside the physical width"
    ) {
      $0.page(.virtualizationExceptionInformationAddress, SecondaryControls.eptViolationVE)
    },
    VMEntryCheck(
      "C27", .executionControls, [.tscMultiplier] + secondaryFields,
      "With TSC scaling the multiplier is not 0"
    ) {
      $0.isSet(secondary: SecondaryControls.useTSCScaling)
        ? $0.unless($0[.tscMultiplier] != 0, .tscMultiplier, "any value but 0") : nil
    },
    VMEntryCheck(
      "C28", .executionControls, secondaryFields + [.primaryExitControls, .entryControls],
      "Processor Trace with guest-physical addresses needs EPT and IA32_RTIT_CTL loaded and cleared"
    ) { $0.processorTrace },
    VMEntryCheck(
      "C29", .executionControls,
      [
        .hlatPointer, .pidPointerTableAddress, .lastPIDPointerIndex,
        .tertiaryProcessorBasedControls, .primaryProcessorBasedControls,
      ],
      "With HLAT reserved bits of its pointer are 0; with IPI virtualisation the PID-pointer table "
        + "is 8-byte aligned and inside the physical width"
    ) { $0.tertiaryTables },
    VMEntryCheck(
      "C30", .executionControls,
      [.lowPASIDDirectoryAddress, .highPASIDDirectoryAddress] + secondaryFields,
      "With PASID translation both directories are 4-KiB aligned and inside the physical width"
    ) {
      $0.page(.lowPASIDDirectoryAddress, SecondaryControls.pasidTranslation)
        ?? $0.page(.highPASIDDirectoryAddress, SecondaryControls.pasidTranslation)
    },
  ]

  private static let secondaryFields: [VMCSField] = [
    .secondaryProcessorBasedControls, .primaryProcessorBasedControls,
  ]
}

extension VMEntryCheckContext {
  fileprivate var shadow: VMEntryViolation? {
    guard vmcs.isShadow else { return nil }
    return VMEntryViolation(
      field: .vmcsLinkPointer, have: "bit 31 of the revision identifier = 1", want: "0")
  }

  fileprivate var usesTPRShadow: Bool { isSet(primary: PrimaryControls.useTPRShadow) }

  fileprivate var tprThreshold: VMEntryViolation? {
    let excluded =
      SecondaryControls.virtualizeAPICAccesses | SecondaryControls.virtualInterruptDelivery
    guard usesTPRShadow, secondary & excluded == 0 else { return nil }
    let taskPriority = memory.load(self[.virtualAPICAddress] &+ 0x80, as: UInt8.self)
    return unless(
      self[.tprThreshold] & 0xf <= UInt64(taskPriority >> 4), .tprThreshold,
      "at most \(taskPriority >> 4), bits 7:4 of the virtual TPR")
  }

  fileprivate var needsTPRShadow: VMEntryViolation? {
    let dependent =
      SecondaryControls.virtualizeX2APICMode | SecondaryControls.apicRegisterVirtualization
      | SecondaryControls.virtualInterruptDelivery
    guard !usesTPRShadow else { return nil }
    if secondary & dependent != 0 {
      return violation(
        .secondaryProcessorBasedControls, "bits 4, 8 and 9 = 0, or use TPR shadow (primary[21])")
    }
    return unless(
      !isSet(tertiary: TertiaryControls.ipiVirtualization), .tertiaryProcessorBasedControls,
      "bit 4 (IPI virtualization) = 0, or use TPR shadow (primary[21])")
  }

  fileprivate var postedInterrupts: VMEntryViolation? {
    guard isSet(pin: PinBasedControls.processPostedInterrupts) else { return nil }
    if !isSet(secondary: SecondaryControls.virtualInterruptDelivery) {
      return violation(.secondaryProcessorBasedControls, "bit 9 = 1 (virtual-interrupt delivery)")
    }
    if !isSet(exit: ExitControls.acknowledgeInterruptOnExit) {
      return violation(.primaryExitControls, "bit 15 = 1 (acknowledge interrupt on exit)")
    }
    if self[.postedInterruptNotificationVector] > 0xff {
      return violation(.postedInterruptNotificationVector, "at most 0xff")
    }
    let descriptor = self[.postedInterruptDescriptorAddress]
    return unless(
      descriptor & 63 == 0 && capabilities.allowsPhysical(descriptor),
      .postedInterruptDescriptorAddress, "a 64-byte aligned address inside the physical width")
  }

  fileprivate func needsEPT(_ control: UInt64) -> VMEntryViolation? {
    unless(
      secondary & control == 0 || usesEPT, .secondaryProcessorBasedControls,
      "bit 1 (enable EPT) = 1, or bit \(control.trailingZeroBitCount) = 0")
  }

  /// A 4-KiB aligned address that counts only with a secondary control.
  fileprivate func page(_ field: VMCSField, _ control: UInt64) -> VMEntryViolation? {
    secondary & control != 0 ? page(field) : nil
  }

  fileprivate var vmFunctions: VMEntryViolation? {
    guard isSet(secondary: SecondaryControls.enableVMFunctions) else { return nil }
    if let flaw = controlWord(.vmFunction) { return flaw }
    guard self[.vmFunctionControls] & VMFunctionControls.eptpSwitching != 0 else { return nil }
    if !usesEPT {
      return violation(.secondaryProcessorBasedControls, "bit 1 (enable EPT) = 1")
    }
    return page(.eptpListAddress)
  }

  fileprivate var processorTrace: VMEntryViolation? {
    guard isSet(secondary: SecondaryControls.ptUsesGuestPhysicalAddresses) else { return nil }
    return needsEPT(SecondaryControls.ptUsesGuestPhysicalAddresses)
      ?? unless(
        isSet(entry: EntryControls.loadRTITCtl), .entryControls, "bit 18 (load IA32_RTIT_CTL) = 1")
      ?? unless(
        isSet(exit: ExitControls.clearRTITCtl), .primaryExitControls,
        "bit 25 (clear IA32_RTIT_CTL) = 1")
  }

  fileprivate var tertiaryTables: VMEntryViolation? {
    if isSet(tertiary: TertiaryControls.enableHLAT) {
      let pointer = self[.hlatPointer]
      if pointer & 0xfe7 != 0 || !capabilities.allowsPhysical(pointer) {
        return violation(.hlatPointer, "bits 2:0 and 11:5 = 0, an address in the physical width")
      }
    }
    guard isSet(tertiary: TertiaryControls.ipiVirtualization) else { return nil }
    let table = self[.pidPointerTableAddress]
    let (end, overflow) = table.addingReportingOverflow(self[.lastPIDPointerIndex] &* 8 &+ 7)
    return unless(
      table & 7 == 0 && !overflow && capabilities.allowsPhysical(end), .pidPointerTableAddress,
      "an 8-byte aligned address whose last entry is inside the physical width")
  }
}

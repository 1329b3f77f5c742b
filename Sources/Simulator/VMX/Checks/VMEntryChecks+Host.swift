import X86

// SDM 3C, "Checks on Host Control Registers, MSRs, and SSP", "Checks on Host Segment and
// Descriptor-Table Registers" and "Checks Related to Address-Space Size": VMfailValid 8.
extension VMEntryCheck {
  static let hostRegisterRows: [VMEntryCheck] = [
    VMEntryCheck(
      "H1", .hostRegisters, [.hostCR0],
      "Host CR0 has the bits that VMX operation demands and none that it forbids"
    ) {
      $0.unless(
        $0.capabilities.allowsCR0($0[.hostCR0]), .hostCR0,
        "PE, NE and PG = 1, bits 63:32 = 0 (IA32_VMX_CR0_FIXED0 and FIXED1)")
    },
    VMEntryCheck(
      "H2", .hostRegisters, [.hostCR4],
      "Host CR4 has the bits that VMX operation demands and none that it forbids"
    ) {
      $0.unless(
        $0.capabilities.allowsCR4($0[.hostCR4]), .hostCR4,
        "VMXE = 1, and 0 in every bit outside IA32_VMX_CR4_FIXED1")
    },
    VMEntryCheck(
      "H3", .hostRegisters, [.hostCR4, .hostCR0], "Host CR4.CET needs host CR0.WP"
    ) {
      $0.unless(
        $0[.hostCR4] & CR4.cet == 0 || $0[.hostCR0] & CR0.wp != 0, .hostCR4,
        "CET (bit 23) = 0, or host CR0.WP = 1")
    },
    VMEntryCheck(
      "H4", .hostRegisters, [.hostCR3], "Host CR3 lies inside the physical width, bit 63 included"
    ) {
      $0.unless(
        $0[.hostCR3] & $0.beyondPhysicalWidth == 0, .hostCR3,
        "below 2^\($0.capabilities.physicalAddressWidth)")
    },
    VMEntryCheck(
      "H5", .hostRegisters, [.hostSysenterESP, .hostSysenterEIP],
      "Host IA32_SYSENTER_ESP and IA32_SYSENTER_EIP are canonical"
    ) { $0.canonical([.hostSysenterESP, .hostSysenterEIP]) },
    VMEntryCheck(
      "H6", .hostRegisters, [.hostPerfGlobalCtrl, .primaryExitControls],
      "If IA32_PERF_GLOBAL_CTRL is loaded at exit, its reserved bits are 0"
    ) {
      $0.isSet(exit: ExitControls.loadPerfGlobalCtrl)
        ? $0.unless(
          $0[.hostPerfGlobalCtrl] & perfGlobalControlReserved == 0, .hostPerfGlobalCtrl,
          "reserved bits = 0")
        : nil
    },
    VMEntryCheck(
      "H7", .hostRegisters, [.hostPAT, .primaryExitControls],
      "If IA32_PAT is loaded at exit, each of its bytes is a memory type"
    ) { $0.isSet(exit: ExitControls.loadPAT) ? $0.pat(.hostPAT) : nil },
    VMEntryCheck(
      "H8", .hostRegisters, [.hostEFER, .primaryExitControls],
      "If IA32_EFER is loaded at exit, its reserved bits are 0 and LMA and LME equal the host "
        + "address-space size"
    ) { $0.hostEFERFlaw },
    VMEntryCheck(
      "H9", .hostRegisters,
      [.hostSCET, .hostSSP, .hostInterruptSSPTable, .primaryExitControls],
      "If CET state is loaded at exit, it is valid"
    ) {
      $0.isSet(exit: ExitControls.loadCETState)
        ? $0.cet(state: .hostSCET, pointer: .hostSSP, table: .hostInterruptSSPTable) : nil
    },
    VMEntryCheck(
      "H10", .hostRegisters, [.hostPKRS, .primaryExitControls],
      "If IA32_PKRS is loaded at exit, its bits 63:32 are 0"
    ) {
      $0.isSet(exit: ExitControls.loadPKRS)
        ? $0.unless($0[.hostPKRS] >> 32 == 0, .hostPKRS, "bits 63:32 = 0") : nil
    },
    VMEntryCheck(
      "H11", .hostRegisters,
      [
        .hostFREDConfig, .hostFREDRSP1, .hostFREDRSP2, .hostFREDRSP3, .hostFREDSSP1,
        .hostFREDSSP2, .hostFREDSSP3, .secondaryExitControls, .primaryExitControls,
      ],
      "If FRED state is loaded at exit, it is valid"
    ) {
      $0.isSet(exit2: SecondaryExitControls.loadHostFRED)
        ? $0.fred(
          configuration: .hostFREDConfig, stacks: [.hostFREDRSP1, .hostFREDRSP2, .hostFREDRSP3],
          shadowStacks: [.hostFREDSSP1, .hostFREDSSP2, .hostFREDSSP3])
        : nil
    },
  ]

  private static let hostSelectors: [VMCSField] = [
    .hostESSelector, .hostCSSelector, .hostSSSelector, .hostDSSelector, .hostFSSelector,
    .hostGSSelector, .hostTRSelector,
  ]

  private static let hostBases: [VMCSField] = [
    .hostFSBase, .hostGSBase, .hostGDTRBase, .hostIDTRBase, .hostTRBase,
  ]

  static let hostSegmentRows: [VMEntryCheck] = [
    VMEntryCheck(
      "H12", .hostSegments, hostSelectors, "Host selectors have RPL = 0 and TI = 0"
    ) { $0.first(of: hostSelectors, "bits 2:0 (TI and RPL) = 0") { $0 & 7 != 0 } },
    VMEntryCheck(
      "H13", .hostSegments, [.hostCSSelector, .hostTRSelector],
      "The host selectors of CS and TR are not 0"
    ) { $0.first(of: [.hostCSSelector, .hostTRSelector], "not 0") { $0 == 0 } },
    VMEntryCheck(
      "H14", .hostSegments, [.hostSSSelector, .primaryExitControls],
      "The host selector of SS is not 0 unless the host is 64-bit"
    ) {
      $0.is64BitHost ? nil : $0.unless($0[.hostSSSelector] != 0, .hostSSSelector, "not 0")
    },
    VMEntryCheck(
      "H15", .hostSegments, hostBases, "The host bases of FS, GS, GDTR, IDTR and TR are canonical"
    ) { $0.canonical(hostBases) },
  ]

  static let addressSpaceSizeRows: [VMEntryCheck] = [
    VMEntryCheck(
      "H16", .addressSpaceSize, [.primaryExitControls, .entryControls],
      "Outside IA-32e mode neither the guest nor the host is to be in it"
    ) { $0.outsideIA32e },
    VMEntryCheck(
      "H17", .addressSpaceSize, [.primaryExitControls],
      "In IA-32e mode the host address-space size is 1"
    ) {
      $0.processorEFER & EFER.lma != 0
        ? $0.unless($0.is64BitHost, .primaryExitControls, "bit 9 (host address-space size) = 1")
        : nil
    },
    VMEntryCheck(
      "H18", .addressSpaceSize, [.primaryExitControls, .entryControls, .hostCR4, .hostRIP],
      "For a 32-bit host the guest is not in IA-32e mode, host CR4.PCIDE is 0 and host RIP has 32 "
        + "bits"
    ) { $0.host32Bit },
    VMEntryCheck(
      "H19", .addressSpaceSize, [.primaryExitControls, .hostCR4, .hostRIP],
      "For a 64-bit host CR4.PAE is 1 and RIP is canonical"
    ) { $0.host64Bit },
  ]
}

/// IA32_PERF_GLOBAL_CTRL: four general and three fixed counters.
let perfGlobalControlReserved: UInt64 = ~0x7_0000_000f

extension VMEntryCheckContext {
  fileprivate var hostEFERFlaw: VMEntryViolation? {
    guard isSet(exit: ExitControls.loadEFER) else { return nil }
    let efer = self[.hostEFER]
    if efer & eferReserved != 0 { return violation(.hostEFER, "reserved bits = 0") }
    let both = EFER.lma | EFER.lme
    let want = is64BitHost ? both : 0
    return unless(efer & both == want, .hostEFER, "LMA and LME = \(is64BitHost ? 1 : 0)")
  }

  fileprivate var outsideIA32e: VMEntryViolation? {
    guard processorEFER & EFER.lma == 0 else { return nil }
    return unless(!is64BitHost, .primaryExitControls, "bit 9 (host address-space size) = 0")
      ?? unless(!isIA32eGuest, .entryControls, "bit 9 (IA-32e mode guest) = 0")
  }

  fileprivate var host32Bit: VMEntryViolation? {
    guard !is64BitHost else { return nil }
    return unless(!isIA32eGuest, .entryControls, "bit 9 (IA-32e mode guest) = 0")
      ?? unless(self[.hostCR4] & CR4.pcide == 0, .hostCR4, "PCIDE (bit 17) = 0")
      ?? unless(self[.hostRIP] >> 32 == 0, .hostRIP, "bits 63:32 = 0")
  }

  fileprivate var host64Bit: VMEntryViolation? {
    guard is64BitHost else { return nil }
    return unless(self[.hostCR4] & CR4.pae != 0, .hostCR4, "PAE (bit 5) = 1")
      ?? canonical([.hostRIP])
  }
}

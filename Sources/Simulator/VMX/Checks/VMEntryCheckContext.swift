import X86

/// What the rules look at: a VMCS, the memory around it, what the processor supports, and what it
/// is doing now.
struct VMEntryCheckContext {
  let vmcs: VMCS
  let memory: PhysicalMemory
  let capabilities: VMXCapabilities
  /// IA32_EFER as it is when VM entry executes.
  let processorEFER: UInt64

  // Control words as they count: those that are not activated are 0.
  let pinBased: UInt64
  let primary: UInt64
  let secondary: UInt64
  let tertiary: UInt64
  let exit: UInt64
  let exit2: UInt64
  let entry: UInt64

  init(vmcs: VMCS, memory: PhysicalMemory, capabilities: VMXCapabilities, processorEFER: UInt64) {
    self.vmcs = vmcs
    self.memory = memory
    self.capabilities = capabilities
    self.processorEFER = processorEFER
    pinBased = vmcs[.pinBasedControls]
    primary = vmcs[.primaryProcessorBasedControls]
    secondary =
      primary & PrimaryControls.activateSecondaryControls != 0
      ? vmcs[.secondaryProcessorBasedControls] : 0
    tertiary =
      primary & PrimaryControls.activateTertiaryControls != 0
      ? vmcs[.tertiaryProcessorBasedControls] : 0
    exit = vmcs[.primaryExitControls]
    exit2 =
      exit & ExitControls.activateSecondaryControls != 0 ? vmcs[.secondaryExitControls] : 0
    entry = vmcs[.entryControls]
  }

  subscript(_ field: VMCSField) -> UInt64 { vmcs[field] }

  func isSet(pin control: UInt64) -> Bool { pinBased & control != 0 }
  func isSet(primary control: UInt64) -> Bool { primary & control != 0 }
  func isSet(secondary control: UInt64) -> Bool { secondary & control != 0 }
  func isSet(tertiary control: UInt64) -> Bool { tertiary & control != 0 }
  func isSet(exit control: UInt64) -> Bool { exit & control != 0 }
  func isSet(exit2 control: UInt64) -> Bool { exit2 & control != 0 }
  func isSet(entry control: UInt64) -> Bool { entry & control != 0 }

  var isIA32eGuest: Bool { isSet(entry: EntryControls.ia32eModeGuest) }
  var isUnrestrictedGuest: Bool { isSet(secondary: SecondaryControls.unrestrictedGuest) }
  var usesEPT: Bool { isSet(secondary: SecondaryControls.enableEPT) }
  var isVirtual8086Guest: Bool { self[.guestRFLAGS] & RFLAGS.vm.rawValue != 0 }
  var is64BitHost: Bool { isSet(exit: ExitControls.hostAddressSpaceSize) }

  // MARK: Violations

  func violation(
    _ field: VMCSField, _ want: String, qualification: UInt64 = 0
  ) -> VMEntryViolation {
    VMEntryViolation(
      field: field, have: hexadecimal(self[field]), want: want, qualification: qualification)
  }

  /// Broken unless `holds`.
  func unless(
    _ holds: Bool, _ field: VMCSField, _ want: @autoclosure () -> String, qualification: UInt64 = 0
  ) -> VMEntryViolation? {
    holds ? nil : violation(field, want(), qualification: qualification)
  }

  /// The first of `fields` that `isBroken` selects.
  func first(
    of fields: [VMCSField], _ want: String, where isBroken: (UInt64) -> Bool
  ) -> VMEntryViolation? {
    for field in fields where isBroken(self[field]) { return violation(field, want) }
    return nil
  }

  // MARK: Shapes that several rules share

  func page(_ field: VMCSField) -> VMEntryViolation? {
    unless(capabilities.allowsPage(self[field]), field, pageAddress)
  }

  var pageAddress: String {
    "a 4-KiB aligned address below 2^\(capabilities.physicalAddressWidth)"
  }

  func canonical(_ fields: [VMCSField]) -> VMEntryViolation? {
    first(of: fields, "a canonical address") { !capabilities.isCanonical($0) }
  }

  /// SDM 3C, "IA32_PAT": each byte is a memory type.
  func pat(_ field: VMCSField) -> VMEntryViolation? {
    var rest = self[field]
    for _ in 0..<8 {
      if (0b1111_0011 >> (rest & 0xff)) & 1 == 0 {
        return violation(field, "bytes that are each 0, 1, 4, 5, 6 or 7")
      }
      rest >>= 8
    }
    return nil
  }

  /// An MSR list that VM entry or VM exit walks.
  func msrList(count: VMCSField, address: VMCSField) -> VMEntryViolation? {
    let entries = self[count]
    guard entries > 0 else { return nil }
    let start = self[address]
    let (end, overflow) = start.addingReportingOverflow(entries &* 16 &- 1)
    let fits = !overflow && capabilities.allowsPhysical(start) && capabilities.allowsPhysical(end)
    return unless(
      start & 15 == 0 && fits, address,
      "a 16-byte aligned address with all \(entries) entries below "
        + "2^\(capabilities.physicalAddressWidth)")
  }

  /// A control word against its capability MSR.
  func controlWord(_ group: VMXControlGroup, ignoring ignored: UInt64 = 0) -> VMEntryViolation? {
    let value = self[group.field]
    let missing = capabilities.mustBeOne(group) & ~value
    if missing != 0 { return violation(group.field, "1 in \(names(group, missing))") }
    let excess = value & ~capabilities.mayBeOne(group) & ~ignored
    if excess != 0 { return violation(group.field, "0 in \(names(group, excess))") }
    return nil
  }

  /// "bit 14 (VMCS shadowing)", or the first of several.
  private func names(_ group: VMXControlGroup, _ bits: UInt64) -> String {
    let parts = (0..<64).filter { (bits >> UInt64($0)) & 1 != 0 }.map { bit in
      let name = group.controls.first { $0.mask == UInt64(1) << UInt64(bit) }?.name
      return "bit \(bit) (\(name ?? "reserved"))"
    }
    return parts.joined(separator: ", ")
  }

  /// SDM 3C, "Checks on Host Control Registers, MSRs, and SSP": supervisor shadow-stack MSRs.
  func cet(state: VMCSField, pointer: VMCSField, table: VMCSField) -> VMEntryViolation? {
    let value = self[state]
    let isStateValid =
      value & 0x3c0 == 0 && value & 0xc00 != 0xc00 && capabilities.isCanonical(value & ~0xfff)
    if !isStateValid {
      return violation(state, "bits 9:6 = 0, bits 11:10 not both 1, bits 63:12 canonical")
    }
    if self[pointer] & 3 != 0 || !capabilities.isCanonical(self[pointer]) {
      return violation(pointer, "a canonical address with bits 1:0 = 0")
    }
    return canonical([table])
  }

  /// The FRED MSRs: configuration, three stack pointers, three shadow-stack pointers.
  func fred(
    configuration: VMCSField, stacks: [VMCSField], shadowStacks: [VMCSField]
  ) -> VMEntryViolation? {
    let value = self[configuration]
    if value & 0x834 != 0 || !capabilities.isCanonical(value & ~0xfff) {
      return violation(configuration, "bits 2, 5:4 and 11 = 0, bits 63:12 canonical")
    }
    return first(of: stacks, "a canonical address aligned to 64 bytes") {
      $0 & 63 != 0 || !capabilities.isCanonical($0)
    }
      ?? first(of: shadowStacks, "a canonical address aligned to 8 bytes") {
        $0 & 7 != 0 || !capabilities.isCanonical($0)
      }
  }

  /// Bits at or above the physical-address width.
  var beyondPhysicalWidth: UInt64 { ~0 << capabilities.physicalAddressWidth }
}

/// `0x1f`.
func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

/// What VM entry accepts in IA32_EFER, and what it reserves.
let eferReserved: UInt64 = ~(EFER.sce | EFER.lme | EFER.lma | EFER.nxe)

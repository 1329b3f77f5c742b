import X86

@testable import Simulator

/// A processor in VMX root operation with a VMCS that VM entry accepts.
final class VMXFixture {
  /// The guests that the tests start from.
  enum Guest: CaseIterable, Sendable {
    /// Real mode: unrestricted, EPT.
    case real
    /// Protected mode with PAE paging, without EPT.
    case paged32
    /// The same with EPT: its PDPTEs are in the VMCS.
    case paged32WithEPT
    /// Virtual-8086 mode, without EPT.
    case virtual8086
    /// 64-bit mode, without EPT.
    case long64
  }

  static let vmxonRegion: UInt64 = 0x1000
  static let vmcs: UInt64 = 0x2000
  static let otherVMCS: UInt64 = 0x3000
  /// A page of ones: no valid PDPTEs, no revision identifier.
  static let ones: UInt64 = 0x6000
  static let pdpt: UInt64 = 0x7000
  static let zeros: UInt64 = 0x8000
  static let list: UInt64 = 0x9000
  static let hostTable: UInt64 = 0xa000

  let memory: PhysicalMemory
  let processor: Processor

  init() throws {
    memory = try PhysicalMemory(size: 1 << 20)
    processor = Processor(memory: memory)
    let revision = processor.vmx.capabilities.revisionIdentifier
    memory.store(VMXFixture.vmxonRegion, revision)
    memory.store(VMXFixture.vmcs, revision)
    memory.store(VMXFixture.otherVMCS, revision)
    try memory.write(VMXFixture.ones, [UInt8](repeating: 0xff, count: 4096))
    memory.store(VMXFixture.pdpt, UInt64(0x8001))
    enterRoot()
  }

  convenience init(_ guest: Guest) throws {
    try self.init()
    fill(guest)
  }

  /// A 64-bit monitor after VMXON, VMCLEAR and VMPTRLD.
  func enterRoot() {
    let capabilities = processor.vmx.capabilities
    processor.vmx = VMXState()
    processor.vmx.capabilities = capabilities
    processor.interruptShadow = .none
    processor.activity = .active
    processor.nmiBlocked = false
    processor.delivering = nil
    memory.clear(VMXFixture.vmcs, count: 4096)
    memory.store(VMXFixture.vmcs, capabilities.revisionIdentifier)
    processor.becomeHost(pageTable: VMXFixture.hostTable)
    _ = processor.setVMXE(true)
    _ = processor.prompt(.vmxon(region: VMXFixture.vmxonRegion))
    _ = processor.prompt(.vmclear(region: VMXFixture.vmcs))
    _ = processor.prompt(.vmptrld(region: VMXFixture.vmcs))
  }

  /// Makes the processor a 32-bit monitor with PAE paging.
  func become32BitHost() {
    processor.efer = 0
    processor.setSegment(.cs, Segment(selector: 8, base: 0, limit: ~0, access: 0xc09b))
    self[.primaryExitControls] &= ~ExitControls.hostAddressSpaceSize
  }

  /// Reads as a debugger, writes as VMWRITE.
  subscript(_ field: VMCSField) -> UInt64 {
    get { processor.vmcsField(field) ?? 0 }
    set { _ = processor.prompt(.vmwrite(encoding: UInt64(field.rawValue), value: newValue)) }
  }

  // MARK: Valid contents

  func fill(_ guest: Guest) {
    fillControls()
    fillHost()
    fillCommonGuest()
    switch guest {
    case .real: fillReal()
    case .paged32: fillPaged32()
    case .paged32WithEPT:
      fillPaged32()
      enableEPT(0)
      self[.guestPDPTE0] = 0x8001
    case .virtual8086: fillVirtual8086()
    case .long64: fillLong64()
    }
  }

  private func fillControls() {
    self[.pinBasedControls] = 0x16
    self[.primaryProcessorBasedControls] =
      0x0400_6172 | PrimaryControls.hltExiting | PrimaryControls.activateSecondaryControls
    self[.secondaryProcessorBasedControls] = 0
    self[.primaryExitControls] = 0x3_6dff | ExitControls.hostAddressSpaceSize
    self[.entryControls] = 0x11ff
    self[.vmcsLinkPointer] = ~0
  }

  private func fillHost() {
    self[.hostCR0] = CR0.pe | CR0.ne | CR0.pg | CR0.wp
    self[.hostCR3] = VMXFixture.hostTable
    self[.hostCR4] = CR4.pae | CR4.vmxe
    for field in [VMCSField.hostSSSelector, .hostDSSelector, .hostESSelector] { self[field] = 0x10 }
    self[.hostCSSelector] = 0x08
    self[.hostTRSelector] = 0x18
    self[.hostTRBase] = 0xffff_8000_0000_1000
    self[.hostFSBase] = 0x1234_5000
    self[.hostRIP] = 0x4000
    self[.hostRSP] = 0x5000
  }

  private func fillCommonGuest() {
    self[.guestRFLAGS] = 2
    self[.guestRIP] = 0x1000
    self[.guestRSP] = 0x2000
    self[.guestDR7] = 0x400
    self[.guestCR4] = CR4.vmxe
    self[.guestTRSelector] = 0x18
    self[.guestTRLimit] = 0x67
    self[.guestTRAccessRights] = 0x8b
    self[.guestLDTRAccessRights] = 0x1_0000
    self[.guestGDTRLimit] = 0xffff
    self[.guestIDTRLimit] = 0xffff
  }

  private func enableEPT(_ more: UInt64) {
    self[.secondaryProcessorBasedControls] = SecondaryControls.enableEPT | more
    self[.eptPointer] = 0xb000 | 3 << 3 | 6
  }

  private func segments(selector: UInt64, limit: UInt64, access: UInt64, code: UInt64) {
    for fields in GuestSegmentFields.codeAndData {
      self[fields.selector] = selector
      self[fields.base] = 0
      self[fields.limit] = limit
      self[fields.access] = access
    }
    self[.guestCSAccessRights] = code
  }

  private func fillReal() {
    enableEPT(SecondaryControls.unrestrictedGuest)
    self[.guestCR0] = CR0.ne | CR0.et
    segments(selector: 0, limit: 0xffff, access: 0x93, code: 0x9b)
  }

  private func fillPaged32() {
    self[.guestCR0] = CR0.pe | CR0.ne | CR0.et | CR0.pg
    self[.guestCR4] = CR4.vmxe | CR4.pae
    self[.guestCR3] = VMXFixture.pdpt
    segments(selector: 0x10, limit: 0xffff_ffff, access: 0xc093, code: 0xc09b)
    self[.guestCSSelector] = 0x08
  }

  private func fillVirtual8086() {
    fillPaged32()
    self[.guestRFLAGS] = 2 | RFLAGS.vm.rawValue
    segments(selector: 0x100, limit: 0xffff, access: 0xf3, code: 0xf3)
    for fields in GuestSegmentFields.codeAndData { self[fields.base] = 0x1000 }
  }

  private func fillLong64() {
    self[.entryControls] |= EntryControls.ia32eModeGuest
    self[.guestCR0] = CR0.pe | CR0.ne | CR0.et | CR0.pg
    self[.guestCR4] = CR4.vmxe | CR4.pae
    self[.guestCR3] = 0xc000
    segments(selector: 0x10, limit: 0xffff_ffff, access: 0xc093, code: 0xa09b)
    self[.guestCSSelector] = 0x08
  }
}

extension VMEntryOutcome {
  var failedNumber: UInt32? {
    if case .failValid(let number) = self { return number }
    return nil
  }

  var failedExit: VMExit? {
    if case .entryFailure(let exit) = self { return exit }
    return nil
  }
}

import X86

// SDM 3C, "VMX Instruction Reference". Each function carries out one instruction whose operands
// have been read; the caller applies the result and moves RIP. Conditions stand in the order of the
// manual's operation sections.

extension Processor {
  /// What all VMX instructions but VMXON and VMCALL check first: #UD, then the VM exit of non-root
  /// operation, then #GP(0).
  func vmxPreconditions(
    _ reason: ExitReason, qualification: UInt64 = 0, information: UInt32 = 0
  ) throws(Fault) {
    if !vmx.isOn || !isVMXMode { throw undefinedOpcode }
    if vmx.isNonRoot {
      throw vmExit(reason.rawValue, qualification: qualification, information: information)
    }
    if cpl > 0 { throw generalProtection() }
  }

  /// Neither real, virtual-8086 nor compatibility mode.
  private var isVMXMode: Bool { mode == .protected || mode == .long }

  func vmxon(
    region: UInt64, qualification: UInt64 = 0, information: UInt32 = 0
  ) throws(Fault) -> VMXResult {
    if cr4 & CR4.vmxe == 0 || !isVMXMode { throw undefinedOpcode }
    guard !vmx.isOn else {
      if vmx.isNonRoot {
        throw vmExit(
          ExitReason.vmxon.rawValue, qualification: qualification, information: information)
      }
      if cpl > 0 { throw generalProtection() }
      return vmFail(15)
    }
    if cpl > 0 || !allowsVMXON { throw generalProtection() }
    guard vmx.capabilities.allowsPage(region) else { return .failInvalid }
    // Bit 31 must be 0 too.
    guard memory.load(region, as: UInt32.self) == vmx.capabilities.revisionIdentifier else {
      return .failInvalid
    }
    vmx.isOn = true
    vmx.vmxonPointer = region
    makeCurrent(VMXState.noVMCS)
    return .succeed
  }

  /// SDM 3C, "Enabling and Entering VMX Operation" and "Restrictions on VMX Operation".
  private var allowsVMXON: Bool {
    // IA32_FEATURE_CONTROL: lock, and VMX outside SMX operation.
    msrs.featureControl & 5 == 5 && vmx.capabilities.allowsCR0(cr0)
      && vmx.capabilities.allowsCR4(cr4)
  }

  func vmxoff() throws(Fault) -> VMXResult {
    try vmxPreconditions(.vmxoff)
    vmx.isOn = false
    makeCurrent(VMXState.noVMCS)
    return .succeed
  }

  func vmclear(
    region: UInt64, qualification: UInt64 = 0, information: UInt32 = 0
  ) throws(Fault) -> VMXResult {
    try vmxPreconditions(.vmclear, qualification: qualification, information: information)
    guard vmx.capabilities.allowsPage(region) else { return vmFail(2) }
    guard region != vmx.vmxonPointer else { return vmFail(3) }
    VMCS(memory: memory, address: region)?.launchState = .clear
    if region == vmx.currentVMCS { makeCurrent(VMXState.noVMCS) }
    return .succeed
  }

  func vmptrld(
    region: UInt64, qualification: UInt64 = 0, information: UInt32 = 0
  ) throws(Fault) -> VMXResult {
    try vmxPreconditions(.vmptrld, qualification: qualification, information: information)
    guard vmx.capabilities.allowsPage(region) else { return vmFail(9) }
    guard region != vmx.vmxonPointer else { return vmFail(10) }
    // What is no RAM reads all ones, which is no revision identifier.
    let word = memory.load(region, as: UInt32.self)
    let isShadow = word & VMCS.shadowBit != 0
    let shadowing = vmx.capabilities.supports(.secondary, SecondaryControls.vmcsShadowing)
    guard word & ~VMCS.shadowBit == vmx.capabilities.revisionIdentifier, !isShadow || shadowing
    else { return vmFail(11) }
    makeCurrent(region)
    return .succeed
  }

  /// The value that VMPTRST stores.
  func vmptrst(qualification: UInt64 = 0, information: UInt32 = 0) throws(Fault) -> UInt64 {
    try vmxPreconditions(.vmptrst, qualification: qualification, information: information)
    return vmx.currentVMCS
  }

  /// VMCALL in root operation fails: there is no SMM monitor to call.
  func vmcall() throws(Fault) -> VMXResult {
    if !vmx.isOn { throw undefinedOpcode }
    if vmx.isNonRoot { throw vmExit(ExitReason.vmcall.rawValue) }
    if !isVMXMode { throw undefinedOpcode }
    if cpl > 0 { throw generalProtection() }
    return vmFail(1)
  }

  /// Nothing is known of the VMCS at the new current-VMCS pointer.
  private func makeCurrent(_ pointer: UInt64) {
    vmx.currentVMCS = pointer
    vmx.unchecked = VMEntryCheckGroups.all
  }
}

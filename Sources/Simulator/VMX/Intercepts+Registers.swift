import X86

// SDM 3C, "Changes to Instruction Behavior in VMX Non-Root Operation": control and debug registers.
// `register` is the number of the general register, for the exit qualification.
extension Processor {
  /// The value that MOV to CR0 is to load: bits of the guest/host mask keep their values. Exits if
  /// one of them would differ from the read shadow.
  func interceptMovToCR0(_ value: UInt64, register: UInt8) throws(Fault) -> UInt64 {
    guard vmx.isNonRoot else { return value }
    if (value ^ vmx.cr0Shadow) & vmx.cr0Mask != 0 {
      throw crExit(ExitQualificationBits.movCR(0, from: false, register: register))
    }
    return (value & ~vmx.cr0Mask) | (cr0 & vmx.cr0Mask)
  }

  /// The same for CR4.
  func interceptMovToCR4(_ value: UInt64, register: UInt8) throws(Fault) -> UInt64 {
    guard vmx.isNonRoot else { return value }
    if (value ^ vmx.cr4Shadow) & vmx.cr4Mask != 0 {
      throw crExit(ExitQualificationBits.movCR(4, from: false, register: register))
    }
    return (value & ~vmx.cr4Mask) | (cr4 & vmx.cr4Mask)
  }

  /// CR0 as MOV from CR0 and SMSW read it: the read shadow in the bits of the guest/host mask.
  var visibleCR0: UInt64 { (cr0 & ~vmx.cr0Mask) | (vmx.cr0Shadow & vmx.cr0Mask) }
  var visibleCR4: UInt64 { (cr4 & ~vmx.cr4Mask) | (vmx.cr4Shadow & vmx.cr4Mask) }

  /// Exits with CR3-load exiting, unless the value is one of the active CR3-target values.
  func interceptMovToCR3(_ value: UInt64, register: UInt8) throws(Fault) {
    guard vmx.primaryControls & PrimaryControls.cr3LoadExiting != 0, let vmcs = currentVMCS else {
      return
    }
    let count = vmcs[.cr3TargetCount]
    for (index, target) in Processor.cr3Targets.enumerated()
    where index < count && vmcs[target] == value { return }
    throw crExit(ExitQualificationBits.movCR(3, from: false, register: register))
  }

  private static let cr3Targets: [VMCSField] = [
    .cr3TargetValue0, .cr3TargetValue1, .cr3TargetValue2, .cr3TargetValue3,
  ]

  func interceptMovFromCR3(register: UInt8) throws(Fault) {
    try intercept(
      primary: PrimaryControls.cr3StoreExiting, .crAccess,
      qualification: ExitQualificationBits.movCR(3, from: true, register: register))
  }

  func interceptMovToCR8(register: UInt8) throws(Fault) {
    try intercept(
      primary: PrimaryControls.cr8LoadExiting, .crAccess,
      qualification: ExitQualificationBits.movCR(8, from: false, register: register))
  }

  func interceptMovFromCR8(register: UInt8) throws(Fault) {
    try intercept(
      primary: PrimaryControls.cr8StoreExiting, .crAccess,
      qualification: ExitQualificationBits.movCR(8, from: true, register: register))
  }

  /// CLTS: exits if the host owns TS and the shadow has it; false if the host owns TS and the
  /// shadow has it not, so that CLTS does nothing; else true.
  func interceptCLTS() throws(Fault) -> Bool {
    guard vmx.cr0Mask & CR0.ts != 0 else { return true }
    if vmx.cr0Shadow & CR0.ts != 0 { throw crExit(ExitQualificationBits.clts) }
    return false
  }

  /// The value of CR0 that LMSW is to load. It can set PE but not clear it.
  func interceptLMSW(
    _ source: UInt16, isMemory: Bool, linear: UInt64? = nil
  ) throws(Fault) -> UInt64 {
    let value = UInt64(source & 0xf)
    let difference = (value ^ vmx.cr0Shadow) & vmx.cr0Mask
    let setsPE = difference & CR0.pe != 0 && value & CR0.pe != 0
    if difference & 0xe != 0 || setsPE {
      let fault = crExit(ExitQualificationBits.lmsw(source, isMemory: isMemory))
      pendingExit.guestLinear = linear
      throw fault
    }
    let writable = 0xf & ~vmx.cr0Mask
    return (cr0 & ~writable) | (value & writable) | (cr0 & CR0.pe)
  }

  private func crExit(_ qualification: UInt64) -> Fault {
    vmExit(ExitReason.crAccess.rawValue, qualification: qualification)
  }

  /// MOV to or from a debug register: before the checks of CPL and CR4.DE.
  func interceptMovDR(_ number: UInt8, from: Bool, register: UInt8) throws(Fault) {
    try intercept(
      primary: PrimaryControls.movDRExiting, .drAccess,
      qualification: ExitQualificationBits.movDR(number, from: from, register: register))
  }

  // MARK: Fixed bits

  /// SDM 3C, "Restrictions on VMX Operation": whether MOV to CR0 may load `value` here; otherwise
  /// it raises #GP(0). Always true outside VMX operation.
  func vmxAllowsCR0(_ value: UInt64) -> Bool {
    guard vmx.isOn else { return true }
    let unrestricted =
      vmx.isNonRoot && vmx.secondaryControls & SecondaryControls.unrestrictedGuest != 0
    return vmx.capabilities.allowsCR0(value, unrestricted: unrestricted)
  }

  func vmxAllowsCR4(_ value: UInt64) -> Bool {
    !vmx.isOn || vmx.capabilities.allowsCR4(value)
  }
}

import X86

/// The 16-byte memory operand of INVEPT and INVVPID.
public struct InvalidationDescriptor: Sendable, Equatable {
  public var low: UInt64
  public var high: UInt64

  public init(low: UInt64, high: UInt64 = 0) {
    self.low = low
    self.high = high
  }
}

extension Processor {
  func invept(
    type: UInt64, _ descriptor: InvalidationDescriptor, qualification: UInt64 = 0,
    information: UInt32 = 0
  ) throws(Fault) -> VMXResult {
    guard vmx.capabilities.supportsEPTOrVPID(20) else { throw undefinedOpcode }
    try vmxPreconditions(.invept, qualification: qualification, information: information)
    guard type == 1 || type == 2, vmx.capabilities.supportsEPTOrVPID(24 + type),
      descriptor.high == 0
    else { return vmFail(28) }
    if type == 1 {
      guard vmx.capabilities.eptPointerFlaw(descriptor.low) == nil else { return vmFail(28) }
      tlb.flush(eptRoot: descriptor.low >> 12)
    } else {
      tlb.flush(eptRoot: nil)
    }
    return .succeed
  }

  func invvpid(
    type: UInt64, _ descriptor: InvalidationDescriptor, qualification: UInt64 = 0,
    information: UInt32 = 0
  ) throws(Fault) -> VMXResult {
    guard vmx.capabilities.supportsEPTOrVPID(32) else { throw undefinedOpcode }
    try vmxPreconditions(.invvpid, qualification: qualification, information: information)
    guard type <= 3, vmx.capabilities.supportsEPTOrVPID(40 + type), descriptor.low >> 16 == 0 else {
      return vmFail(28)
    }
    let vpid = UInt16(truncatingIfNeeded: descriptor.low)
    if type != 2 && vpid == 0 { return vmFail(28) }
    switch type {
    case 0:
      guard vmx.capabilities.isCanonical(descriptor.high) else { return vmFail(28) }
      tlb.flushPage(descriptor.high, vpid: vpid)
    case 1: tlb.flush(vpid: vpid, keepsGlobals: false)
    case 2: tlb.flushGuests()
    default: tlb.flush(vpid: vpid, keepsGlobals: true)
    }
    return .succeed
  }
}

extension VMXCapabilities {
  /// What is wrong with an EPT pointer (SDM 3C, "Checks on VM-Execution Control Fields"); nil if VM
  /// entry accepts it.
  func eptPointerFlaw(_ eptp: UInt64) -> String? {
    switch eptp & 7 {
    case 0 where supportsEPTOrVPID(8), 6 where supportsEPTOrVPID(14): break
    default: return "a supported memory type in bits 2:0 (6 write-back, 0 uncacheable)"
    }
    switch (eptp >> 3) & 7 {
    case 3 where supportsEPTOrVPID(6), 4 where supportsEPTOrVPID(7): break
    default: return "a supported page-walk length minus 1 in bits 5:3 (3)"
    }
    if eptp & 1 << 6 != 0 && !supportsEPTOrVPID(21) { return "bit 6 = 0 (no accessed flags)" }
    if eptp & 1 << 7 != 0 && !supportsEPTOrVPID(23) { return "bit 7 = 0 (no shadow stacks)" }
    if eptp & 0xf00 != 0 { return "bits 11:8 = 0" }
    return allowsPhysical(eptp) ? nil : "an address below the physical-address width"
  }
}

import X86

/// What VMREAD yields.
public struct VMReadResult: Sendable, Equatable {
  public var result: VMXResult
  /// 0 unless the instruction succeeded.
  public var value: UInt64 = 0
}

extension Processor {
  /// VMREAD of the field that the 64-bit operand names; outside 64-bit mode its upper half is 0.
  func vmread(
    _ encoding: UInt64, qualification: UInt64 = 0, information: UInt32 = 0
  ) throws(Fault) -> VMReadResult {
    try vmxPreconditions(.vmread, qualification: qualification, information: information)
    guard let vmcs = currentVMCS else { return VMReadResult(result: .failInvalid) }
    guard let field = VMCSField(operand: encoding), let value = vmcs.read(field) else {
      return VMReadResult(result: .failValid(12))
    }
    return VMReadResult(result: .succeed, value: value)
  }

  /// VMWRITE: the value is truncated or zero-extended to the width of the field and not checked.
  func vmwrite(
    _ encoding: UInt64, _ value: UInt64, qualification: UInt64 = 0, information: UInt32 = 0
  ) throws(Fault) -> VMXResult {
    try vmxPreconditions(.vmwrite, qualification: qualification, information: information)
    guard let vmcs = currentVMCS else { return .failInvalid }
    guard let field = VMCSField(operand: encoding) else { return .failValid(12) }
    if field.type == .exitInformation && !vmx.capabilities.allowsWritingExitInformation {
      return .failValid(13)
    }
    vmcs.write(field, value)
    noteWrite(field)
    return .succeed
  }

  /// Notes that the next VM entry has to make the checks that read `field`, and to load it.
  func noteWrite(_ field: VMCSField) {
    vmx.unchecked |= VMEntryCheckGroups.reading(field)
    if field.type == .guest { vmx.loadedGuest = VMXState.noVMCS }
  }
}

extension VMCSField {
  /// The field that an operand of VMREAD or VMWRITE names; nil if there is none.
  init?(operand: UInt64) {
    guard let encoding = UInt32(exactly: operand) else { return nil }
    self.init(rawValue: encoding)
    guard isDefined else { return nil }
  }
}

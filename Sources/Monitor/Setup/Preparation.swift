import X86

/// What has been done of the way into VMX operation, by the learner or by the monitor itself.
struct Preparation: Sendable {
  /// The processor is in the host's state, and the monitor's area is filled.
  var isHost = false
  /// VMCSs that `setup` or a VMWRITE has filled: the monitor leaves them as they are.
  var filled: Set<UInt64> = []
  /// The guest's registers as they were before the first VMCS became current.
  var planned: Registers?
  /// EPT pointer of the tables that were built; nil before.
  var eptPointer: UInt64?
  /// Fields, in the order of `VMCSField.all`, when the last command that entered the guest began.
  var fieldsBeforeEntry: [UInt64] = []
}

import X86

/// A VMX instruction typed at the prompt. An address that is nil means the monitor's own region.
public enum PromptInstruction: Sendable, Equatable {
  case vmxon(UInt64?)
  case vmxoff
  case vmclear(UInt64?)
  case vmptrld(UInt64?)
  case vmptrst
  case vmread(VMCSField)
  case vmwrite(VMCSField, UInt64)
  case vmlaunch
  case vmresume
  case vmcall
  case invept(type: UInt64, pointer: UInt64)
  case invvpid(type: UInt64, vpid: UInt16, linear: UInt64)
}

/// What the processor answered to a VMX instruction.
public struct VMXAnswer: Sendable, Equatable {
  /// The names that JSON shows.
  public enum Outcome: String, Sendable {
    case success
    case failInvalid = "fail-invalid"
    case failValid = "fail-valid"
    /// A VM entry succeeded and the guest came back, or it failed after the controls were checked.
    case exit
    /// The instruction raised `vector` instead.
    case fault
  }
  public var outcome: Outcome
  /// Number in the VM-instruction error field, with `failValid`.
  public var error: UInt32?
  /// What came back, with `exit`.
  public var exit: VMExit?
  /// The exception, with `fault`.
  public var vector: UInt8?
  /// What VMREAD or VMPTRST yielded; the address that VMXON, VMCLEAR or VMPTRLD was given.
  public var value: UInt64?
  /// What the monitor did beside the instruction, one line each.
  public var notes: [String] = []

  public init(
    _ outcome: Outcome, error: UInt32? = nil, exit: VMExit? = nil, vector: UInt8? = nil,
    value: UInt64? = nil
  ) {
    self.outcome = outcome
    self.error = error
    self.exit = exit
    self.vector = vector
    self.value = value
  }
}

/// Where the processor is in VMX operation.
public struct VMXStatus: Sendable, Equatable {
  /// Between VMXON and VMXOFF.
  public var isOn: Bool
  /// Address of the current VMCS.
  public var current: UInt64?
  /// Launch state of the current VMCS.
  public var isLaunched: Bool
  /// In VMX non-root operation: the guest was stopped between two exits.
  public var isInGuest: Bool

  public init(
    isOn: Bool = false, current: UInt64? = nil, isLaunched: Bool = false, isInGuest: Bool = false
  ) {
    self.isOn = isOn
    self.current = current
    self.isLaunched = isLaunched
    self.isInGuest = isInGuest
  }
}

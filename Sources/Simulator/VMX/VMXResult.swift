import X86

/// How a VMX instruction ends when it neither faults nor exits (SDM 3C, "Conventions").
public enum VMXResult: Sendable, Equatable {
  case succeed
  case failInvalid
  /// The number that the VM-instruction error field receives.
  case failValid(UInt32)
}

/// How VMLAUNCH and VMRESUME end.
public enum VMEntryOutcome: Sendable, Equatable {
  case failInvalid
  case failValid(UInt32)
  /// The guest runs: registers are the guest's.
  case entered
  /// The entry failed after its checks of controls and host state: the host state is loaded, and
  /// execution goes on at the host RIP.
  case entryFailure(VMExit)
}

/// The same without the exit, for those who look at `pendingExit`.
enum EntryResult {
  case failInvalid
  case failValid(UInt32)
  case entered, entryFailure
}

extension VMEntryOutcome {
  /// The result to be applied at the instruction; nil if RIP and RFLAGS were replaced.
  public var result: VMXResult? {
    switch self {
    case .failInvalid: .failInvalid
    case .failValid(let number): .failValid(number)
    case .entered, .entryFailure: nil
    }
  }
}

extension Processor {
  /// VMfail: with a current VMCS VMfailValid, without one VMfailInvalid.
  func vmFail(_ error: UInt32) -> VMXResult {
    vmx.currentVMCS == VMXState.noVMCS ? .failInvalid : .failValid(error)
  }

  /// Sets the arithmetic flags as VMsucceed, VMfailInvalid and VMfailValid do, and stores the error
  /// number.
  func applyResult(_ result: VMXResult) {
    switch result {
    case .succeed:
      arithmeticFlags = 0
    case .failInvalid:
      arithmeticFlags = RFLAGS.cf.rawValue
    case .failValid(let error):
      arithmeticFlags = RFLAGS.zf.rawValue
      if let vmcs = currentVMCS { vmcs[.vmInstructionError] = UInt64(error) }
    }
  }
}

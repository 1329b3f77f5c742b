import X86

extension ExitHandler {
  /// CPUID hides VMX from the guest, so its instructions are as on a processor without it.
  static func virtualizationInstruction(_ reason: ExitReason) -> ExitHandler {
    ExitHandler(reason, "raises #UD: the guest's processor has no VMX") { monitor, _ in
      try monitor.raise(6, errorCode: nil)
      return .resume
    }
  }
}

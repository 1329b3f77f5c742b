import X86

/// The simulator's model of what an exit costs: cycles from the guest's instruction through the
/// monitor and back, as they were published for KVM.
///
/// Figures hold for one processor each. These are of one run on one machine, so that they can be
/// compared with one another.
public enum ExitCosts {
  public struct Row: Sendable, Equatable {
    /// The exit in the model.
    public var exit: String
    public var cycles: UInt64
    /// What was measured.
    public var measured: String
    public var source: String
  }

  private static let run =
    "A. Lutomirski, \"x86/kvm/vmx: Defer TR reload after VM exit\", commit message in Linux, 2017 "
    + "(kvm-unit-tests vmexit.flat, KVM 4.10 on Intel)"

  public static let cpuid = Row(
    exit: "CPUID", cycles: cpuidCycles, measured: "round trip of CPUID", source: run)
  static var cpuidCycles: UInt64 { 1313 }
  public static let vmcall = Row(
    exit: "VMCALL", cycles: 1195, measured: "round trip of VMCALL", source: run)
  public static let input = Row(
    exit: "I/O instruction, IN", cycles: 2435, measured: "IN handled in the kernel", source: run)
  public static let output = Row(
    exit: "I/O instruction, OUT", cycles: 1402, measured: "OUT handled in the kernel",
    source: run)
  /// No figure of its own was found, so the exit counts as the bare round trip.
  public static let other = Row(
    exit: "any other exit", cycles: 1313,
    measured: "round trip of CPUID, for want of a figure of its own", source: run)

  public static let rows = [cpuid, vmcall, input, output, other]

  /// The row that `exit` costs by.
  public static func row(of exit: VMExit) -> Row {
    switch ExitReason(rawValue: exit.reason) {
    case .cpuid: cpuid
    case .vmcall: vmcall
    // SDM 3C, "Exit Qualification for I/O Instructions": bit 3 is 1 for IN.
    case .ioInstruction: exit.qualification & 8 != 0 ? input : output
    default: other
    }
  }

  /// The cycles of `row(of:)`, without a copy of the row at each exit.
  @inline(__always)
  public static func cycles(of exit: VMExit) -> UInt64 {
    switch ExitReason(rawValue: exit.reason) {
    case .cpuid: cpuidCycles
    case .vmcall: vmcall.cycles
    case .ioInstruction: exit.qualification & 8 != 0 ? input.cycles : output.cycles
    default: other.cycles
    }
  }
}

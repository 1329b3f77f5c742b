import X86

/// Instructions for which an oracle is no authority, and why.
struct OracleException {
  let oracles: Set<String>
  let mnemonics: Set<Mnemonic>
  /// The mode, and whatever else makes it one.
  var applies: @Sendable (TestCase, Instruction) -> Bool = { _, _ in true }
  let why: String
  /// Of the Software Developer's Manual.
  let section: String

  /// Not executed by this simulator, as CPUID says; nobody is asked.
  static let notSimulated: Set<Mnemonic> = [
    .x87, .mmx, .sse, .fxsave, .fxrstor, .xsave, .xrstor, .xsaveopt, .xsavec, .xsaves, .xrstors,
    .ldmxcsr, .stmxcsr, .emms, .avx, .wait,
  ]

  static let all: [OracleException] = [
    OracleException(
      oracles: ["native", "kvm", "unicorn"],
      mnemonics: [.cpuid, .rdtsc, .rdtscp, .rdpmc, .rdpid, .rdrand, .rdseed, .xgetbv],
      why: "its result is the oracle's own, not the simulated processor's",
      section: "2, the instructions' pages"),
    OracleException(
      oracles: ["native", "kvm"],
      mnemonics: [
        .vmcall, .vmclear, .vmlaunch, .vmresume, .vmptrld, .vmptrst, .vmread, .vmwrite, .vmxoff,
        .vmxon, .vmfunc, .invept, .invvpid, .getsec, .monitor, .mwait,
      ],
      why: "the host processor may have no VMX, or be a guest itself",
      section: "3C, VMX Instruction Reference"),
    OracleException(
      oracles: ["native", "kvm"], mnemonics: [.syscall, .sysenter, .int, .int1],
      why: "the host's kernel answers", section: "2B, SYSCALL; 3A, Interrupt Descriptor Table"),
  ]

  static func first(_ oracle: String, _ test: TestCase, _ instruction: Instruction)
    -> OracleException?
  {
    all.first {
      $0.oracles.contains(oracle) && $0.mnemonics.contains(instruction.mnemonic)
        && $0.applies(test, instruction)
    }
  }
}

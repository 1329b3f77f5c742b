import X86

/// x87, MMX, SSE and later: CPUID reports them absent, and their opcodes fault as the manual says for
/// such a processor.
extension Processor {
  func absentExtension(_ i: Instruction) throws(Fault) {
    // SDM 3A, "Emulation of x87 FPU": with CR0.EM or CR0.TS set, ESC opcodes are #NM.
    if i.mnemonic == .x87, cr0 & (CR0.em | CR0.ts) != 0 { throw exception(7) }
    throw undefinedOpcode
  }

  /// WAIT: #NM if CR0.MP and CR0.TS are set (SDM 2, "WAIT/FWAIT").
  func waitForX87() throws(Fault) {
    if cr0 & CR0.mp != 0, cr0 & CR0.ts != 0 { throw exception(7) }
  }
}

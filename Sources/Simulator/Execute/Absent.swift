import X86

/// x87, MMX, SSE and later: CPUID reports them absent, and their opcodes fault as the manual says for
/// such a processor.
extension Processor {
  func absentExtension(_ i: Instruction) throws(Fault) {
    if i.mnemonic == .x87 {
      // SDM 3A, "Emulation of x87 FPU": with CR0.EM or CR0.TS set, ESC opcodes are #NM.
      if cr0 & (CR0.em | CR0.ts) != 0 { throw exception(7) }
      if try probeX87(i) { return }
    }
    noteUnimplemented(i.mnemonic)
    throw undefinedOpcode
  }

  /// FNINIT, FNSTCW and FNSTSW execute, because start-up code asks with them whether there is an x87
  /// (SDM 1, "Detecting an x87 FPU").
  private func probeX87(_ i: Instruction) throws(Fault) -> Bool {
    let (opcode, modRM) = (i.immediate2 >> 8, i.immediate2 & 0xff)
    let isMemory = i.operand0.kind == .memory
    switch (opcode, (modRM >> 3) & 7) {
    case (0xdb, 4) where modRM == 0xe3: x87 = .initial
    case (0xd9, 7) where isMemory: try write(i, i.operand0, UInt64(x87.controlWord))
    case (0xdd, 7) where isMemory: try write(i, i.operand0, UInt64(x87.statusWord))
    case (0xdf, 4) where modRM == 0xe0: write16(0, x87.statusWord)
    default: return false
    }
    return true
  }

  /// WAIT: #NM if CR0.MP and CR0.TS are set (SDM 2, "WAIT/FWAIT").
  func waitForX87() throws(Fault) {
    if cr0 & CR0.mp != 0, cr0 & CR0.ts != 0 { throw exception(7) }
  }
}

import X86

extension Processor {
  /// CLI and STI (SDM 2): by IOPL, or on VIF.
  func interruptFlag(_ i: Instruction) throws(Fault) {
    if mode != .real, iopl < cpl { return try virtualInterruptFlag(i) }
    if i.mnemonic == .cli {
      systemFlags &= ~RFLAGS.if.rawValue
      return
    }
    let wasClear = systemFlags & RFLAGS.if.rawValue == 0
    systemFlags |= RFLAGS.if.rawValue
    // The instruction after STI is executed before interrupts are taken, if IF was 0.
    if wasClear { shadowInterrupts(.sti) }
    attention = true
  }

  /// Interrupts wait for one instruction. A second shadow in a row does not extend the first.
  func shadowInterrupts(_ shadow: InterruptShadow) {
    if interruptShadow == .none { interruptShadow = shadow }
    attention = true
    stopBlock()
  }

  /// CLAC and STAC: only at CPL 0 of a processor with SMAP.
  func accessFlag(_ i: Instruction) throws(Fault) {
    if cpl != 0 || mode == .virtual8086 { throw undefinedOpcode }
    if i.mnemonic == .stac {
      systemFlags |= RFLAGS.ac.rawValue
    } else {
      systemFlags &= ~RFLAGS.ac.rawValue
    }
  }

  /// Ends the block after the instruction that is executing.
  @inline(__always)
  func stopBlock() {
    // SAFETY: the loop compares op < blockEnd and then advances; the arena's start ends it at once.
    unsafe blockEnd = UnsafePointer(blocks.ops)
  }
}

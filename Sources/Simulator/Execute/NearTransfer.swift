import X86

extension Processor {
  /// RIP truncated to the operand size, checked against CS (SDM 2, "JMP").
  func setRIP(_ target: UInt64, size: UInt8) throws(Fault) {
    let truncated = target & Processor.mask(size)
    try checkBranchTarget(truncated)
    rip = truncated
  }

  func jumpRelative(_ i: Instruction) throws(Fault) {
    try setRIP(rip &+ i.immediate, size: i.operandSize)
  }

  func jumpConditionally(_ i: Instruction) throws(Fault) {
    guard condition(i.condition) else { return }
    try jumpRelative(i)
    stopBlock()
  }

  func jump(_ i: Instruction) throws(Fault) {
    if i.operand0.kind == .relative { return try jumpRelative(i) }
    try setRIP(try read(i, i.operand0), size: i.operandSize)
  }

  func call(_ i: Instruction) throws(Fault) {
    let target =
      i.operand0.kind == .relative ? rip &+ i.immediate : try read(i, i.operand0)
    let truncated = target & Processor.mask(i.operandSize)
    try checkBranchTarget(truncated)
    try pushSized(i.operandSize, rip)
    rip = truncated
  }

  func ret(_ i: Instruction) throws(Fault) {
    let old = r[4]
    do throws(Fault) {
      let target = try popSized(i.operandSize)
      try setRIP(target, size: i.operandSize)
    } catch {
      r[4] = old
      throw error
    }
    if i.operandCount > 0 { releaseStack(i.immediate) }
  }

  /// Adds to the stack pointer within its size.
  func releaseStack(_ bytes: UInt64) {
    r[4] = (r[4] & ~stackMask) | ((r[4] &+ bytes) & stackMask)
  }

  /// LOOP, LOOPE, LOOPNE and JRCXZ; the count register has the address size.
  func loop(_ i: Instruction) throws(Fault) {
    let mask = Processor.mask(i.addressSize)
    if i.mnemonic == .jrcxz {
      if r[1] & mask == 0 { try jumpRelative(i) }
      return
    }
    let count = (r[1] &- 1) & mask
    let goesOn =
      switch i.mnemonic {
      case .loope: count != 0 && zf
      case .loopne: count != 0 && !zf
      default: count != 0
      }
    if goesOn { try jumpRelative(i) }
    writeRegister(1, i.addressSize, count)
  }
}

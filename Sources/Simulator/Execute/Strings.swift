import X86

/// String instructions. One call executes all repetitions; each is complete in itself, so that a fault
/// leaves rCX, rSI and rDI at the repetition that faulted (SDM 2, "REP").
extension Processor {
  func string(_ i: Instruction) throws(Fault) {
    let repeats = i.prefixes.contains(.rep) || i.prefixes.contains(.repne)
    guard repeats else { return try stringItem(i) }
    let mask = Processor.mask(i.addressSize)
    var budget = repetitionBudget
    while r[1] & mask != 0 {
      if budget == 0 { return repeatInstruction(i) }
      let done = stringRun(i, min(r[1] & mask, UInt64(budget)))
      if done > 0 {
        budget -= Int(done)
        writeCounted(1, i, (r[1] & mask) &- done)
        continue
      }
      budget -= 1
      try stringItem(i)
      writeCounted(1, i, (r[1] & mask) &- 1)
      if i.mnemonic == .cmps || i.mnemonic == .scas {
        // REPE ends when ZF is 0, REPNE when it is 1.
        if zf == i.prefixes.contains(.repne) { break }
      }
    }
  }

  /// Repetitions in one go. Interrupts are taken between goes, as hardware takes them between
  /// repetitions; a single step is one repetition (SDM 3B, "Single-Step Exception Condition").
  /// A monitor emulates one repetition a VM exit, as KVM does: each next one exits again.
  var repetitionBudget: Int {
    isSingleStepping || armed.hasData || armed.hasPorts || emulationBus != nil ? 1 : 4096
  }

  private var isSingleStepping: Bool { systemFlags & RFLAGS.tf.rawValue != 0 }

  /// INS: an emulating monitor reads the port ahead, as KVM does.
  var inputRepetitionBudget: Int {
    isSingleStepping || armed.hasData || armed.hasPorts ? 1 : 4096
  }

  /// Puts RIP back to the instruction. Each batch counts as an instruction, so that a limit holds for
  /// repetitions, too.
  func repeatInstruction(_ i: Instruction) {
    rip = rip &- UInt64(i.length)
    isPutBack = true
    // SDM 3B, "Instruction-Breakpoint Exception Condition": what comes between repetitions saves RF as
    // 1. It is cleared when the instruction goes on.
    systemFlags |= RFLAGS.rf.rawValue
    attention = true
    stopBlock()
  }

  private func stringItem(_ i: Instruction) throws(Fault) {
    let item = i.operand0.kind == .register ? i.operand1 : i.operand0
    let size = item.size
    let source = i.segment.rawValue
    let si = r[6] & Processor.mask(i.addressSize)
    let di = r[7] & Processor.mask(i.addressSize)
    switch i.mnemonic {
    case .movs:
      try storeSized(0, di, size, try loadSized(source, si, size))
      advance(i, size, source: true, destination: true)
    case .stos:
      try storeSized(0, di, size, r[0])
      advance(i, size, source: false, destination: true)
    case .lods:
      writeRegister(0, size, try loadSized(source, si, size))
      advance(i, size, source: true, destination: false)
    case .scas:
      let value = try loadSized(0, di, size)
      compareItems(r[0], value, size)
      advance(i, size, source: false, destination: true)
    default:
      let first = try loadSized(source, si, size)
      let second = try loadSized(0, di, size)
      compareItems(first, second, size)
      advance(i, size, source: true, destination: true)
    }
  }

  private func compareItems(_ a: UInt64, _ b: UInt64, _ size: UInt8) {
    switch size {
    case 1: _ = subtract(UInt8(truncatingIfNeeded: a), UInt8(truncatingIfNeeded: b))
    case 2: _ = subtract(UInt16(truncatingIfNeeded: a), UInt16(truncatingIfNeeded: b))
    case 4: _ = subtract(UInt32(truncatingIfNeeded: a), UInt32(truncatingIfNeeded: b))
    default: _ = subtract(a, b)
    }
  }

  /// Moves rSI and rDI by the item size, up or down by DF.
  func advance(_ i: Instruction, _ size: UInt8, source: Bool, destination: Bool) {
    let step = systemFlags & RFLAGS.df.rawValue != 0 ? 0 &- UInt64(size) : UInt64(size)
    if source { writeCounted(6, i, r[6] &+ step) }
    if destination { writeCounted(7, i, r[7] &+ step) }
  }

  /// Writes an address-sized register.
  func writeCounted(_ number: UInt8, _ i: Instruction, _ value: UInt64) {
    writeRegister(number, i.addressSize, value)
  }
}

import X86

/// Makes the state before an instruction: values at which it changes its ways, and registers that
/// make its memory operand a place in the data window.
struct StateGenerator {
  let mode: CaseMode

  /// Random registers and flags.
  func fill(_ test: inout TestCase, _ random: inout SplitMix) {
    for number in 0..<mode.registerCount {
      test.registers[number] = Values.any(&random) & mode.mask
    }
    test.rflags = random.next() & (RFLAGS.arithmetic.rawValue | RFLAGS.df.rawValue) | 0x202
    if random.chance(3) { test.rflags |= RFLAGS.tf.rawValue }
    if random.chance(4) { test.rflags |= RFLAGS.ac.rawValue }
    if random.chance(90) {
      test.registers[4] = stackPointer(&random)
    }
    for number in [5, 6, 7] where random.chance(50) { setPointer(&test, number, &random) }
  }

  private func stackPointer(_ random: inout SplitMix) -> UInt64 {
    let aligned = Layout.window + 0x200 + random.below(Layout.writable - 0x400) & ~7
    switch random.below(20) {
    case 0: return Values.address(&random) &- mode.base & mode.mask
    case 1: return aligned &- mode.base &+ random.below(8)
    // The last bytes of a stack that grows out of its page.
    case 2: return Layout.window &- mode.base &+ random.below(40)
    default: return aligned &- mode.base
    }
  }

  private func setPointer(_ test: inout TestCase, _ number: Int, _ random: inout SplitMix) {
    test.registers[number] = Values.address(&random) &- mode.base & mode.mask
  }

  /// Fits the registers to `instruction`.
  func fit(_ test: inout TestCase, to instruction: Instruction, _ random: inout SplitMix) {
    switch instruction.mnemonic {
    case .movs, .cmps, .stos, .lods, .scas, .ins, .outs:
      for number in [6, 7] where random.chance(90) { setPointer(&test, number, &random) }
      if random.chance(90) { test.registers[1] = random.below(24) }
    case .xlat: setPointer(&test, 3, &random)
    case .rol, .ror, .rcl, .rcr, .shl, .shr, .sar, .shld, .shrd, .shlx, .shrx, .sarx:
      if random.chance(50) {
        test.registers[1] = test.registers[1] & ~0xff & mode.mask | random.below(72)
      }
    case .div, .idiv: fitDivision(&test, instruction, &random)
    case .loop, .loope, .loopne, .jrcxz:
      if random.chance(50) { test.registers[1] = random.below(4) }
    case .bt, .bts, .btr, .btc:
      let register = instruction.operand1
      if register.kind == .register, random.chance(80) {
        let bit = Int64(random.below(0x2000)) - 0x1000
        test.registers[Int(register.number & 15)] = UInt64(bitPattern: bit) & mode.mask
      }
    case .cmpxchg, .cmpxchg8b, .cmpxchg16b: break
    default: break
    }
    if hasMemory(instruction) { aim(&test, instruction, Values.address(&random)) }
    fitComparison(&test, instruction, &random)
  }

  private func hasMemory(_ instruction: Instruction) -> Bool {
    [instruction.operand0, instruction.operand1, instruction.operand2].contains {
      $0.kind == .memory
    }
  }

  /// Chooses the base, or the index, so that the effective address is `linear`.
  private func aim(_ test: inout TestCase, _ i: Instruction, _ linear: UInt64) {
    let mask: UInt64 = i.addressSize == 8 ? ~0 : i.addressSize == 4 ? 0xffff_ffff : 0xffff
    func register(_ number: UInt8) -> UInt64 { number < 16 ? test.registers[Int(number)] : 0 }
    let wanted = linear &- mode.base(of: i.segment)
    let rest = wanted &- UInt64(bitPattern: i.displacement)
    if i.base < 16, i.base != i.index {
      let value = rest &- register(i.index) &<< UInt64(i.scale)
      let kept = test.registers[Int(i.base)] & ~mask
      test.registers[Int(i.base)] = (value & mask | kept) & mode.mask
    } else if i.index < 16, i.base == Instruction.none {
      let kept = test.registers[Int(i.index)] & ~mask
      test.registers[Int(i.index)] = ((rest & mask) >> UInt64(i.scale) | kept) & mode.mask
    }
  }

  /// A quotient that fits in at least some of the cases.
  private func fitDivision(
    _ test: inout TestCase, _ instruction: Instruction, _ random: inout SplitMix
  ) {
    guard random.chance(70) else { return }
    if instruction.operand0.size == 1 {
      test.registers[0] = random.below(0x1000)
    } else {
      let isNegative = instruction.mnemonic == .idiv && random.chance(50)
      test.registers[2] = isNegative ? mode.mask : random.below(3)
      if isNegative { test.registers[0] |= 0x8000_8000_8000_8000 & mode.mask }
    }
  }

  /// A comparison that finds equal values: the accumulator is what the data window holds.
  private func fitComparison(
    _ test: inout TestCase, _ instruction: Instruction, _ random: inout SplitMix
  ) {
    switch instruction.mnemonic {
    case .cmpxchg, .cmpxchg8b, .cmpxchg16b: break
    default: return
    }
    guard random.chance(50), let address = linearAddress(test, instruction),
      address >= Layout.window, address < Layout.window + Layout.writable - 16
    else { return }
    let offset = Int(address - Layout.window)
    func word(_ offset: Int, _ count: Int) -> UInt64 {
      (0..<count).reduce(0) {
        $0 | UInt64(DataWindow.initial[offset + $1]) << UInt64($1 * 8)
      }
    }
    let half = instruction.mnemonic == .cmpxchg8b ? 4 : 8
    test.registers[0] = word(offset, half) & mode.mask
    if instruction.mnemonic != .cmpxchg {
      test.registers[2] = word(offset + half, half) & mode.mask
    }
  }

  /// The address of the memory operand before the instruction.
  func linearAddress(_ test: TestCase, _ i: Instruction) -> UInt64? {
    guard hasMemory(i), i.base != Instruction.rip else { return nil }
    let mask: UInt64 = i.addressSize == 8 ? ~0 : i.addressSize == 4 ? 0xffff_ffff : 0xffff
    let base = i.base < 16 ? test.registers[Int(i.base)] : 0
    let index = i.index < 16 ? test.registers[Int(i.index)] : 0
    let offset = base &+ index &<< UInt64(i.scale) &+ UInt64(bitPattern: i.displacement)
    return offset & mask &+ mode.base(of: i.segment)
  }
}

import X86

/// The deterministic source of RDRAND and RDSEED: the same machine draws the same numbers.
struct RandomSource: Sendable, Equatable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

extension Processor {
  /// RDRAND and RDSEED: a number is always available, so CF is set and the other flags cleared.
  func randomNumber(_ i: Instruction) throws(Fault) {
    try interceptRandom(i)
    writeRegister(i.operand0.number, i.operand0.size, random.next())
    arithmeticFlags = RFLAGS.cf.rawValue
  }

  /// Draws a number into the register that the instruction-information field of an exit names.
  public func answerRandom(information: UInt32) {
    let sizes: [UInt8] = [2, 4, 8, 8]
    writeRegister(
      UInt8((information >> 3) & 15), sizes[Int((information >> 11) & 3)], random.next())
  }

  /// SDM 3C, "Format of the VM-Exit Instruction-Information Field as Used for RDRAND and RDSEED".
  private func interceptRandom(_ i: Instruction) throws(Fault) {
    let isRDRAND = i.mnemonic == .rdrand
    let control =
      isRDRAND ? SecondaryControls.rdrandExiting : SecondaryControls.rdseedExiting
    guard vmx.secondaryControls & control != 0 else { return }
    let size: UInt32 = i.operand0.size == 2 ? 0 : i.operand0.size == 4 ? 1 : 2
    throw vmExit(
      (isRDRAND ? ExitReason.rdrand : ExitReason.rdseed).rawValue,
      information: UInt32(i.operand0.number & 15) << 3 | size << 11)
  }
}

import X86

/// Makes random basic blocks: computation on registers and on the data window, with short jumps
/// forward and at most one loop around all of it.
struct BlockGenerator {
  let mode: CaseMode
  let forms: [OpcodeForm]
  /// Instructions that an oracle in use may execute differently are left out.
  let oracles: [String]

  /// Pointers into the data window, which the block does not write: RSP, RBP, RSI and RDI.
  private static let pointers: Set<UInt8> = [4, 5, 6, 7]

  static let mnemonics: Set<Mnemonic> = [
    .mov, .movzx, .movsx, .movsxd, .xchg, .bswap, .cmovcc, .lea, .push, .pop, .lahf, .sahf, .cbw,
    .cwde, .cdqe, .cwd, .cdq, .cqo, .movbe, .add, .or, .adc, .sbb, .and, .sub, .xor, .cmp, .test,
    .not, .neg, .inc, .dec, .mul, .imul, .div, .idiv, .daa, .das, .aaa, .aas, .aam, .aad, .cmpxchg,
    .cmpxchg8b, .xadd, .adcx, .adox, .crc32, .rol, .ror, .rcl, .rcr, .shl, .shr, .sar, .shld, .shrd,
    .bt, .bts, .btr, .btc, .bsf, .bsr, .popcnt, .lzcnt, .tzcnt, .andn, .bextr, .blsi, .blsmsk,
    .blsr,
    .bzhi, .mulx, .pdep, .pext, .rorx, .sarx, .shlx, .shrx, .setcc, .movs, .cmps, .stos, .lods,
    .scas, .clc, .stc, .cmc, .cld, .std, .salc, .nop, .xlat, .pushf,
  ]

  private struct Piece {
    var bytes: [UInt8]
    /// Of a jump: how many of the following pieces it skips.
    var skips: Int?
    var decoded: Instruction
  }

  /// The code, and the flags that may be undefined at some point of it.
  func block(_ test: inout TestCase, _ random: inout SplitMix) -> UInt64 {
    let loops = random.chance(30)
    var pieces: [Piece] = []
    let count = 2 + Int(random.below(9))
    var undefined: UInt64 = 0
    var joins: [(index: Int, flags: UInt64)] = []
    var seen: UInt64 = 0
    var size = 0
    while pieces.count < count, size < TestCase.codeBytes - 18 {
      for join in joins where join.index == pieces.count { undefined |= join.flags }
      let canSkip = pieces.count + 2 < count
      guard let piece = piece(undefined, loops, canSkip, test, &random) else { continue }
      if let skips = piece.skips { joins.append((pieces.count + 1 + skips, undefined)) }
      undefined &= ~FlagUse.written(piece.decoded)
      undefined |= UndefinedResults.after(piece.decoded, nil).flags
      seen |= undefined
      size += piece.bytes.count
      pieces.append(piece)
    }
    for index in pieces.indices { aimJump(&pieces, index) }
    test.code = Array(pieces.map(\.bytes).joined())
    // What a round leaves undefined, the next one must not read.
    let readable = pieces.allSatisfy { FlagUse.read($0.decoded) & seen == 0 }
    if loops, readable {
      test.code += [0xe2, UInt8(truncatingIfNeeded: -(test.code.count + 2))]
      test.registers[1] = 1 + random.below(4)
    }
    return seen
  }

  /// A jump over the pieces behind it; fewer if there are fewer.
  private func aimJump(_ pieces: inout [Piece], _ index: Int) {
    guard let skips = pieces[index].skips else { return }
    let end = min(index + 1 + skips, pieces.count)
    let distance = pieces[(index + 1)..<end].reduce(0) { $0 + $1.bytes.count }
    pieces[index].bytes[1] = UInt8(truncatingIfNeeded: distance)
  }

  private func piece(
    _ undefined: UInt64, _ loops: Bool, _ canSkip: Bool, _ test: TestCase, _ random: inout SplitMix
  ) -> Piece? {
    var bytes: [UInt8]
    var skips: Int?
    if canSkip, random.chance(12) {
      bytes = [0x70 | random.byte() & 15, 0]
      skips = 1 + Int(random.below(3))
    } else {
      bytes = InstructionGenerator(mode: mode, start: test.start)
        .encoding(random.pick(forms), &random)
    }
    guard let decoded = try? Decoder.decode(InstructionBytes(bytes), mode.codeSize),
      skips != nil || Self.mnemonics.contains(decoded.mnemonic),
      FlagUse.read(decoded) & undefined == 0,
      isTame(decoded, loops, &random), isAgreed(bytes, decoded, test)
    else { return nil }
    return Piece(bytes: bytes, skips: skips, decoded: decoded)
  }

  private func isAgreed(_ bytes: [UInt8], _ decoded: Instruction, _ test: TestCase) -> Bool {
    var single = test
    single.code = bytes
    return oracles.allSatisfy {
      OracleException.matching($0, single, decoded.mnemonic, decoded)
        .allSatisfy { $0.mnemonics.isEmpty }
    }
  }

  private func isTame(_ i: Instruction, _ loops: Bool, _ random: inout SplitMix) -> Bool {
    // Without registers nobody knows whether a count exceeds the operand.
    if i.mnemonic == .shld || i.mnemonic == .shrd, i.operandSize == 2 { return false }
    if UndefinedResults.after(i, nil).destination { return false }
    if i.mnemonic == .div || i.mnemonic == .idiv, !random.chance(10) { return false }
    let operands = [i.operand0, i.operand1, i.operand2]
    if operands.contains(where: { $0.kind == .segment }) { return false }
    var written = [i.operand0]
    if [.xchg, .xadd, .mulx].contains(i.mnemonic) { written.append(i.operand1) }
    for operand in written {
      if operand.kind == .register {
        if Self.pointers.contains(operand.number) { return false }
        if loops, operand.number == 1 { return false }
      }
      if loops, operand.kind == .highByte, operand.number == 1 { return false }
    }
    let isRepeated = !i.prefixes.isDisjoint(with: [.rep, .repne])
    if isRepeated, [.movs, .cmps, .stos, .lods, .scas].contains(i.mnemonic) {
      return !loops && random.chance(20)
    }
    guard operands.contains(where: { $0.kind == .memory }), i.mnemonic != .lea else { return true }
    if [.bt, .bts, .btr, .btc].contains(i.mnemonic), i.operand1.kind == .register { return false }
    return Self.pointers.contains(i.base) && i.index == Instruction.none
      && abs(i.displacement) <= 0x80 && UInt64(i.addressSize) * 8 == mode.rawValue
  }
}

extension Decoding {
  /// SDM 2, "The VEX Prefix": outside 64-bit code C4, C5 and 62 are LES, LDS and BOUND, unless the
  /// byte after them would make their operand a register.
  func startsVEX() throws(DecodeError) -> Bool {
    if is64 { return true }
    guard position < bytes.count else { throw position >= 15 ? .tooLong : .truncated }
    return bytes[position] >= 0xc0
  }

  /// Reads a VEX or EVEX prefix and the opcode; the map entry of an instruction on general
  /// registers, or nil.
  mutating func readVEX() throws(DecodeError) -> Int? {
    // SDM 2, "VEX and the LOCK prefix", "VEX and the 66H, F2H, and F3H prefixes", "VEX and the REX
    // prefix": #UD.
    guard rex == 0, instruction.prefixes.isDisjoint(with: [.lock, .rep, .repne, .operandSize])
    else { throw .undefined }
    let lead = opcode
    let first = try nextByte()
    var select: UInt8 = 1
    var last = first
    isVEX = true
    if lead != 0xc5 {
      last = try nextByte()
      select = lead == 0x62 ? first & 7 : first & 0x1f
    }
    if is64 { rex = (~first >> 5) & 4 }
    if is64 && lead != 0xc5 { rex = ((~first >> 5) & 7) | ((last >> 4) & 8) }
    vvvv = (~last >> 3) & (is64 ? 15 : 7)
    vexPrefix = Int(last & 3)
    if lead == 0x62 {
      // SDM 2, "EVEX Instruction Prefix Encoding": bit 3 of the first byte 0, bit 2 of the next 1.
      guard first & 8 == 0, last & 4 != 0 else { throw .undefined }
      _ = try nextByte()
    }
    opcode = try nextByte()
    switch select {
    case 1: map = 0x0f
    case 2: map = 0x38
    case 3: map = 0x3a
    case 5 where lead == 0x62, 6 where lead == 0x62: map = 0x38
    default: throw .undefined
    }
    guard lead == 0xc4, opcode & 0xf8 == 0xf0, select == 2 || select == 3 else { return nil }
    // SDM 2, "VEX-Encoded GPR Instructions": VEX.L is 0.
    guard last & 4 == 0 else { throw .undefined }
    // RORX has no third register operand: VEX.vvvv must be 1111.
    if select == 3 && last & 0x78 != 0x78 { throw .undefined }
    instruction.operandSize = rex & 8 != 0 ? 8 : 4
    return OpcodeTable.vex &+ Int(opcode & 7) &+ (select == 3 ? 8 : 0)
  }

  /// AVX and AVX-512: decoded for the length alone.
  mutating func finishVector() throws(DecodeError) {
    var entry = OpcodeEntry.undefined
    entry.mnemonic = .avx
    entry.flags = .opcodeNumber
    // VZEROUPPER and VZEROALL are the only ones without ModRM.
    if map != 0x0f || opcode != 0x77 {
      entry.flags.insert(.modRM)
      entry.operand0.method = .w
      entry.operandCount = 1
    }
    if hasVectorImmediate {
      entry.operand1 = OperandForm(method: .i, type: .b)
      entry.operandCount = 2
    }
    try finish(entry)
  }

  private var hasVectorImmediate: Bool {
    guard map == 0x0f else { return map == 0x3a }
    switch opcode {
    case 0x70...0x73, 0xc2, 0xc4...0xc6: return true
    default: return false
    }
  }
}

/// An instruction being decoded.
struct Decoding {
  let bytes: InstructionBytes
  let is64: Bool
  let size: CodeSize
  var position = 0
  var instruction = Instruction(mnemonic: .nop)
  /// REX, or the same bits of a VEX prefix; 0 if there is none.
  var rex: UInt8 = 0
  var modRM: UInt8 = 0
  /// A SIB byte without index was not needed for the base.
  var isPlainSIB = false
  private var hasModRM = false
  /// VEX.vvvv as a register number.
  var vvvv: UInt8 = 0
  /// The last opcode byte.
  var opcode: UInt8 = 0
  /// Opcode bytes before it: 0, 0x0f, 0x38, 0x3a.
  var map: UInt8 = 0
  var isVEX = false
  var vexPrefix = 0

  init(_ bytes: InstructionBytes, _ size: CodeSize) {
    self.bytes = bytes
    self.size = size
    is64 = size == .bits64
  }

  var mod: UInt8 { modRM >> 6 }

  mutating func nextByte() throws(DecodeError) -> UInt8 {
    guard position < bytes.count else {
      throw position >= 15 ? .tooLong : .truncated
    }
    let byte = bytes[position]
    position &+= 1
    return byte
  }

  /// `count` bytes, little-endian, zero-extended.
  mutating func next(_ count: UInt8) throws(DecodeError) -> UInt64 {
    guard position &+ Int(count) <= bytes.count else {
      throw position &+ Int(count) > 15 ? .tooLong : .truncated
    }
    let shift = UInt64(position &* 8)
    position &+= Int(count)
    // Shifts of 64 and more give 0.
    var value = bytes.low >> shift
    value |= shift >= 64 ? bytes.high >> (shift &- 64) : bytes.high << (64 &- shift)
    return count >= 8 ? value : value & ((1 &<< UInt64(count &* 8)) &- 1)
  }

  /// `count` bytes, little-endian, sign-extended.
  mutating func nextSigned(_ count: UInt8) throws(DecodeError) -> UInt64 {
    let value = try next(count)
    let shift = 64 &- UInt64(count &* 8)
    return UInt64(bitPattern: Int64(bitPattern: value &<< shift) &>> Int64(shift))
  }

  mutating func run() throws(DecodeError) {
    try readPrefixes()
    let table = OpcodeTable.shared.entries
    var index = Int(opcode)
    if map == 0 {
      if opcode == 0x0f {
        index = try readEscape()
      } else if opcode == 0xc4 || opcode == 0xc5 || opcode == 0x62 {
        if try startsVEX() {
          guard let next = try readVEX() else { return try finishVector() }
          index = next
        }
      } else if opcode == 0x90 && rex & 1 != 0 {
        // SDM 2B, "XCHG": 90 is NOP only as long as it names rAX twice.
        index = 0x91
      }
    }
    var entry = table[index]
    while entry.kind != .instruction {
      index = Int(entry.next)
      switch entry.kind {
      case .undefined, .instruction: throw .undefined
      case .byReg: index &+= Int(try readModRM() >> 3) & 7
      case .byModReg:
        let reg = Int(try readModRM() >> 3)
        index &+= mod == 3 ? 8 &+ (reg & 7) : reg & 7
      case .byModRM:
        let byte = try readModRM()
        index &+= mod == 3 ? 8 &+ Int(byte & 0x3f) : Int(byte >> 3) & 7
      case .byPrefix: index &+= mandatoryPrefix
      case .byMode: index &+= is64 ? 1 : 0
      }
      entry = table[index]
    }
    try finish(entry)
  }

  private mutating func readEscape() throws(DecodeError) -> Int {
    map = 0x0f
    opcode = try nextByte()
    guard opcode == 0x38 || opcode == 0x3a else { return OpcodeTable.twoByte &+ Int(opcode) }
    map = opcode
    opcode = try nextByte()
    return (map == 0x38 ? OpcodeTable.threeByte38 : OpcodeTable.threeByte3A) &+ Int(opcode)
  }

  mutating func readModRM() throws(DecodeError) -> UInt8 {
    if !hasModRM {
      modRM = try nextByte()
      hasModRM = true
    }
    return modRM
  }

  mutating func finish(_ entry: OpcodeEntry) throws(DecodeError) {
    let flags = entry.flags
    if flags.contains(is64 ? .invalid64 : .only64) { throw .undefined }
    if flags.contains(.noPrefix)
      && (isVEX
        ? vexPrefix != 0
        : !instruction.prefixes.isDisjoint(with: [.operandSize, .rep, .repne]))
    {
      throw .undefined
    }
    if is64 { resizeOperand(flags) }
    instruction.mnemonic = entry.mnemonic
    if !flags.isDisjoint(with: [.bySize, .byW]) { chooseBySize(flags) }
    if flags.contains(.condition) { instruction.condition = opcode & 15 }
    if flags.contains(.modRM) {
      _ = try readModRM()
      if mod != 3 && !flags.contains(.registerOnly) { try readAddress() }
    }
    instruction.operandCount = entry.operandCount
    if entry.operandCount > 0 {
      instruction.operand0 = try readOperand(entry.operand0)
      if entry.operandCount > 1 {
        instruction.operand1 = try readOperand(entry.operand1)
        if entry.operandCount > 2 { instruction.operand2 = try readOperand(entry.operand2) }
      }
    }
    if !flags.isDisjoint(with: [.opcodeNumber, .modRMNumber]) { numberOpcode(entry) }
    try checkPrefixes(flags)
    instruction.length = UInt8(truncatingIfNeeded: position)
  }

  /// SDM 1, "Operand Size and Address Size in 64-Bit Mode".
  private mutating func resizeOperand(_ flags: OpcodeEntry.Flags) {
    if rex & 8 != 0 || flags.contains(.force64) {
      instruction.operandSize = 8
    } else if flags.contains(.default64) && instruction.operandSize == 4 {
      instruction.operandSize = 8
    }
  }

  private mutating func chooseBySize(_ flags: OpcodeEntry.Flags) {
    var offset: UInt16 = 0
    switch instruction.operandSize {
    case 8: offset = flags.contains(.bySize) ? 2 : 1
    case 4: offset = flags.contains(.bySize) ? 1 : 0
    default: break
    }
    instruction.mnemonic =
      Mnemonic(rawValue: instruction.mnemonic.rawValue &+ offset) ?? instruction.mnemonic
  }

  private mutating func numberOpcode(_ entry: OpcodeEntry) {
    if entry.flags.contains(.modRMNumber) {
      // Bit 8 tells 0F 0D from 0F 18.
      instruction.immediate2 = UInt16(modRM) | (opcode == 0x0d ? 0x100 : 0)
    } else if entry.mnemonic == .x87 {
      instruction.immediate2 = UInt16(opcode) << 8 | UInt16(modRM)
      if mod != 3 { instruction.operand0.size = X87Map.memorySize(opcode, modRM) }
    } else {
      instruction.immediate2 = UInt16(map) << 8 | UInt16(opcode)
      if entry.mnemonic == .mmx && mandatoryPrefix != 0 { instruction.mnemonic = .sse }
    }
  }

  private func checkPrefixes(_ flags: OpcodeEntry.Flags) throws(DecodeError) {
    if instruction.prefixes.contains(.lock) {
      guard flags.contains(.lockable), instruction.operand0.kind == .memory else {
        throw .undefined
      }
    }
    // SDM 2B, "MOV: Move": a MOV to CS is undefined.
    if instruction.operand0 == Operand(kind: .segment, size: 2, number: 1)
      && instruction.mnemonic == .mov
    {
      throw .undefined
    }
  }
}

/// The decoder of x86 machine code: a pure function from bytes to an instruction.
public enum Decoder {
  /// Decodes the instruction at the start of `bytes`, in code of the given default sizes.
  ///
  /// - Throws: `undefined` for #UD, `tooLong` for #GP(0), `truncated` if more bytes are needed.
  public static func decode(
    _ bytes: InstructionBytes, _ size: CodeSize
  ) throws(DecodeError) -> Instruction {
    var decoding = Decoding(bytes, size)
    try decoding.run()
    return decoding.instruction
  }
}

/// An instruction being decoded.
struct Decoding {
  private let bytes: InstructionBytes
  let is64: Bool
  let size: CodeSize
  private var position = 0
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
  private var map: UInt8 = 0
  private var isVEX = false
  private var vexPrefix = 0

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

  // MARK: Prefixes

  private mutating func readPrefixes() throws(DecodeError) {
    switch size {
    case .bits16: (instruction.operandSize, instruction.addressSize) = (2, 2)
    case .bits32: (instruction.operandSize, instruction.addressSize) = (4, 4)
    case .bits64: (instruction.operandSize, instruction.addressSize) = (4, 8)
    }
    while true {
      let byte = try nextByte()
      if is64 && byte & 0xf0 == 0x40 {
        rex = byte
        continue
      }
      guard takePrefix(byte) else {
        opcode = byte
        break
      }
      // SDM 2, "REX Prefixes": one that does not immediately precede the opcode is ignored.
      rex = 0
    }
    if rex != 0 { instruction.prefixes.insert(rex & 8 != 0 ? [.rex, .rexW] : .rex) }
  }

  private mutating func takePrefix(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x26: overrideSegment(.es)
    case 0x2e: overrideSegment(.cs)
    case 0x36: overrideSegment(.ss)
    case 0x3e: overrideSegment(.ds)
    case 0x64: overrideSegment(.fs)
    case 0x65: overrideSegment(.gs)
    case 0x66:
      instruction.prefixes.insert(.operandSize)
      instruction.operandSize = size == .bits16 ? 4 : 2
    case 0x67:
      instruction.prefixes.insert(.addressSize)
      instruction.addressSize = size == .bits32 ? 2 : 4
    case 0xf0: instruction.prefixes.insert(.lock)
    case 0xf2:
      instruction.prefixes.remove(.rep)
      instruction.prefixes.insert(.repne)
    case 0xf3:
      instruction.prefixes.remove(.repne)
      instruction.prefixes.insert(.rep)
    default: return false
    }
    return true
  }

  /// SDM 1, "Segment Registers in 64-bit Mode": only FS and GS have an effect there.
  private mutating func overrideSegment(_ segment: SegmentRegister) {
    if is64 && segment != .fs && segment != .gs { return }
    instruction.prefixes.insert(.segment)
    instruction.segment = segment
  }

  private var mandatoryPrefix: Int {
    if isVEX { return vexPrefix }
    if instruction.prefixes.contains(.rep) { return 2 }
    if instruction.prefixes.contains(.repne) { return 3 }
    return instruction.prefixes.contains(.operandSize) ? 1 : 0
  }

  // MARK: Opcode

  private mutating func readEscape() throws(DecodeError) -> Int {
    map = 0x0f
    opcode = try nextByte()
    guard opcode == 0x38 || opcode == 0x3a else { return OpcodeTable.twoByte &+ Int(opcode) }
    map = opcode
    opcode = try nextByte()
    return (map == 0x38 ? OpcodeTable.threeByte38 : OpcodeTable.threeByte3A) &+ Int(opcode)
  }

  /// SDM 2, "The VEX Prefix": outside 64-bit code C4, C5 and 62 are LES, LDS and BOUND, unless the
  /// byte after them would make their operand a register.
  private func startsVEX() throws(DecodeError) -> Bool {
    if is64 { return true }
    guard position < bytes.count else { throw position >= 15 ? .tooLong : .truncated }
    return bytes[position] >= 0xc0
  }

  /// Reads a VEX or EVEX prefix and the opcode; the map entry of an instruction on general
  /// registers, or nil.
  private mutating func readVEX() throws(DecodeError) -> Int? {
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
  private mutating func finishVector() throws(DecodeError) {
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

  mutating func readModRM() throws(DecodeError) -> UInt8 {
    if !hasModRM {
      modRM = try nextByte()
      hasModRM = true
    }
    return modRM
  }

  // MARK: The rest of the instruction

  private mutating func finish(_ entry: OpcodeEntry) throws(DecodeError) {
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

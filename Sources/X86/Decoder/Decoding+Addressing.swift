extension Decoding {
  /// Reads SIB and displacement of a memory operand (SDM 2, "Addressing-Mode Encoding of ModR/M and
  /// SIB Bytes"). ModRM has been read and its mod is not 11.
  mutating func readAddress() throws(DecodeError) {
    if instruction.addressSize == 2 {
      try readAddress16()
    } else {
      try readAddress32()
    }
    if !instruction.prefixes.contains(.segment) {
      let isStack = instruction.base == 4 || instruction.base == 5
      instruction.segment = isStack ? .ss : .ds
    }
  }

  private mutating func readAddress16() throws(DecodeError) {
    let none = Instruction.none
    let (bx, bp, si, di): (UInt8, UInt8, UInt8, UInt8) = (3, 5, 6, 7)
    switch modRM & 7 {
    case 0: (instruction.base, instruction.index) = (bx, si)
    case 1: (instruction.base, instruction.index) = (bx, di)
    case 2: (instruction.base, instruction.index) = (bp, si)
    case 3: (instruction.base, instruction.index) = (bp, di)
    case 4: instruction.base = si
    case 5: instruction.base = di
    case 6: instruction.base = mod == 0 ? none : bp
    default: instruction.base = bx
    }
    if mod == 1 {
      try readDisplacement(1)
    } else if mod == 2 || instruction.base == none {
      try readDisplacement(2)
    }
  }

  private mutating func readAddress32() throws(DecodeError) {
    var base = modRM & 7
    let hasSIB = base == 4
    if hasSIB { base = try readSIB() }
    if mod == 0 && base == 5 {
      if is64 && !hasSIB { instruction.base = Instruction.rip }
      // Outside 64-bit code, ModRM alone encodes the same address.
      isPlainSIB = hasSIB && !is64 && instruction.index == Instruction.none
      try readDisplacement(4)
      return
    }
    instruction.base = rex & 1 == 0 ? base : base | 8
    isPlainSIB = hasSIB && base != 4 && instruction.index == Instruction.none
    if mod != 0 { try readDisplacement(mod == 1 ? 1 : 4) }
  }

  /// The low three bits of the base.
  private mutating func readSIB() throws(DecodeError) -> UInt8 {
    let sib = try nextByte()
    let index = ((sib >> 3) & 7) | (rex & 2 == 0 ? 0 : 8)
    if index != 4 { instruction.index = index }
    instruction.scale = sib >> 6
    return sib & 7
  }

  private mutating func readDisplacement(_ count: UInt8) throws(DecodeError) {
    instruction.displacement = Int64(bitPattern: try nextSigned(count))
  }
}

extension Decoding {
  mutating func readPrefixes() throws(DecodeError) {
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

  var mandatoryPrefix: Int {
    if isVEX { return vexPrefix }
    if instruction.prefixes.contains(.rep) { return 2 }
    if instruction.prefixes.contains(.repne) { return 3 }
    return instruction.prefixes.contains(.operandSize) ? 1 : 0
  }
}

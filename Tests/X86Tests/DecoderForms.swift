import X86

/// Encodings of every opcode, for comparison with another disassembler.
struct DecoderForms {
  let size: CodeSize
  /// Encodings, each with more bytes than it needs.
  private(set) var forms: [[UInt8]] = []
  private var count = 0

  init(_ size: CodeSize) {
    self.size = size
    let maps: [[UInt8]] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]]
    for map in maps {
      for opcode in UInt8.min...UInt8.max where !isEscape(map, opcode) {
        addOpcode(map + [opcode], mandatory: !map.isEmpty)
      }
    }
    addVEX()
    addAddressing()
  }

  private func isEscape(_ map: [UInt8], _ opcode: UInt8) -> Bool {
    if map == [0x0f] { return opcode == 0x38 || opcode == 0x3a }
    guard map.isEmpty else { return false }
    switch opcode {
    case 0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64...0x67, 0xf0, 0xf2, 0xf3: return true
    case 0x40...0x4f, 0x62, 0xc4, 0xc5: return size == .bits64
    default: return false
    }
  }

  /// Prefixes that do not merely repeat each other's effect.
  private func prefixes(mandatory: Bool) -> [[UInt8]] {
    var all: [[UInt8]] = [[], [0x66]]
    if mandatory { all += [[0xf3], [0xf2]] }
    if size == .bits64 {
      all += [[0x48], [0x45]]
      if mandatory { all += [[0x66, 0x48], [0xf3, 0x48], [0xf2, 0x48]] }
    }
    return all
  }

  private mutating func addOpcode(_ opcode: [UInt8], mandatory: Bool) {
    for prefix in prefixes(mandatory: mandatory) {
      for reg in UInt8(0)...7 {
        add(prefix + opcode + [0xc0 | reg << 3 | 1])
        add(prefix + opcode + [0x00 | reg << 3 | 1])
      }
    }
    for prefix in [[], [0x67]] as [[UInt8]] {
      for mod in UInt8(0)...2 {
        for rm in [0, 2, 4, 5, 6] as [UInt8] { add(prefix + opcode + [mod << 6 | rm, 0x8b]) }
      }
    }
  }

  /// VEX instructions on general registers.
  private mutating func addVEX() {
    for opcode in [0xf2, 0xf3, 0xf5, 0xf6, 0xf7] as [UInt8] {
      for pp in UInt8(0)...3 {
        for w in [0, 0x80] as [UInt8] {
          for modRM in stride(from: UInt8(0), through: 0xf8, by: 8) {
            add([0xc4, 0xe2, w | 0x68 | pp, opcode, modRM | 1])
            if size == .bits64 { add([0xc4, 0x42, w | 0x38 | pp, opcode, modRM | 1]) }
          }
        }
      }
    }
    for w in [0, 0x80] as [UInt8] {
      for modRM in [0x01, 0x41, 0xc1, 0xd9] as [UInt8] { add([0xc4, 0xe3, w | 0x7b, 0xf0, modRM]) }
    }
  }

  /// Every ModRM byte, and every SIB byte with each mod, on one instruction.
  private mutating func addAddressing() {
    var prefixes: [[UInt8]] = [[], [0x67], [0x64]]
    if size == .bits64 { prefixes += [[0x41], [0x42], [0x67, 0x43]] }
    for prefix in prefixes {
      for modRM in UInt8.min...UInt8.max where modRM & 7 != 4 { add(prefix + [0x8b, modRM]) }
      for sib in UInt8.min...UInt8.max {
        for mod in [0x04, 0x44, 0x84] as [UInt8] { add(prefix + [0x8b, mod, sib]) }
      }
    }
  }

  /// Displacements and immediates are positive and negative in turn.
  private mutating func add(_ bytes: [UInt8]) {
    let positive: [UInt8] = [0x12, 0x34, 0x56, 0x78, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e, 0x6f, 0x71]
    let negative: [UInt8] = [0xf1, 0xe2, 0xd3, 0xc4, 0xb5, 0xa6, 0x97, 0x98, 0xa9, 0xba, 0xcb]
    count += 1
    forms.append(Array((bytes + (count % 2 == 0 ? negative : positive)).prefix(15)))
  }
}

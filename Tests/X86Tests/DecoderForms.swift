@testable import X86

/// Encodings of every opcode, for comparison with another disassembler.
struct DecoderForms {
  let size: CodeSize
  /// Encodings, each with more bytes than it needs.
  private(set) var forms: [[UInt8]] = []
  private var count = 0

  init(_ size: CodeSize) {
    self.size = size
    let maps: [(start: Int, escape: [UInt8])] = [
      (0, []), (OpcodeTable.twoByte, [0x0f]), (OpcodeTable.threeByte38, [0x0f, 0x38]),
      (OpcodeTable.threeByte3A, [0x0f, 0x3a]),
    ]
    for map in maps {
      for opcode in UInt8.min...UInt8.max where !isPrefix(map.escape, opcode) {
        addOpcode(map.escape + [opcode], map.start + Int(opcode))
      }
    }
    addEveryModRM()
    addPrefixes()
    addVEX()
    addStrings()
    addLocked()
    addAddressing()
  }

  private func isPrefix(_ escape: [UInt8], _ opcode: UInt8) -> Bool {
    if escape == [0x0f] { return opcode == 0x38 || opcode == 0x3a }
    guard escape.isEmpty else { return false }
    switch opcode {
    case 0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64...0x67, 0xf0, 0xf2, 0xf3: return true
    case 0x40...0x4f, 0x62, 0xc4, 0xc5: return size == .bits64
    default: return false
    }
  }

  /// Whether the opcode has variants by mandatory prefix, in its cell or in its group's cells.
  private func hasVariants(_ entry: OpcodeEntry) -> Bool {
    let entries = OpcodeTable.shared.entries
    let first = Int(entry.next)
    switch entry.kind {
    case .byPrefix: return true
    case .byReg: return entries[first..<first + 8].contains { $0.kind == .byPrefix }
    case .byModReg: return entries[first..<first + 16].contains { $0.kind == .byPrefix }
    default: return false
    }
  }

  private func hasModRM(_ entry: OpcodeEntry) -> Bool {
    let entries = OpcodeTable.shared.entries
    switch entry.kind {
    case .undefined: return false
    case .instruction: return entry.flags.contains(.modRM)
    case .byPrefix: return (0..<4).contains { hasModRM(entries[Int(entry.next) + $0]) }
    case .byMode, .byReg, .byModReg, .byModRM: return entries.indices.contains(Int(entry.next))
    }
  }

  private mutating func addOpcode(_ opcode: [UInt8], _ index: Int) {
    let entry = OpcodeTable.shared.entries[index]
    var prefixes: [[UInt8]] = [[], [0x66]]
    if hasVariants(entry) { prefixes += [[0xf3], [0xf2], [0x66, 0xf3]] }
    if size == .bits64 { prefixes += prefixes.map { $0 + [0x48] } + [[0x45]] }
    guard hasModRM(entry) else {
      for prefix in prefixes + [[0x67]] { add(prefix + opcode) }
      return
    }
    // MMX and SSE are decoded for their length, which ModRM.reg does not change.
    let isVector = entry.mnemonic == .mmx || entry.mnemonic == .sse
    for prefix in prefixes {
      for reg in UInt8(0)...(isVector ? 0 : 7) {
        for mod in [0xc0, 0x40] as [UInt8] { add(prefix + opcode + [mod | reg << 3 | 1]) }
      }
    }
    for prefix in [[], [0x67]] as [[UInt8]] {
      for mod in UInt8(0)...2 {
        for rm in [0, 2, 4, 5, 6] as [UInt8] { add(prefix + opcode + [mod << 6 | rm, 0x8b]) }
      }
    }
  }

  /// Every ModRM byte of every opcode: all members of all groups, with every kind of operand.
  private mutating func addEveryModRM() {
    let maps: [(start: Int, escape: [UInt8])] = [
      (0, []), (OpcodeTable.twoByte, [0x0f]), (OpcodeTable.threeByte38, [0x0f, 0x38]),
      (OpcodeTable.threeByte3A, [0x0f, 0x3a]),
    ]
    for map in maps {
      for opcode in UInt8.min...UInt8.max where !isPrefix(map.escape, opcode) {
        let entry = OpcodeTable.shared.entries[map.start + Int(opcode)]
        guard hasModRM(entry), entry.mnemonic != .mmx, entry.mnemonic != .sse else { continue }
        var prefixes: [[UInt8]] = [[], [0x66]]
        if hasVariants(entry) { prefixes += [[0xf3], [0xf2]] }
        if size == .bits64 { prefixes += [[0x48], [0x4f], [0x66, 0x41], [0x65, 0x44]] }
        for prefix in prefixes {
          for modRM in UInt8.min...UInt8.max {
            add(prefix + map.escape + [opcode, modRM] + (hasSIB(modRM) ? [modRM &* 37] : []))
          }
        }
      }
    }
  }

  /// Every opcode with segment overrides and pairs of size prefixes. F2 and F3 where they are neither
  /// mandatory nor repeat are ignored (SDM 2, "Instruction Prefixes"); LLVM prints them, or lock-elision
  /// names for them, before some opcodes and not before others, so they are left out.
  private mutating func addPrefixes() {
    let maps: [(start: Int, escape: [UInt8])] = [
      (0, []), (OpcodeTable.twoByte, [0x0f]), (OpcodeTable.threeByte38, [0x0f, 0x38]),
    ]
    let prefixes: [[UInt8]] = [
      [0x26], [0x2e], [0x36], [0x3e], [0x64], [0x65], [0x66, 0x67], [0x67, 0x66],
      [0x64, 0x66], [0x67, 0x65], [0x66, 0x66],
    ]
    for map in maps {
      for opcode in UInt8.min...UInt8.max where !isPrefix(map.escape, opcode) {
        let entry = OpcodeTable.shared.entries[map.start + Int(opcode)]
        if entry.mnemonic == .mmx || entry.mnemonic == .sse { continue }
        for prefix in prefixes {
          let bytes = prefix + map.escape + [opcode]
          guard hasModRM(entry) else {
            add(bytes)
            continue
          }
          for reg in UInt8(0)...7 {
            for mod in [0x01, 0x46, 0xc3] as [UInt8] { add(bytes + [mod | reg << 3]) }
          }
        }
      }
    }
  }

  private func hasSIB(_ modRM: UInt8) -> Bool { modRM & 7 == 4 && modRM < 0xc0 }

  /// VEX instructions on general registers.
  private mutating func addVEX() {
    for opcode in [0xf2, 0xf3, 0xf5, 0xf6, 0xf7] as [UInt8] {
      for pp in UInt8(0)...3 {
        for w in [0, 0x80] as [UInt8] {
          for modRM in stride(from: UInt8(1), through: 0xf9, by: 8) {
            add([0xc4, 0xe2, w | 0x68 | pp, opcode, modRM])
            if size == .bits64 { add([0xc4, 0x42, w | 0x38 | pp, opcode, modRM]) }
          }
        }
      }
    }
    for w in [0, 0x80] as [UInt8] {
      for modRM in [0x01, 0x41, 0xc1, 0xd9] as [UInt8] { add([0xc4, 0xe3, w | 0x7b, 0xf0, modRM]) }
    }
  }

  /// String instructions with repeat, size and segment prefixes.
  private mutating func addStrings() {
    let opcodes: [UInt8] = [0x6c, 0x6d, 0x6e, 0x6f] + (0xa4...0xa7) + (0xaa...0xaf)
    for opcode in opcodes {
      for repeating in [[], [0xf3], [0xf2]] as [[UInt8]] {
        for sizes in [[], [0x66], [0x67], [0x64], [0x66, 0x67]] as [[UInt8]] {
          add(sizes + repeating + [opcode])
          if size == .bits64 { add(sizes + repeating + [0x48, opcode]) }
        }
      }
    }
  }

  /// LOCK with every opcode of the one-byte map and the 0F map that has ModRM.
  private mutating func addLocked() {
    for (start, escape) in [(0, []), (OpcodeTable.twoByte, [0x0f])] as [(Int, [UInt8])] {
      for opcode in UInt8.min...UInt8.max where !isPrefix(escape, opcode) {
        guard hasModRM(OpcodeTable.shared.entries[start + Int(opcode)]) else { continue }
        for reg in UInt8(0)...7 {
          for mod in [0xc0, 0x40] as [UInt8] {
            add([0xf0] + escape + [opcode, mod | reg << 3 | 1])
          }
        }
      }
    }
  }

  /// Every ModRM byte, and every SIB byte with each mod, on one instruction.
  private mutating func addAddressing() {
    var prefixes: [[UInt8]] = [[], [0x67], [0x64], [0x2e]]
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

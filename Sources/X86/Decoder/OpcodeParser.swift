/// Reads cells of `OpcodeMaps`.
struct OpcodeParser {
  /// Up to sixteen bytes of a word, upper-case, as a number: a key that needs no allocation.
  typealias Word = UInt128

  struct Cell {
    var entry = OpcodeEntry.undefined
    var group: [String]?
  }

  /// A cell with its variants by mandatory prefix or by mode.
  struct Alternatives {
    var base = Cell()
    var p66: Cell?
    var pF3: Cell?
    var pF2: Cell?
    var mode64: Cell?
    var mistake = false
    var prefixed: Bool { p66 != nil || pF3 != nil || pF2 != nil }
  }

  private enum Mark {
    case p66, pF3, pF2
    case flag(OpcodeEntry.Flags)
  }

  private var mnemonics: [Word: Mnemonic] = [:]
  private var operandForms: [Word: OperandForm] = [:]
  private var groups: [Word: [String]] = [:]
  private let marks: [Word: Mark]
  private let dash = OpcodeParser.word("-")

  init() {
    mnemonics.reserveCapacity(512)
    operandForms.reserveCapacity(256)
    for mnemonic in Mnemonic.allCases { mnemonics[Self.word("\(mnemonic)")] = mnemonic }
    for condition in Mnemonic.conditionNames {
      mnemonics[Self.word("j" + condition)] = .jcc
      mnemonics[Self.word("set" + condition)] = .setcc
      mnemonics[Self.word("cmov" + condition)] = .cmovcc
    }
    for (name, cells) in OpcodeMaps.groups { groups[Self.word(name)] = cells }
    marks = [
      Self.word("66"): .p66, Self.word("F3"): .pF3, Self.word("F2"): .pF2,
      Self.word("i64"): .flag(.invalid64), Self.word("o64"): .flag(.only64),
      Self.word("d64"): .flag(.default64), Self.word("f64"): .flag(.force64),
      Self.word("np"): .flag(.noPrefix), Self.word("bysize"): .flag(.bySize),
      Self.word("byw"): .flag(.byW),
    ]
    addOperandForms()
  }

  private mutating func addOperandForms() {
    let methods: [(String, AddressingMethod)] = [
      ("A", .a), ("B", .b), ("C", .c), ("D", .d), ("E", .e), ("G", .g), ("I", .i), ("J", .j),
      ("M", .m), ("O", .o), ("R", .r), ("S", .s), ("X", .x), ("Y", .y), ("Z", .z),
    ]
    let types: [(String, OperandType)] = [
      ("", .none), ("b", .b), ("w", .w), ("d", .d), ("q", .q), ("dq", .dq), ("v", .v), ("z", .z),
      ("y", .y), ("a", .a), ("p", .p), ("s", .s),
    ]
    for (letter, method) in methods {
      for (suffix, type) in types {
        operandForms[Self.word(letter + suffix)] = OperandForm(method: method, type: type)
      }
    }
    let special: [(String, AddressingMethod, OperandType, UInt8)] = [
      ("sIb", .signedByte, .b, 0), ("Rv/Mw", .e, .registerOrWord, 0),
      ("Mq/Mdq", .m, .quadOrDouble, 0), ("W", .w, .none, 0), ("Q", .w, .none, 0),
      ("U", .u, .none, 0), ("1", .one, .b, 0),
      ("AL", .fixedRegister, .b, 0), ("CL", .fixedRegister, .b, 1), ("DX", .fixedRegister, .w, 2),
      ("eAX", .fixedRegister, .z, 0), ("rAX", .fixedRegister, .v, 0),
      ("ES", .fixedSegment, .w, 0), ("CS", .fixedSegment, .w, 1), ("SS", .fixedSegment, .w, 2),
      ("DS", .fixedSegment, .w, 3), ("FS", .fixedSegment, .w, 4), ("GS", .fixedSegment, .w, 5),
    ]
    for (name, method, type, number) in special {
      operandForms[Self.word(name)] = OperandForm(method: method, type: type, number: number)
    }
  }

  static func word(_ text: String) -> Word {
    text.utf8.reduce(0) { ($0 << 8) | Word(upper($1)) }
  }

  private static func upper(_ byte: UInt8) -> UInt8 {
    byte >= 0x61 && byte <= 0x7a ? byte & 0xdf : byte
  }

  /// Reads one cell; a group's cell that names no operands takes those of `operands`.
  func parse(_ cell: String, operands: OpcodeEntry?) -> Alternatives {
    var alternatives = Alternatives()
    if cell.utf8.first == 0x28 { return alternatives }
    var reading = Reading()
    var word: Word = 0
    for byte in cell.utf8 {
      switch byte {
      case 0x20, 0x2c:
        if word != 0 { take(word, &reading) }
        word = 0
      case 0x7c:
        store(reading, operands, &alternatives)
        reading = Reading()
      default:
        word = (word << 8) | Word(Self.upper(byte))
      }
    }
    if word != 0 { take(word, &reading) }
    store(reading, operands, &alternatives)
    return alternatives
  }

  /// What has been read of one alternative.
  private struct Reading {
    var cell = Cell()
    var prefix: Mark?
    var named = false
    var mistake = false
  }

  private func take(_ word: Word, _ reading: inout Reading) {
    if !reading.named {
      if reading.prefix == nil, let mark = marks[word] {
        reading.prefix = mark
        return
      }
      reading.named = true
      if word == dash { return }
      if let group = groups[word] {
        reading.cell.group = group
      } else if let mnemonic = mnemonics[word] {
        reading.cell.entry.kind = .instruction
        reading.cell.entry.mnemonic = mnemonic
      } else {
        reading.mistake = true
      }
    } else if case .flag(let flag) = marks[word] {
      reading.cell.entry.flags.insert(flag)
    } else if let form = operandForms[word] {
      reading.cell.entry.append(form)
    } else {
      reading.mistake = true
    }
  }

  private func store(
    _ reading: Reading, _ operands: OpcodeEntry?, _ alternatives: inout Alternatives
  ) {
    var cell = reading.cell
    cell.entry.complete(operands)
    alternatives.mistake = alternatives.mistake || reading.mistake
    switch reading.prefix {
    case .p66: alternatives.p66 = cell
    case .pF3: alternatives.pF3 = cell
    case .pF2: alternatives.pF2 = cell
    default:
      if cell.entry.flags.contains(.only64) && alternatives.base.entry.kind == .instruction {
        alternatives.mode64 = cell
      } else {
        alternatives.base = cell
      }
    }
  }
}

extension OpcodeEntry {
  fileprivate mutating func append(_ form: OperandForm) {
    switch operandCount {
    case 0: operand0 = form
    case 1: operand1 = form
    default: operand2 = form
    }
    operandCount += 1
  }

  /// Takes over the operands of a group's opcode and derives what the operands imply.
  fileprivate mutating func complete(_ opcode: OpcodeEntry?) {
    if let opcode {
      flags.formUnion(opcode.flags)
      if operandCount == 0 {
        operandCount = opcode.operandCount
        (operand0, operand1, operand2) = (opcode.operand0, opcode.operand1, opcode.operand2)
      }
      flags.insert(.modRM)
    }
    for form in [operand0, operand1, operand2] {
      switch form.method {
      case .e, .g, .m, .r, .s, .w, .u: flags.insert(.modRM)
      case .c, .d: flags.formUnion([.modRM, .registerOnly])
      default: break
      }
    }
    // The operand that a signed byte is extended for comes first, or is rSP's size for PUSH.
    let wide: OperandType = operand0.type == .b ? .b : .v
    if operand0.method == .signedByte { operand0.type = .v }
    if operand1.method == .signedByte { operand1.type = wide }
    if operand2.method == .signedByte { operand2.type = wide }
    guard kind == .instruction else { return }
    switch mnemonic {
    // SDM 2A, "LOCK: Assert LOCK# Signal Prefix": these, with a destination in memory.
    case .add, .adc, .and, .btc, .btr, .bts, .cmpxchg, .cmpxchg8b, .dec, .inc, .neg, .not, .or,
      .sbb, .sub, .xor, .xadd, .xchg:
      flags.insert(.lockable)
    case .jcc, .setcc, .cmovcc: flags.insert(.condition)
    case .x87, .mmx, .sse, .avx: flags.insert(.opcodeNumber)
    case .prefetch, .prefetchw, .endbr: flags.insert(.modRMNumber)
    default: break
    }
  }
}

/// One row of the opcode maps: an opcode with everything else that chooses the instruction.
///
/// What tests instructions from outside walks over these, so that it misses none that the decoder
/// knows.
public struct OpcodeForm: Sendable, Hashable {
  /// Where the opcode stands.
  public enum Map: UInt8, Sendable {
    case oneByte, twoByte, threeByte38, threeByte3A, vex38, vex3A
  }

  public let map: Map
  public let opcode: UInt8
  /// 66, F3 or F2 where it chooses the instruction, otherwise 0.
  public private(set) var prefix: UInt8 = 0
  /// ModRM.reg where it extends the opcode.
  public private(set) var reg: UInt8?
  /// Memory (mod 00 to 10) or register (mod 11), where they differ.
  public private(set) var isMemory: Bool?
  /// The whole ModRM byte where it extends the opcode.
  public private(set) var modRM: UInt8?
  public private(set) var hasModRM = false
  public private(set) var isIn64BitCode = true
  public private(set) var isOutside64BitCode = true
  public private(set) var mnemonic = Mnemonic.nop

  init(map: Map, opcode: UInt8) {
    self.map = map
    self.opcode = opcode
  }

  /// Every defined row, in the order of the maps.
  public static let all: [OpcodeForm] = {
    let maps: [(Map, start: Int, opcodes: ClosedRange<UInt8>)] = [
      (.oneByte, 0, 0...0xff), (.twoByte, OpcodeTable.twoByte, 0...0xff),
      (.threeByte38, OpcodeTable.threeByte38, 0...0xff),
      (.threeByte3A, OpcodeTable.threeByte3A, 0...0xff),
      (.vex38, OpcodeTable.vex &- 0xf0, 0xf0...0xf7),
      (.vex3A, OpcodeTable.vex &+ 8 &- 0xf0, 0xf0...0xf7),
    ]
    var forms: [OpcodeForm] = []
    for (map, start, opcodes) in maps {
      for opcode in opcodes {
        OpcodeForm(map: map, opcode: opcode).collect(start &+ Int(opcode), into: &forms)
      }
    }
    return forms
  }()

  /// Adds the rows that entry `index` of the table leads to.
  private func collect(_ index: Int, into forms: inout [OpcodeForm]) {
    let entries = OpcodeTable.shared.entries
    let entry = entries[index]
    let next = Int(entry.next)
    var form = self
    switch entry.kind {
    case .undefined: return
    case .instruction:
      form.mnemonic = entry.mnemonic
      form.hasModRM = form.hasModRM || entry.flags.contains(.modRM)
      if entry.flags.contains(.invalid64) { form.isIn64BitCode = false }
      if entry.flags.contains(.only64) { form.isOutside64BitCode = false }
      forms.append(form)
    case .byMode:
      for (offset, is64) in [false, true].enumerated() {
        var branch = form
        branch.isIn64BitCode = is64
        branch.isOutside64BitCode = !is64
        branch.collect(next &+ offset, into: &forms)
      }
    case .byPrefix:
      for (offset, prefix) in [0, 0x66, 0xf3, 0xf2].enumerated() {
        // Most prefixes choose nothing: the row without one stands for them.
        if offset > 0, entries[next &+ offset].isSame(as: entries[next]) { continue }
        var branch = form
        branch.prefix = UInt8(prefix)
        branch.collect(next &+ offset, into: &forms)
      }
    case .byReg, .byModReg, .byModRM: collectGroup(entry, into: &forms)
    }
  }

  private func collectGroup(_ entry: OpcodeEntry, into forms: inout [OpcodeForm]) {
    var form = self
    form.hasModRM = true
    if entry.kind != .byReg { form.isMemory = true }
    for reg in UInt8(0)..<8 {
      form.reg = reg
      form.collect(Int(entry.next) &+ Int(reg), into: &forms)
    }
    guard entry.kind != .byReg else { return }
    form.isMemory = false
    for row in UInt8(0)..<(entry.kind == .byModReg ? 8 : 64) {
      if entry.kind == .byModReg {
        form.reg = row
      } else {
        form.reg = nil
        form.modRM = 0xc0 | row
      }
      form.collect(Int(entry.next) &+ 8 &+ Int(row), into: &forms)
    }
  }

  /// As the manual writes it: `66 0F 38 F6`, `0F BA /4`, with the mnemonic.
  public var name: String {
    func hex(_ byte: UInt8) -> String {
      (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
    var words = prefix == 0 ? [] : [hex(prefix)]
    switch map {
    case .oneByte: break
    case .twoByte: words.append("0F")
    case .threeByte38: words.append("0F 38")
    case .threeByte3A: words.append("0F 3A")
    case .vex38: words.append("VEX.0F38")
    case .vex3A: words.append("VEX.0F3A")
    }
    words.append(hex(opcode))
    if let modRM {
      words.append(hex(modRM))
    } else if let reg {
      words.append("/\(reg)")
    }
    if let isMemory, modRM == nil { words.append(isMemory ? "(memory)" : "(register)") }
    return words.joined(separator: " ") + " " + "\(mnemonic)"
  }
}

extension OpcodeEntry {
  /// Whether both are undefined, or the same instruction with the same operands.
  fileprivate func isSame(as other: OpcodeEntry) -> Bool {
    guard kind == other.kind else { return false }
    return kind == .undefined
      || (kind == .instruction && mnemonic == other.mnemonic && flags == other.flags
        && operandCount == other.operandCount && operand0 == other.operand0
        && operand1 == other.operand1 && operand2 == other.operand2)
  }
}

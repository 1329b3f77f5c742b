/// The opcode maps, parsed once into one flat array.
struct OpcodeTable: Sendable {
  static let shared = OpcodeTable()

  static let twoByte = 256
  static let threeByte38 = 512
  static let threeByte3A = 768
  static let vex = 1024

  private(set) var entries: [OpcodeEntry]
  /// Cells that could not be parsed; the tests want none.
  private(set) var mistakes: [String] = []

  init() {
    entries = []
    entries.reserveCapacity(3072)
    for _ in 0..<(OpcodeTable.vex + OpcodeMaps.vex.count) { entries.append(.undefined) }
    var parser = OpcodeParser()
    for (opcode, cell) in OpcodeMaps.oneByte.enumerated() { add(cell, at: opcode, &parser) }
    for (opcode, cell) in OpcodeMaps.twoByte.enumerated() {
      add(cell, at: OpcodeTable.twoByte + opcode, &parser)
    }
    add(OpcodeMaps.threeByte38, at: OpcodeTable.threeByte38, &parser)
    add(OpcodeMaps.threeByte3A, at: OpcodeTable.threeByte3A, &parser)
    for (row, cell) in OpcodeMaps.vex.enumerated() {
      add(cell, at: OpcodeTable.vex + row, &parser)
    }
  }

  private mutating func add(_ rows: [UInt8: [String]], at base: Int, _ parser: inout OpcodeParser) {
    for (first, row) in rows.sorted(by: { $0.key < $1.key }) {
      for (column, cell) in row.enumerated() {
        add(cell, at: base + Int(first) + column, &parser)
      }
    }
  }

  /// Parses `cell` and everything it leads to; `operands` are those of the opcode of a group.
  private mutating func add(
    _ cell: String, at index: Int, _ parser: inout OpcodeParser, operands: OpcodeEntry? = nil
  ) {
    let alternatives = parser.parse(cell, operands: operands)
    if alternatives.mistake { mistakes.append(cell) }
    let base = alternatives.base
    if let mode64 = alternatives.mode64 {
      entries[index] = redirect(.byMode, [base, mode64], &parser)
    } else if alternatives.prefixed {
      let all = [
        base, alternatives.p66 ?? base, alternatives.pF3 ?? base, alternatives.pF2 ?? base,
      ]
      entries[index] = redirect(.byPrefix, all, &parser)
    } else {
      place(base, at: index, &parser)
    }
  }

  private mutating func redirect(
    _ kind: OpcodeEntry.Kind, _ cells: [OpcodeParser.Cell], _ parser: inout OpcodeParser
  ) -> OpcodeEntry {
    var entry = OpcodeEntry.undefined
    entry.kind = kind
    entry.next = reserve(cells.count)
    for (offset, cell) in cells.enumerated() {
      place(cell, at: Int(entry.next) + offset, &parser)
    }
    return entry
  }

  private mutating func reserve(_ count: Int) -> UInt16 {
    let next = UInt16(truncatingIfNeeded: entries.count)
    for _ in 0..<count { entries.append(.undefined) }
    return next
  }

  private mutating func place(
    _ cell: OpcodeParser.Cell, at index: Int, _ parser: inout OpcodeParser
  ) {
    guard let group = cell.group else {
      entries[index] = cell.entry
      return
    }
    var entry = cell.entry
    entry.kind = group.count == 8 ? .byReg : group.count == 16 ? .byModReg : .byModRM
    entry.next = reserve(group.count)
    entries[index] = entry
    for (offset, member) in group.enumerated() {
      add(member, at: Int(entry.next) + offset, &parser, operands: cell.entry)
    }
  }
}

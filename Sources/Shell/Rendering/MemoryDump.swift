import X86

/// Memory as `x` shows it.
struct MemoryDump {
  private struct Row {
    var address: UInt64
    var cells: [String]
  }

  let address: UInt64
  /// The address after what is shown.
  let end: UInt64
  private let bytes: [UInt8]
  private var rows: [Row] = []
  private var instructions: [Disassembler.Row] = []
  /// The instruction that is marked.
  private let next: UInt64?

  /// Throws what `read` throws, if nothing can be read at `address`.
  init(
    address: UInt64, format: ExaminationFormat, codeSize: CodeSize, next: UInt64? = nil,
    read: (_ address: UInt64, _ count: Int) throws -> [UInt8]
  ) throws {
    self.address = address
    self.next = next
    switch format.letter {
    case .instruction:
      instructions = try Self.instructions(address, format.count, codeSize, read)
      bytes = instructions.flatMap(\.bytes)
    case .string:
      let strings = try Self.strings(address, format.count, read)
      bytes = strings.flatMap(\.bytes)
      rows = strings.map { Row(address: $0.address, cells: [Self.quoted($0.bytes)]) }
    default:
      bytes = try read(address, format.count * format.unit)
      rows = Self.rows(of: bytes, at: address, format)
    }
    end = address &+ UInt64(bytes.count)
  }

  /// Reads page by page, so that the end of what is mapped ends the listing and not the command.
  private static func instructions(
    _ address: UInt64, _ count: Int, _ size: CodeSize, _ read: (UInt64, Int) throws -> [UInt8]
  ) throws -> [Disassembler.Row] {
    var rows: [Disassembler.Row] = []
    var here = address
    while rows.count < count {
      var code: [UInt8]
      do { code = try read(here, 15) } catch {
        let rest = Int(4096 - (here & 4095))
        guard rest < 15, let some = try? read(here, rest) else {
          if rows.isEmpty { throw error }
          break
        }
        code = some
      }
      guard let row = Disassembler.decodeAndPrint(code, at: here, size).first else { break }
      rows.append(row)
      here = here &+ UInt64(row.bytes.count)
    }
    return rows
  }

  private static func strings(
    _ address: UInt64, _ count: Int, _ read: (UInt64, Int) throws -> [UInt8]
  ) throws -> [(address: UInt64, bytes: [UInt8])] {
    var result: [(address: UInt64, bytes: [UInt8])] = []
    var here = address
    for _ in 0..<count {
      var bytes: [UInt8] = []
      while bytes.count < 256 {
        let byte = try read(here &+ UInt64(bytes.count), 1).first ?? 0
        bytes.append(byte)
        if byte == 0 { break }
      }
      result.append((here, bytes))
      here = here &+ UInt64(bytes.count)
    }
    return result
  }

  private static func quoted(_ bytes: [UInt8]) -> String {
    let text = bytes.last == 0 ? bytes.dropLast() : bytes[...]
    return "\"" + text.map { character($0) }.joined() + "\"" + (bytes.last == 0 ? "" : "…")
  }

  private static func character(_ byte: UInt8) -> String {
    switch byte {
    case 0x0a: "\\n"
    case 0x0d: "\\r"
    case 0x09: "\\t"
    case 0x22, 0x5c: "\\" + String(UnicodeScalar(byte))
    case 0x20..<0x7f: String(UnicodeScalar(byte))
    default: "\\x" + Show.byte(byte)
    }
  }

  private static func rows(
    of bytes: [UInt8], at address: UInt64, _ format: ExaminationFormat
  ) -> [Row] {
    let perRow = max(
      1, (format.letter == .binary ? 8 : 16) / format.unit / (format.unit == 1 ? 2 : 1))
    let items = bytes.count / format.unit
    return stride(from: 0, to: items, by: perRow).map { first in
      let cells = (first..<min(first + perRow, items)).map { index in
        cell(bytes[(index * format.unit)..<((index + 1) * format.unit)], format)
      }
      return Row(address: address &+ UInt64(first * format.unit), cells: cells)
    }
  }

  private static func cell(_ bytes: ArraySlice<UInt8>, _ format: ExaminationFormat) -> String {
    let value = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let bits = format.unit * 8
    switch format.letter {
    case .hexadecimal: return "0x" + zeros(String(value, radix: 16), format.unit * 2)
    case .address: return Show.hex(value)
    case .unsigned: return "\(value)"
    case .octal: return "0" + String(value, radix: 8)
    case .binary: return zeros(String(value, radix: 2), bits)
    case .decimal:
      let shift = UInt64(64 - bits)
      return "\(Int64(bitPattern: value &<< shift) &>> Int64(shift))"
    case .character:
      return "\(value) '" + character(UInt8(truncatingIfNeeded: value)) + "'"
    case .string, .instruction: return Show.hex(value)
    }
  }

  private static func zeros(_ digits: String, _ width: Int) -> String {
    String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  func lines(_ format: TextFormat) -> [String] {
    if !instructions.isEmpty {
      return instructions.map { row in
        let text = DisassemblyLine(address: row.address, bytes: row.bytes, text: row.text).text
        guard let next else { return text }
        if format.isPlain { return row.address == next ? "next instruction: \(text)" : text }
        return (row.address == next ? "=> " : "   ") + text
      }
    }
    let width = rows.flatMap(\.cells).map(\.count).max() ?? 0
    return rows.map { row in
      "\(format.name(Show.hex(row.address))):  "
        + row.cells.map { TextFormat.padLeft($0, width) }.joined(separator: "  ")
    }
  }

  var json: JSON {
    var members: [(key: String, value: JSON)] = [
      (key: "address", value: .hex(address)),
      (key: "bytes", value: .string(bytes.map { Show.byte($0) }.joined())),
    ]
    if !instructions.isEmpty {
      members.append(
        (
          key: "instructions",
          value: .array(
            instructions.map { row in
              .object([
                (key: "address", value: .hex(row.address)),
                (key: "bytes", value: .string(row.bytes.map { Show.byte($0) }.joined())),
                (key: "text", value: .string(row.text)),
              ])
            })
        ))
    }
    return .object(members)
  }
}

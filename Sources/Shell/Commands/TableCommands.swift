import Monitor
import X86

/// Tables that the processor reads, and devices.
enum TableCommands {
  static let rows: [Command] = [
    TraceCommand.row,
    Command(
      name: "info idt", group: .seeing, syntax: "[VECTOR]",
      summary: "show the guest's interrupt table",
      help: "In real mode, the interrupt vector table. Empty gates are left out. Example: info idt",
      completers: [.number, .nothing], needs: .machine, body: idt),
    Command(
      name: "info gdt", group: .seeing, summary: "show the guest's global descriptor table",
      help: "Example: info gdt", needs: .machine, body: gdt),
    Command(
      name: "info tlb", group: .seeing, summary: "show cached translations",
      help: """
        What the simulated processor would use without reading tables, until an instruction drops
        it: the guest's entries and EPT combined. Example: info tlb
        """, needs: .machine, body: tlb),
    Command(
      name: "info devices", group: .seeing, summary: "show devices and how often they are accessed",
      help: "Example: info devices", needs: .machine, body: devices),
  ]

  @Sendable private static func idt(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    let vector = try session.optionalNumber(from: &arguments)
    try arguments.end()
    let monitor = try session.machine()
    var gates = try DescriptorTables.gates(session.registers()) {
      try monitor.readLinear($0, count: $1)
    }
    if let vector {
      gates = gates.filter { UInt64($0.vector) == vector }
    } else {
      gates = gates.filter { !$0.isEmpty }
    }
    let rows = gates.map {
      [
        "\(ExceptionVector(number: $0.vector)?.mnemonic ?? "") \(Show.hex($0.vector))", $0.kind,
        Show.hex($0.selector), Show.hex($0.offset), $0.details,
      ]
    }
    let table = TextTable(
      [
        ("vector", .right), ("kind", .left), ("selector", .right), ("offset", .right),
        ("details", .left),
      ], rows)
    let lines = rows.isEmpty ? ["no gate is present"] : table.lines(session.format)
    let json = gates.map { gate in
      JSON.object([
        (key: "vector", value: .int(Int(gate.vector))), (key: "kind", value: .string(gate.kind)),
        (key: "selector", value: .hex(UInt64(gate.selector))),
        (key: "offset", value: .hex(gate.offset)),
      ])
    }
    return Answer(lines.joined(separator: "\n"), .object([(key: "gates", value: .array(json))]))
  }

  @Sendable private static func gdt(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    let monitor = try session.machine()
    let registers = try session.registers()
    let segments = try DescriptorTables.descriptors(registers) {
      try monitor.readLinear($0, count: $1)
    }
    let rows = segments.map { segment in
      [
        Show.hex(segment.selector), Show.hex(segment.base), Show.hex(segment.limit),
        Show.hex(segment.access),
        segment.access == 0 && segment.limit == 0 ? "empty" : SegmentRendering.describe(segment),
      ]
    }
    let table = TextTable(
      [
        ("selector", .right), ("base", .right), ("limit", .right), ("access", .right),
        ("meaning", .left),
      ], rows)
    let lines = rows.isEmpty ? ["the table is empty"] : table.lines(session.format)
    let json = segments.map { segment in
      JSON.object([
        (key: "selector", value: .hex(UInt64(segment.selector))),
        (key: "base", value: .hex(segment.base)),
        (key: "limit", value: .hex(UInt64(segment.limit))),
        (key: "access", value: .hex(UInt64(segment.access))),
      ])
    }
    return Answer(
      lines.joined(separator: "\n"), .object([(key: "descriptors", value: .array(json))]))
  }

  @Sendable private static func tlb(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    guard let entries = try session.machine().cachedTranslations() else {
      throw CommandError(
        "missing-capability",
        "the TLB of a real processor cannot be read: it has no instruction for that. `walk ADDR` "
          + "shows the tables that it caches; `backend sim` has a TLB to look into")
    }
    let rendering = TLBRendering(entries: entries)
    return Answer(rendering.lines(session.format).joined(separator: "\n"), rendering.json)
  }

  @Sendable private static func devices(_ session: Session, _ arguments: inout Arguments) throws
    -> Answer
  {
    try arguments.end()
    let devices = try session.machine().devices
    let rows = devices.map { device in
      [
        device.name, device.space.rawValue, "\(Show.hex(device.first))-\(Show.hex(device.last))",
        "\(device.reads)", "\(device.writes)",
      ]
    }
    let table = TextTable(
      [
        ("device", .left), ("space", .left), ("addresses", .left), ("reads", .right),
        ("writes", .right),
      ], rows)
    let lines = rows.isEmpty ? ["there are no devices"] : table.lines(session.format)
    let json = devices.map { device in
      JSON.object([
        (key: "name", value: .string(device.name)),
        (key: "space", value: .string(device.space.rawValue)),
        (key: "first", value: .hex(device.first)), (key: "last", value: .hex(device.last)),
        (key: "reads", value: .count(device.reads)), (key: "writes", value: .count(device.writes)),
      ])
    }
    return Answer(lines.joined(separator: "\n"), .object([(key: "devices", value: .array(json))]))
  }
}

/// Reads descriptor tables out of guest memory.
enum DescriptorTables {
  struct Gate {
    var vector: UInt8
    var kind: String
    var selector: UInt16
    var offset: UInt64
    var details: String
    var isEmpty: Bool
  }

  typealias Reader = (_ linear: UInt64, _ count: Int) throws -> [UInt8]

  /// Every gate that fits in the table's limit.
  static func gates(_ registers: Registers, _ read: Reader) throws -> [Gate] {
    let isReal = registers.cr0 & CR0.pe == 0
    let size = isReal ? 4 : registers.efer & EFER.lma != 0 ? 16 : 8
    let count = min(256, (Int(registers.idtr.limit) + 1) / size)
    let bytes = try read(registers.idtr.base, count * size)
    return (0..<count).map { index in
      let entry = Array(bytes[(index * size)..<((index + 1) * size)])
      let vector = UInt8(truncatingIfNeeded: index)
      return isReal ? realGate(vector, entry) : gate(vector, entry)
    }
  }

  // SDM 3B, "Interrupt and Exception Handling" in real-address mode: offset, then segment.
  private static func realGate(_ vector: UInt8, _ entry: [UInt8]) -> Gate {
    let raw = word(entry, 0, 4)
    return Gate(
      vector: vector, kind: "far pointer", selector: UInt16(truncatingIfNeeded: raw >> 16),
      offset: raw & 0xffff, details: "", isEmpty: raw == 0)
  }

  // SDM 3A, "IDT Descriptors" and "64-Bit Mode IDT".
  private static func gate(_ vector: UInt8, _ entry: [UInt8]) -> Gate {
    let raw = word(entry, 0, 8)
    let upper = entry.count == 16 ? word(entry, 8, 4) : 0
    let rights = UInt8(truncatingIfNeeded: raw >> 40)
    let isPresent = rights & 0x80 != 0
    var details = "DPL \(rights >> 5 & 3)"
    if entry.count == 16, raw >> 32 & 7 != 0 { details += ", IST \(raw >> 32 & 7)" }
    if !isPresent { details += ", not present" }
    return Gate(
      vector: vector, kind: SegmentRendering.systemTypes[Int(rights & 15)],
      selector: UInt16(truncatingIfNeeded: raw >> 16),
      offset: raw & 0xffff | raw >> 32 & 0xffff_0000 | upper << 32, details: details,
      isEmpty: raw == 0)
  }

  /// Every descriptor of the GDT; a system descriptor of IA-32e mode takes two places.
  static func descriptors(_ registers: Registers, _ read: Reader) throws -> [Segment] {
    let count = min(8192, (Int(registers.gdtr.limit) + 1) / 8)
    guard registers.cr0 & CR0.pe != 0, count > 0 else { return [] }
    let bytes = try read(registers.gdtr.base, count * 8)
    var result: [Segment] = []
    var index = 0
    while index < count {
      let raw = word(bytes, index * 8, 8)
      var segment = Segment(selector: UInt16(truncatingIfNeeded: index * 8), descriptor: raw)
      let isWide = registers.efer & EFER.lma != 0 && !segment.isCodeOrData && raw != 0
      if isWide, index + 1 < count {
        segment.base |= word(bytes, index * 8 + 8, 4) << 32
        index += 1
      }
      result.append(segment)
      index += 1
    }
    return result
  }

  private static func word(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> UInt64 {
    bytes[offset..<(offset + size)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

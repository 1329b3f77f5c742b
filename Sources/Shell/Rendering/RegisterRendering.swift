import X86

/// Registers as text by group, and as JSON in whole.
struct RegisterRendering {
  enum Group: String, CaseIterable, Sendable {
    case general, flags, segments, control, debug, all

    static let summaries: [(Group, String)] = [
      (.general, "rax to r15, rip and rflags (what `info registers` shows)"),
      (.flags, "rflags bit by bit"), (.segments, "segment registers with their hidden part"),
      (.control, "cr0, cr2, cr3, cr4 and efer bit by bit"), (.debug, "dr0 to dr7"),
      (.all, "all of them"),
    ]
  }

  let registers: Registers

  func lines(_ group: Group, _ format: TextFormat) -> [String] {
    switch group {
    case .general: general(format)
    case .flags: bits("rflags", registers.rflags.rawValue, RFLAGS.names, format)
    case .segments: SegmentRendering(registers: registers).lines(format)
    case .control: control(format)
    case .debug: debug(format)
    case .all:
      general(format) + SegmentRendering(registers: registers).lines(format) + control(format)
        + debug(format)
    }
  }

  private func general(_ format: TextFormat) -> [String] {
    let order: [GeneralRegister] = [
      .rax, .rbx, .rcx, .rdx, .rsi, .rdi, .rbp, .rsp, .r8, .r9, .r10, .r11, .r12, .r13, .r14, .r15,
    ]
    var lines = format.grid(
      order.map { (name: $0.name, value: Show.hex(registers[$0])) }, perRow: 4)
    lines += format.grid([(name: "rip", value: Show.hex(registers.rip))], perRow: 1)
    lines.append(flagsLine(format))
    return lines
  }

  private func flagsLine(_ format: TextFormat) -> String {
    let names = registers.rflags.setNames
    let value = Show.hex(registers.rflags.rawValue)
    return format.isPlain
      ? "rflags: \(value), set: \(names.isEmpty ? "none" : names.joined(separator: " "))"
      : "\(format.name("rflags")) \(value) [\(names.joined(separator: " "))]"
  }

  private func control(_ format: TextFormat) -> [String] {
    bits("cr0", registers.cr0, CR0.names, format)
      + format.grid(
        [
          (name: "cr2", value: Show.hex(registers.cr2)),
          (name: "cr3", value: Show.hex(registers.cr3)),
        ], perRow: 2)
      + bits("cr4", registers.cr4, CR4.names, format)
      + bits("efer", registers.efer, EFER.names, format)
      + ["\(registers.mode.rawValue) mode, CPL \(registers.cpl)"]
  }

  /// A value, and below it each named bit, set or not.
  private func bits(
    _ name: String, _ value: UInt64, _ names: [(name: String, bit: Int)], _ format: TextFormat
  ) -> [String] {
    let first = format.grid([(name: name, value: Show.hex(value))], perRow: 1)
    let cells = names.reversed().map { row in
      let isSet = value >> UInt64(row.bit) & 1 == 1
      return format.isPlain
        ? "\(name) bit \(row.bit) \(row.name): \(isSet ? 1 : 0)"
        : isSet ? format.style("\(row.name)=1", .bold) : format.aside("\(row.name)=0")
    }
    return first + (format.isPlain ? cells : ["  " + cells.joined(separator: " ")])
  }

  private func debug(_ format: TextFormat) -> [String] {
    format.grid(
      [0, 1, 2, 3, 6, 7].map { (name: "dr\($0)", value: Show.hex(registers[debug: $0])) },
      perRow: 4)
  }

  var json: JSON {
    var members: [(key: String, value: JSON)] = GeneralRegister.allCases.map {
      (key: $0.name, value: .hex(registers[$0]))
    }
    members += [
      (key: "rip", value: .hex(registers.rip)),
      (key: "rflags", value: .hex(registers.rflags.rawValue)),
      (key: "cr0", value: .hex(registers.cr0)), (key: "cr2", value: .hex(registers.cr2)),
      (key: "cr3", value: .hex(registers.cr3)), (key: "cr4", value: .hex(registers.cr4)),
      (key: "cr8", value: .hex(registers.cr8)), (key: "efer", value: .hex(registers.efer)),
    ]
    members += SegmentRendering(registers: registers).members
    members += [0, 1, 2, 3, 6, 7].map { (key: "dr\($0)", value: .hex(registers[debug: $0])) }
    return .object(members)
  }
}

/// Segment registers with their hidden part, and the descriptor-table registers.
struct SegmentRendering {
  let registers: Registers

  private var segments: [(name: String, segment: Segment)] {
    SegmentRegister.allCases.map { ($0.name, registers[$0]) }
      + [("ldtr", registers.ldtr), ("tr", registers.tr)]
  }

  func lines(_ format: TextFormat) -> [String] {
    let rows = segments.map { name, segment in
      [
        name, Show.hex(segment.selector), Show.hex(segment.base), Show.hex(segment.limit),
        Show.hex(segment.access), Self.describe(segment),
      ]
    }
    let tables = [("gdtr", registers.gdtr), ("idtr", registers.idtr)].map { name, table in
      [name, "", Show.hex(table.base), Show.hex(table.limit), "", ""]
    }
    return TextTable(
      [
        ("segment", .left), ("selector", .right), ("base", .right), ("limit", .right),
        ("access", .right), ("meaning", .left),
      ], rows + tables
    ).lines(format)
  }

  var members: [(key: String, value: JSON)] {
    let all = segments.map { name, segment in
      (
        key: name,
        value: JSON.object([
          (key: "selector", value: .hex(UInt64(segment.selector))),
          (key: "base", value: .hex(segment.base)),
          (key: "limit", value: .hex(UInt64(segment.limit))),
          (key: "access", value: .hex(UInt64(segment.access))),
        ])
      )
    }
    let tables = [("gdtr", registers.gdtr), ("idtr", registers.idtr)].map { name, table in
      (
        key: name,
        value: JSON.object([
          (key: "base", value: .hex(table.base)), (key: "limit", value: .hex(UInt64(table.limit))),
        ])
      )
    }
    return all + tables
  }

  /// The access rights in words.
  static func describe(_ segment: Segment) -> String {
    if segment.isUnusable { return "unusable" }
    var words: [String] = []
    if segment.isCode {
      words.append(segment.isLong ? "64-bit code" : segment.is32Bit ? "32-bit code" : "16-bit code")
      if segment.isReadable { words.append("readable") }
      if segment.isConforming { words.append("conforming") }
    } else if segment.isCodeOrData {
      words.append(segment.isWritable ? "data, writable" : "data, read-only")
      if segment.isExpandDown { words.append("expand-down") }
    } else {
      words.append(systemTypes[Int(segment.type & 15)])
    }
    words.append("DPL \(segment.dpl)")
    if !segment.isPresent { words.append("not present") }
    return words.joined(separator: ", ")
  }

  /// SDM 3A, "System Descriptor Types", as 32-bit and 64-bit mode name them.
  static let systemTypes = [
    "reserved type 0", "16-bit TSS", "LDT", "busy 16-bit TSS",  // 0x
    "16-bit call gate", "task gate", "16-bit interrupt gate", "16-bit trap gate",  // 4x
    "reserved type 8", "TSS", "reserved type 10", "busy TSS",  // 8x
    "call gate", "reserved type 13", "interrupt gate", "trap gate",  // cx
  ]
}

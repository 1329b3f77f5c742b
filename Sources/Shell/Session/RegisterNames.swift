import X86

/// Every name under which a register, a part of one or a flag can be read and set.
enum RegisterNames {
  /// One named place: what it reads, and how it is set (nil: it cannot be).
  struct Place: Sendable {
    var name: String
    var get: @Sendable (Registers) -> UInt64
    var set: (@Sendable (inout Registers, UInt64) -> Void)?
  }

  static func place(_ name: String) -> Place? {
    let key = name.lowercased()
    return places[aliases[key] ?? key]
  }

  /// Names for help and completion, the 64-bit ones first.
  static let listed: [String] =
    GeneralRegister.allCases.map(\.name)
    + ["rip", "pc", "sp", "rflags", "cr0", "cr2", "cr3", "cr4", "cr8", "efer"]
    + SegmentRegister.allCases.map(\.name)
    + ["dr0", "dr1", "dr2", "dr3", "dr6", "dr7"]

  private static let aliases = [
    "sp": "rsp", "fp": "rbp", "eip": "rip", "ip": "rip", "eflags": "rflags", "flags": "rflags",
    "fs_base": "fs.base", "gs_base": "gs.base",
  ]

  private static let places: [String: Place] = {
    var table: [String: Place] = [:]
    for place in whole + parts + segments + flags { table[place.name] = place }
    return table
  }()

  private static var whole: [Place] {
    var result: [Place] = GeneralRegister.allCases.map { register in
      Place(name: register.name, get: { $0[register] }, set: { $0[register] = $1 })
    }
    result += [0, 1, 2, 3, 6, 7].map { number in
      Place(name: "dr\(number)", get: { $0[debug: number] }, set: { $0[debug: number] = $1 })
    }
    result += [
      Place(name: "rip", get: { $0.rip }, set: { $0.rip = $1 }),
      Place(name: "pc", get: { $0.linearPC }),
      Place(
        name: "rflags", get: { $0.rflags.rawValue },
        set: { $0.rflags = RFLAGS(rawValue: $1 | RFLAGS.alwaysOne.rawValue) }),
      Place(name: "cr0", get: { $0.cr0 }, set: { $0.cr0 = $1 }),
      Place(name: "cr2", get: { $0.cr2 }, set: { $0.cr2 = $1 }),
      Place(name: "cr3", get: { $0.cr3 }, set: { $0.cr3 = $1 }),
      Place(name: "cr4", get: { $0.cr4 }, set: { $0.cr4 = $1 }),
      Place(name: "cr8", get: { $0.cr8 }, set: { $0.cr8 = $1 }),
      Place(name: "efer", get: { $0.efer }, set: { $0.efer = $1 }),
      Place(name: "cpl", get: { UInt64($0.cpl) }),
    ]
    return result
  }

  /// The narrower names. Writing a 32-bit one clears the upper half, as an instruction would.
  private static var parts: [Place] {
    GeneralRegister.allCases.flatMap { register -> [Place] in
      let number = Int(register.rawValue)
      let old = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
      let names =
        number < 8
        ? (dword: "e" + old[number], word: old[number], byte: lowBytes[number])
        : (dword: register.name + "d", word: register.name + "w", byte: register.name + "b")
      var result = [
        part(names.dword, of: register, mask: 0xffff_ffff, clearsRest: true),
        part(names.byte, of: register, mask: 0xff),
      ]
      // `$sp` is GDB's name for the whole stack pointer.
      if names.word != "sp" { result.append(part(names.word, of: register, mask: 0xffff)) }
      if number < 4 {
        let high = String(old[number].prefix(1)) + "h"
        result.append(
          Place(
            name: high, get: { $0[register] >> 8 & 0xff },
            set: { $0[register] = $0[register] & ~0xff00 | ($1 & 0xff) << 8 }))
      }
      return result
    }
  }

  private static let lowBytes = ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"]

  private static func part(
    _ name: String, of register: GeneralRegister, mask: UInt64, clearsRest: Bool = false
  ) -> Place {
    Place(
      name: name, get: { $0[register] & mask },
      set: { $0[register] = (clearsRest ? 0 : $0[register] & ~mask) | $1 & mask })
  }

  private static var segments: [Place] {
    SegmentRegister.allCases.flatMap { register in
      [
        Place(
          name: register.name, get: { UInt64($0[register].selector) },
          set: { setSelector(register, $1, in: &$0) }),
        Place(
          name: register.name + ".base", get: { $0[register].base },
          set: { $0[register].base = $1 }),
        Place(
          name: register.name + ".limit", get: { UInt64($0[register].limit) },
          set: { $0[register].limit = UInt32(truncatingIfNeeded: $1) }),
        Place(
          name: register.name + ".access", get: { UInt64($0[register].access) },
          set: { $0[register].access = UInt32(truncatingIfNeeded: $1) }),
      ]
    } + [
      Place(name: "tr", get: { UInt64($0.tr.selector) }),
      Place(name: "ldtr", get: { UInt64($0.ldtr.selector) }),
      Place(name: "gdtr.base", get: { $0.gdtr.base }, set: { $0.gdtr.base = $1 }),
      Place(name: "gdtr.limit", get: { UInt64($0.gdtr.limit) }),
      Place(name: "idtr.base", get: { $0.idtr.base }, set: { $0.idtr.base = $1 }),
      Place(name: "idtr.limit", get: { UInt64($0.idtr.limit) }),
    ]
  }

  private static func setSelector(
    _ register: SegmentRegister, _ value: UInt64, in registers: inout Registers
  ) {
    registers[register].selector = UInt16(truncatingIfNeeded: value)
    // In real mode the base follows the selector; elsewhere the hidden part stays.
    if registers.mode == .real || registers.mode == .virtual8086 {
      registers[register].base = (value & 0xffff) << 4
    }
  }

  private static var flags: [Place] {
    RFLAGS.names.map { row in
      let mask = UInt64(1) << UInt64(row.bit)
      return Place(
        name: row.name.lowercased(), get: { $0.rflags.rawValue & mask == 0 ? 0 : 1 },
        set: {
          let rest = $0.rflags.rawValue & ~mask
          $0.rflags = RFLAGS(rawValue: $1 == 0 ? rest : rest | mask)
        })
    }
  }
}

extension Registers {
  /// The linear address of the next instruction.
  var linearPC: UInt64 { mode == .long ? rip : (self[.cs].base &+ rip) & 0xffff_ffff }

  /// The default sizes of the code at CS:RIP.
  var codeSize: CodeSize {
    switch mode {
    case .real, .virtual8086: self[.cs].is32Bit && mode == .real ? .bits32 : .bits16
    case .long: .bits64
    case .protected, .compatibility: self[.cs].is32Bit ? .bits32 : .bits16
    }
  }
}

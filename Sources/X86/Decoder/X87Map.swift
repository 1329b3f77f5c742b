/// The x87 opcodes (SDM 2, "Escape Opcode Instructions"): their names, and their sizes in memory.
enum X87Map {
  /// D8 to DF by ModRM.reg, with a memory operand of `w` 2, `d` 4, `q` 8 or `t` 10 bytes, or one
  /// whose size depends on the mode.
  private static let memory: [String] = [
    /* D8 */ "fadd d", "fmul d", "fcom d", "fcomp d", "fsub d", "fsubr d", "fdiv d", "fdivr d",
    /* D9 */ "fld d", "-", "fst d", "fstp d", "fldenv", "fldcw w", "fnstenv", "fnstcw w",
    /* DA */ "fiadd d", "fimul d", "ficom d", "ficomp d", "fisub d", "fisubr d", "fidiv d",
    "fidivr d",
    /* DB */ "fild d", "fisttp d", "fist d", "fistp d", "-", "fld t", "-", "fstp t",
    /* DC */ "fadd q", "fmul q", "fcom q", "fcomp q", "fsub q", "fsubr q", "fdiv q", "fdivr q",
    /* DD */ "fld q", "fisttp q", "fst q", "fstp q", "frstor", "-", "fnsave", "fnstsw w",
    /* DE */ "fiadd w", "fimul w", "ficom w", "ficomp w", "fisub w", "fisubr w", "fidiv w",
    "fidivr w",
    /* DF */ "fild w", "fisttp w", "fist w", "fistp w", "fbld t", "fild q", "fbstp t", "fistp q",
  ]

  /// D8 to DF by ModRM.reg, with a register: `i` is the one that ModRM.rm names. A cell of eight
  /// words is by ModRM.rm.
  private static let registers: [String] = [
    /* D8 */ "fadd st,i", "fmul st,i", "fcom i", "fcomp i",
    "fsub st,i", "fsubr st,i", "fdiv st,i", "fdivr st,i",
    /* D9 */ "fld i", "fxch i", "fnop - - - - - - -", "-",
    "fchs fabs - - ftst fxam - -", "fld1 fldl2t fldl2e fldpi fldlg2 fldln2 fldz -",
    "f2xm1 fyl2x fptan fpatan fxtract fprem1 fdecstp fincstp",
    "fprem fyl2xp1 fsqrt fsincos frndint fscale fsin fcos",
    /* DA */ "fcmovb st,i", "fcmove st,i", "fcmovbe st,i", "fcmovu st,i",
    "-", "- fucompp - - - - - -", "-", "-",
    /* DB */ "fcmovnb st,i", "fcmovne st,i", "fcmovnbe st,i", "fcmovnu st,i",
    "- - fnclex fninit - - - -", "fucomi st,i", "fcomi st,i", "-",
    /* DC */ "fadd i,st", "fmul i,st", "-", "-",
    "fsubr i,st", "fsub i,st", "fdivr i,st", "fdiv i,st",
    /* DD */ "ffree i", "-", "fst i", "fstp i", "fucom i", "fucomp i", "-", "-",
    /* DE */ "faddp i,st", "fmulp i,st", "-", "- fcompp - - - - - -",
    "fsubrp i,st", "fsubp i,st", "fdivrp i,st", "fdivp i,st",
    /* DF */ "-", "-", "-", "-", "fnstswax - - - - - - -", "fucompi st,i", "fcompi st,i", "-",
  ]

  private static let sizes: [UInt8] = memory.map { cell in
    switch cell.utf8.last {
    case UInt8(ascii: "w") where cell.contains(" "): 2
    case UInt8(ascii: "d") where cell.contains(" "): 4
    case UInt8(ascii: "q") where cell.contains(" "): 8
    case UInt8(ascii: "t") where cell.contains(" "): 10
    default: 0
    }
  }

  private static func index(_ opcode: UInt8, _ modRM: UInt8) -> Int {
    Int(opcode & 7) * 8 + Int((modRM >> 3) & 7)
  }

  /// Bytes of the memory operand; 0 if they depend on the mode.
  static func memorySize(_ opcode: UInt8, _ modRM: UInt8) -> UInt8 { sizes[index(opcode, modRM)] }

  /// The name of an instruction with a memory operand, or name and operands of one with registers;
  /// nil if the manual has none.
  static func text(_ opcode: UInt8, _ modRM: UInt8) -> String? {
    if modRM < 0xc0 {
      let name = memory[index(opcode, modRM)].prefix { $0 != " " }
      return name == "-" ? nil : String(name)
    }
    let words = registers[index(opcode, modRM)].split(separator: " ")
    let word = words.count == 8 ? words[Int(modRM & 7)] : words.first ?? "-"
    if word == "-" { return nil }
    if word == "fnstswax" { return "fnstsw ax" }
    guard words.count == 2, let operands = words.last else { return String(word) }
    let texts = operands.split(separator: ",").map { $0 == "i" ? "st(\(modRM & 7))" : "st" }
    return word + " " + texts.joined(separator: ", ")
  }
}

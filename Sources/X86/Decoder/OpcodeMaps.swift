/// The opcode maps as the manual prints them (SDM 2, "Opcode Map"): sixteen rows of sixteen, in two
/// halves of eight, each row with its label.
///
/// A cell is a mnemonic, its operands and its marks.
/// - Operands are the manual's: a letter for the addressing method, then one for the type
///   (`Eb`, `Gv`, `Iz`). Besides: `Z` is the register in the low three opcode bits, `sIb` a byte
///   that is sign-extended to the size of the other operand, `Rv/Mw` a full register or a word in
///   memory, `W` and `Q` the operand of an SSE or MMX instruction.
/// - Marks: `i64` invalid and `o64` valid only in 64-bit code, `d64` defaults to and `f64` always
///   has 64-bit operand size there; `np` takes none of 66, F2 and F3; `bysize` and `byw` choose the
///   following mnemonics by operand size (CBW, CWDE, CDQE) or REX.W (CMPXCHG8B, CMPXCHG16B).
/// - `A | F3 B`: B with that mandatory prefix, A otherwise. `A i64 | B o64`: by mode.
/// - `GRP5`: see `opcodeGroups`. `-` is undefined; a cell in parentheses never reaches the map.
enum OpcodeMaps {
  static let oneByte: [String] = [
    /* 0x */
    "ADD Eb,Gb", "ADD Ev,Gv", "ADD Gb,Eb", "ADD Gv,Ev",
    "ADD AL,sIb", "ADD rAX,Iz", "PUSH ES i64", "POP ES i64",
    "OR Eb,Gb", "OR Ev,Gv", "OR Gb,Eb", "OR Gv,Ev",
    "OR AL,sIb", "OR rAX,Iz", "PUSH CS i64", "(2-byte)",
    /* 1x */
    "ADC Eb,Gb", "ADC Ev,Gv", "ADC Gb,Eb", "ADC Gv,Ev",
    "ADC AL,sIb", "ADC rAX,Iz", "PUSH SS i64", "POP SS i64",
    "SBB Eb,Gb", "SBB Ev,Gv", "SBB Gb,Eb", "SBB Gv,Ev",
    "SBB AL,sIb", "SBB rAX,Iz", "PUSH DS i64", "POP DS i64",
    /* 2x */
    "AND Eb,Gb", "AND Ev,Gv", "AND Gb,Eb", "AND Gv,Ev",
    "AND AL,sIb", "AND rAX,Iz", "(ES)", "DAA i64",
    "SUB Eb,Gb", "SUB Ev,Gv", "SUB Gb,Eb", "SUB Gv,Ev",
    "SUB AL,sIb", "SUB rAX,Iz", "(CS)", "DAS i64",
    /* 3x */
    "XOR Eb,Gb", "XOR Ev,Gv", "XOR Gb,Eb", "XOR Gv,Ev",
    "XOR AL,sIb", "XOR rAX,Iz", "(SS)", "AAA i64",
    "CMP Eb,Gb", "CMP Ev,Gv", "CMP Gb,Eb", "CMP Gv,Ev",
    "CMP AL,sIb", "CMP rAX,Iz", "(DS)", "AAS i64",
    /* 4x: REX in 64-bit code */
    "INC Zv i64", "INC Zv i64", "INC Zv i64", "INC Zv i64",
    "INC Zv i64", "INC Zv i64", "INC Zv i64", "INC Zv i64",
    "DEC Zv i64", "DEC Zv i64", "DEC Zv i64", "DEC Zv i64",
    "DEC Zv i64", "DEC Zv i64", "DEC Zv i64", "DEC Zv i64",
    /* 5x */
    "PUSH Zv d64", "PUSH Zv d64", "PUSH Zv d64", "PUSH Zv d64",
    "PUSH Zv d64", "PUSH Zv d64", "PUSH Zv d64", "PUSH Zv d64",
    "POP Zv d64", "POP Zv d64", "POP Zv d64", "POP Zv d64",
    "POP Zv d64", "POP Zv d64", "POP Zv d64", "POP Zv d64",
    /* 6x */
    "PUSHA i64", "POPA i64", "BOUND Gv,Ma i64", "ARPL Ew,Gw i64 | MOVSXD Gv,Ez o64",
    "(FS)", "(GS)", "(operand size)", "(address size)",
    "PUSH Iz d64", "IMUL Gv,Ev,Iz", "PUSH sIb d64", "IMUL Gv,Ev,sIb",
    "INS Yb,DX", "INS Yz,DX", "OUTS DX,Xb", "OUTS DX,Xz",
    /* 7x */
    "JO Jb f64", "JNO Jb f64", "JB Jb f64", "JAE Jb f64",
    "JE Jb f64", "JNE Jb f64", "JBE Jb f64", "JA Jb f64",
    "JS Jb f64", "JNS Jb f64", "JP Jb f64", "JNP Jb f64",
    "JL Jb f64", "JGE Jb f64", "JLE Jb f64", "JG Jb f64",
    /* 8x */
    "GRP1 Eb,sIb", "GRP1 Ev,Iz", "GRP1 Eb,sIb i64", "GRP1 Ev,sIb",
    "TEST Eb,Gb", "TEST Ev,Gv", "XCHG Eb,Gb", "XCHG Ev,Gv",
    "MOV Eb,Gb", "MOV Ev,Gv", "MOV Gb,Eb", "MOV Gv,Ev",
    "MOV Rv/Mw,Sw", "LEA Gv,M", "MOV Sw,Ew", "GRP1A",
    /* 9x: with REX.B, 90 is XCHG */
    "NOP | F3 PAUSE", "XCHG Zv,rAX", "XCHG Zv,rAX", "XCHG Zv,rAX",
    "XCHG Zv,rAX", "XCHG Zv,rAX", "XCHG Zv,rAX", "XCHG Zv,rAX",
    "CBW bysize", "CWD bysize", "CALLFAR Ap i64", "WAIT",
    "PUSHF d64", "POPF d64", "SAHF", "LAHF",
    /* Ax */
    "MOV AL,Ob", "MOV rAX,Ov", "MOV Ob,AL", "MOV Ov,rAX",
    "MOVS Yb,Xb", "MOVS Yv,Xv", "CMPS Xb,Yb", "CMPS Xv,Yv",
    "TEST AL,sIb", "TEST rAX,Iz", "STOS Yb,AL", "STOS Yv,rAX",
    "LODS AL,Xb", "LODS rAX,Xv", "SCAS AL,Yb", "SCAS rAX,Yv",
    /* Bx */
    "MOV Zb,Ib", "MOV Zb,Ib", "MOV Zb,Ib", "MOV Zb,Ib",
    "MOV Zb,Ib", "MOV Zb,Ib", "MOV Zb,Ib", "MOV Zb,Ib",
    "MOV Zv,Iv", "MOV Zv,Iv", "MOV Zv,Iv", "MOV Zv,Iv",
    "MOV Zv,Iv", "MOV Zv,Iv", "MOV Zv,Iv", "MOV Zv,Iv",
    /* Cx: C4 and C5 are VEX prefixes in 64-bit code */
    "GRP2 Eb,Ib", "GRP2 Ev,Ib", "RET Iw f64", "RET f64",
    "LES Gv,Mp i64", "LDS Gv,Mp i64", "GRP11 Eb,sIb", "GRP11 Ev,Iz",
    "ENTER Iw,Ib d64", "LEAVE d64", "RETFAR Iw", "RETFAR",
    "INT3", "INT Ib", "INTO i64", "IRET",
    /* Dx */
    "GRP2 Eb,1", "GRP2 Ev,1", "GRP2 Eb,CL", "GRP2 Ev,CL",
    "AAM Ib i64", "AAD Ib i64", "SALC i64", "XLAT",
    "X87 W", "X87 W", "X87 W", "X87 W",
    "X87 W", "X87 W", "X87 W", "X87 W",
    /* Ex */
    "LOOPNE Jb f64", "LOOPE Jb f64", "LOOP Jb f64", "JRCXZ Jb f64",
    "IN AL,Ib", "IN eAX,Ib", "OUT Ib,AL", "OUT Ib,eAX",
    "CALL Jz f64", "JMP Jz f64", "JMPFAR Ap i64", "JMP Jb f64",
    "IN AL,DX", "IN eAX,DX", "OUT DX,AL", "OUT DX,eAX",
    /* Fx */
    "(LOCK)", "INT1", "(REPNE)", "(REP)",
    "HLT", "CMC", "GRP3B", "GRP3V",
    "CLC", "STC", "CLI", "STI",
    "CLD", "STD", "GRP4", "GRP5",
  ]

  /// Opcodes after 0F. Reserved no-operations (0F 19 to 0F 1F) take a ModRM byte.
  static let twoByte: [String] = [
    /* 0x */
    "GRP6", "GRP7", "LAR Gv,Ew", "LSL Gv,Ew",
    "-", "SYSCALL o64", "CLTS", "SYSRET o64",
    "INVD", "WBINVD | F3 WBNOINVD", "-", "UD2",
    "-", "GRPP", "-", "-",
    /* 1x */
    "SSE W", "SSE W", "SSE W", "SSE M",
    "SSE W", "SSE W", "SSE W", "SSE M",
    "GRP16", "NOP Ev", "NOP Ev", "NOP Ev",
    "GRP1C", "NOP Ev", "NOP Ev | F3 GRP1E", "NOP Ev",
    /* 2x */
    "MOV Ry,Cd f64", "MOV Ry,Dd f64", "MOV Cd,Ry f64", "MOV Dd,Ry f64",
    "-", "-", "-", "-",
    "SSE W", "SSE W", "SSE W", "SSE M",
    "SSE W", "SSE W", "SSE W", "SSE W",
    /* 3x */
    "WRMSR", "RDTSC", "RDMSR", "RDPMC",
    "SYSENTER", "SYSEXIT", "-", "GETSEC",
    "(3-byte 38)", "-", "(3-byte 3A)", "-",
    "-", "-", "-", "-",
    /* 4x */
    "CMOVO Gv,Ev", "CMOVNO Gv,Ev", "CMOVB Gv,Ev", "CMOVAE Gv,Ev",
    "CMOVE Gv,Ev", "CMOVNE Gv,Ev", "CMOVBE Gv,Ev", "CMOVA Gv,Ev",
    "CMOVS Gv,Ev", "CMOVNS Gv,Ev", "CMOVP Gv,Ev", "CMOVNP Gv,Ev",
    "CMOVL Gv,Ev", "CMOVGE Gv,Ev", "CMOVLE Gv,Ev", "CMOVG Gv,Ev",
    /* 5x */
    "SSE U", "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "SSE W",
    "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "SSE W",
    /* 6x */
    "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q",
    "MMX Q", "MMX Q", "MMX Q", "MMX Q", "SSE W", "SSE W", "MMX Q", "MMX Q",
    /* 7x */
    "MMX Q,Ib", "GRP12", "GRP13", "GRP14", "MMX Q", "MMX Q", "MMX Q", "EMMS",
    "VMREAD Ey,Gy f64 np", "VMWRITE Gy,Ey f64 np", "-", "-",
    "SSE W", "SSE W", "MMX Q", "MMX Q",
    /* 8x */
    "JO Jz f64", "JNO Jz f64", "JB Jz f64", "JAE Jz f64",
    "JE Jz f64", "JNE Jz f64", "JBE Jz f64", "JA Jz f64",
    "JS Jz f64", "JNS Jz f64", "JP Jz f64", "JNP Jz f64",
    "JL Jz f64", "JGE Jz f64", "JLE Jz f64", "JG Jz f64",
    /* 9x */
    "SETO Eb", "SETNO Eb", "SETB Eb", "SETAE Eb",
    "SETE Eb", "SETNE Eb", "SETBE Eb", "SETA Eb",
    "SETS Eb", "SETNS Eb", "SETP Eb", "SETNP Eb",
    "SETL Eb", "SETGE Eb", "SETLE Eb", "SETG Eb",
    /* Ax */
    "PUSH FS d64", "POP FS d64", "CPUID", "BT Ev,Gv",
    "SHLD Ev,Gv,Ib", "SHLD Ev,Gv,CL", "-", "-",
    "PUSH GS d64", "POP GS d64", "RSM", "BTS Ev,Gv",
    "SHRD Ev,Gv,Ib", "SHRD Ev,Gv,CL", "GRP15", "IMUL Gv,Ev",
    /* Bx */
    "CMPXCHG Eb,Gb", "CMPXCHG Ev,Gv", "LSS Gv,Mp", "BTR Ev,Gv",
    "LFS Gv,Mp", "LGS Gv,Mp", "MOVZX Gv,Eb", "MOVZX Gv,Ew",
    "- | F3 POPCNT Gv,Ev", "UD1 Gv,Ev", "GRP8", "BTC Ev,Gv",
    "BSF Gv,Ev | F3 TZCNT Gv,Ev", "BSR Gv,Ev | F3 LZCNT Gv,Ev", "MOVSX Gv,Eb", "MOVSX Gv,Ew",
    /* Cx */
    "XADD Eb,Gb", "XADD Ev,Gv", "SSE W,Ib", "MOVNTI My,Gy np",
    "MMX Q,Ib", "MMX U,Ib", "SSE W,Ib", "GRP9",
    "BSWAP Zv", "BSWAP Zv", "BSWAP Zv", "BSWAP Zv",
    "BSWAP Zv", "BSWAP Zv", "BSWAP Zv", "BSWAP Zv",
    /* Dx */
    "SSE W", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "SSE W", "MMX U",
    "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q",
    /* Ex */
    "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "SSE W", "MMX M",
    "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q",
    /* Fx */
    "SSE M", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX U",
    "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "UD0 Gv,Ev",
  ]

  /// Opcodes after 0F 38; rows that are not listed are undefined.
  static let threeByte38: [UInt8: [String]] = [
    0x00: [
      "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q", "MMX Q",
      "MMX Q", "MMX Q", "MMX Q", "MMX Q", "-", "-", "-", "-",
    ],
    0x10: [
      "SSE W", "-", "-", "-", "SSE W", "SSE W", "-", "SSE W",
      "-", "-", "-", "-", "MMX Q", "MMX Q", "MMX Q", "-",
    ],
    0x20: [
      "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "-", "-",
      "SSE W", "SSE W", "SSE M", "SSE W", "-", "-", "-", "-",
    ],
    0x30: [
      "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "-", "SSE W",
      "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "SSE W",
    ],
    0x40: [
      "SSE W", "SSE W", "-", "-", "-", "-", "-", "-",
      "-", "-", "-", "-", "-", "-", "-", "-",
    ],
    0x80: [
      "- | 66 INVEPT Gy,Mdq f64", "- | 66 INVVPID Gy,Mdq f64", "- | 66 INVPCID Gy,Mdq f64", "-",
      "-", "-", "-", "-",
      "-", "-", "-", "-", "-", "-", "-", "-",
    ],
    0xc0: [
      "-", "-", "-", "-", "-", "-", "-", "-",
      "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "SSE W", "-", "SSE W",
    ],
    0xd0: [
      "-", "-", "-", "-", "-", "-", "-", "-",
      "-", "-", "-", "SSE W", "SSE W", "SSE W", "SSE W", "SSE W",
    ],
    0xf0: [
      "MOVBE Gv,Mv | F3 - | F2 CRC32 Gy,Eb", "MOVBE Mv,Gv | F3 - | F2 CRC32 Gy,Ev", "-", "-",
      "-", "-", "- | 66 ADCX Gy,Ey | F3 ADOX Gy,Ey", "-",
      "-", "-", "-", "-", "-", "-", "-", "-",
    ],
  ]

  /// Opcodes after 0F 3A; rows that are not listed are undefined.
  static let threeByte3A: [UInt8: [String]] = [
    0x00: [
      "-", "-", "-", "-", "-", "-", "-", "-",
      "SSE W,Ib", "SSE W,Ib", "SSE W,Ib", "SSE W,Ib", "SSE W,Ib", "SSE W,Ib", "SSE W,Ib",
      "MMX Q,Ib",
    ],
    0x10: [
      "-", "-", "-", "-", "SSE W,Ib", "SSE W,Ib", "SSE W,Ib", "SSE W,Ib",
      "-", "-", "-", "-", "-", "-", "-", "-",
    ],
    0x20: [
      "SSE W,Ib", "SSE W,Ib", "SSE W,Ib", "-", "-", "-", "-", "-",
      "-", "-", "-", "-", "-", "-", "-", "-",
    ],
    0x40: [
      "SSE W,Ib", "SSE W,Ib", "SSE W,Ib", "-", "SSE W,Ib", "-", "-", "-",
      "-", "-", "-", "-", "-", "-", "-", "-",
    ],
    0x60: [
      "SSE W,Ib", "SSE W,Ib", "SSE W,Ib", "SSE W,Ib", "-", "-", "-", "-",
      "-", "-", "-", "-", "-", "-", "-", "-",
    ],
    0xc0: [
      "-", "-", "-", "-", "-", "-", "-", "-",
      "-", "-", "-", "-", "SSE W,Ib", "-", "SSE W,Ib", "SSE W,Ib",
    ],
    0xd0: [
      "-", "-", "-", "-", "-", "-", "-", "-",
      "-", "-", "-", "-", "-", "-", "-", "SSE W,Ib",
    ],
  ]

  /// VEX opcodes on general registers: 0F 38 F0 to F7, then 0F 3A F0 to F7. `B` is VEX.vvvv.
  static let vex: [String] = [
    "-", "-", "ANDN Gy,By,Ey np", "GRP17 By,Ey np",
    "-", "BZHI Gy,Ey,By | 66 - | F3 PEXT Gy,By,Ey | F2 PDEP Gy,By,Ey", "- | F2 MULX Gy,By,Ey",
    "BEXTR Gy,Ey,By | 66 SHLX Gy,Ey,By | F3 SARX Gy,Ey,By | F2 SHRX Gy,Ey,By",
    "- | F2 RORX Gy,Ey,Ib", "-", "-", "-", "-", "-", "-", "-",
  ]
}

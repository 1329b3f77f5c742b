extension OpcodeMaps {
  /// Opcodes that ModRM.reg extends (SDM 2, "Opcode Extensions for One-Byte and Two-byte Opcodes").
  ///
  /// Eight cells: by ModRM.reg. Sixteen: eight for memory, eight for registers. Seventy-two: eight
  /// for memory, sixty-four for the low six bits of ModRM. A cell without operands takes those of
  /// the opcode.
  static let groups: [String: [String]] = [
    "GRP1": ["ADD", "OR", "ADC", "SBB", "AND", "SUB", "XOR", "CMP"],
    "GRP1A": ["POP Ev d64", "-", "-", "-", "-", "-", "-", "-"],
    // The manual leaves /6 empty; processors shift left, as for /4.
    "GRP2": ["ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SHL", "SAR"],
    // The manual leaves /1 empty; processors test, as for /0.
    "GRP3B": [
      "TEST Eb,sIb", "TEST Eb,sIb", "NOT Eb", "NEG Eb", "MUL Eb", "IMUL Eb", "DIV Eb", "IDIV Eb",
    ],
    "GRP3V": [
      "TEST Ev,Iz", "TEST Ev,Iz", "NOT Ev", "NEG Ev", "MUL Ev", "IMUL Ev", "DIV Ev", "IDIV Ev",
    ],
    "GRP4": ["INC Eb", "DEC Eb", "-", "-", "-", "-", "-", "-"],
    "GRP5": [
      "INC Ev", "DEC Ev", "CALL Ev f64", "CALLFAR Mp",
      "JMP Ev f64", "JMPFAR Mp", "PUSH Ev d64", "-",
    ],
    "GRP6": ["SLDT Rv/Mw", "STR Rv/Mw", "LLDT Ew", "LTR Ew", "VERR Ew", "VERW Ew", "-", "-"],
    "GRP7": [
      "SGDT Ms f64", "SIDT Ms f64", "LGDT Ms f64", "LIDT Ms f64",
      "SMSW Rv/Mw", "-", "LMSW Ew", "INVLPG Mb",
      /* C0 */ "-", "VMCALL np", "VMLAUNCH np", "VMRESUME np", "VMXOFF np", "-", "-", "-",
      /* C8 */ "MONITOR np", "MWAIT np", "CLAC np", "STAC np", "-", "-", "-", "-",
      /* D0 */ "XGETBV np", "XSETBV np", "-", "-", "VMFUNC np", "-", "-", "-",
      /* D8 */ "-", "-", "-", "-", "-", "-", "-", "-",
      /* E0 */ "SMSW Rv/Mw", "SMSW Rv/Mw", "SMSW Rv/Mw", "SMSW Rv/Mw",
      "SMSW Rv/Mw", "SMSW Rv/Mw", "SMSW Rv/Mw", "SMSW Rv/Mw",
      /* E8 */ "SERIALIZE np", "-", "-", "-", "-", "-", "RDPKRU np", "WRPKRU np",
      /* F0 */ "LMSW Ew", "LMSW Ew", "LMSW Ew", "LMSW Ew",
      "LMSW Ew", "LMSW Ew", "LMSW Ew", "LMSW Ew",
      /* F8 */ "SWAPGS o64", "RDTSCP", "-", "-", "-", "-", "-", "-",
    ],
    "GRP8": ["-", "-", "-", "-", "BT Ev,Ib", "BTS Ev,Ib", "BTR Ev,Ib", "BTC Ev,Ib"],
    "GRP9": [
      "-", "CMPXCHG8B Mq/Mdq byw", "-", "XRSTORS M np",
      "XSAVEC M np", "XSAVES M np", "VMPTRLD Mq | 66 VMCLEAR Mq | F3 VMXON Mq | F2 -",
      "VMPTRST Mq np",
      /* mod 11 */
      "-", "-", "-", "-", "-", "-", "RDRAND Rv | F3 - | F2 -", "RDSEED Rv | F3 RDPID Ry f64 | F2 -",
    ],
    "GRP11": ["MOV", "-", "-", "-", "-", "-", "-", "-"],
    "GRP12": [
      "-", "-", "-", "-", "-", "-", "-", "-",
      /* mod 11 */ "-", "-", "MMX U,Ib", "-", "MMX U,Ib", "-", "MMX U,Ib", "-",
    ],
    "GRP13": [
      "-", "-", "-", "-", "-", "-", "-", "-",
      /* mod 11 */ "-", "-", "MMX U,Ib", "-", "MMX U,Ib", "-", "MMX U,Ib", "-",
    ],
    "GRP14": [
      "-", "-", "-", "-", "-", "-", "-", "-",
      /* mod 11 */ "-", "-", "MMX U,Ib", "SSE U,Ib", "-", "-", "MMX U,Ib", "SSE U,Ib",
    ],
    "GRP15": [
      "FXSAVE M np", "FXRSTOR M np", "LDMXCSR Md np", "STMXCSR Md np",
      "XSAVE M np", "XRSTOR M np", "XSAVEOPT M | 66 CLWB Mb | F3 - | F2 -",
      "CLFLUSH Mb | 66 CLFLUSHOPT Mb | F3 - | F2 -",
      /* mod 11 */
      "- | F3 RDFSBASE Ry o64", "- | F3 RDGSBASE Ry o64",
      "- | F3 WRFSBASE Ry o64", "- | F3 WRGSBASE Ry o64",
      "-", "LFENCE np", "MFENCE np", "SFENCE np",
    ],
    "GRP16": [
      "PREFETCH Mb", "PREFETCH Mb", "PREFETCH Mb", "PREFETCH Mb",
      "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
      /* mod 11 */
      "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
    ],
    "GRP17": ["-", "BLSR", "BLSMSK", "BLSI", "-", "-", "-", "-"],
    // 0F 0D: the other rows prefetch without intent to write, or do nothing.
    "GRPP": [
      "PREFETCH Mb", "PREFETCHW Mb", "PREFETCHW Mb", "PREFETCH Mb",
      "PREFETCH Mb", "PREFETCH Mb", "PREFETCH Mb", "PREFETCH Mb",
      /* mod 11 */
      "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
    ],
    "GRP1C": [
      "CLDEMOTE Mb | 66 NOP Ev | F3 NOP Ev | F2 NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
      "NOP Ev", "NOP Ev", "NOP Ev",
      /* mod 11 */
      "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
    ],
    "GRP1E": [
      "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
      /* C0 to F7 */
      "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
      "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
      "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
      "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
      "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
      "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
      "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
      /* F8: ENDBR64 and ENDBR32 are FA and FB */
      "NOP Ev", "NOP Ev", "ENDBR", "ENDBR", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev",
    ],
  ]
}

@testable import X86

/// Where the decoder goes by the manual and llvm-objdump does not. Elsewhere they agree over some
/// 135,000 forms of 16-bit, 138,000 of 32-bit and 294,000 of 64-bit code.
enum DecoderExceptions {
  /// Whether a form is left out of the comparison.
  static func skips(_ bytes: [UInt8], _ instruction: Instruction?, _ size: CodeSize) -> Bool {
    let form = Form(bytes, size)
    return instruction.map { differs(form, $0, size) } ?? isRefused(form, size)
  }

  /// An encoding taken apart: legacy prefixes, then opcode bytes.
  private struct Form {
    var prefixes: Set<UInt8> = []
    var opcode: [UInt8] = []
    var modRM: UInt8 { opcode.count > 1 ? opcode[1] : 0 }
    /// The second opcode byte if the first is 0F.
    var second: UInt8? { opcode.first == 0x0f ? modRM : nil }
    var hasREXW: Bool { prefixes.contains { $0 & 0xf8 == 0x48 } }
    var hasMandatory: Bool { !prefixes.isDisjoint(with: [0x66, 0xf2, 0xf3]) }

    init(_ bytes: [UInt8], _ size: CodeSize) {
      let start = bytes.firstIndex { byte in
        switch byte {
        case 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x64, 0x65, 0x26, 0x2e, 0x36, 0x3e: false
        case 0x40...0x4f: size != .bits64
        default: true
        }
      }
      prefixes = Set(bytes[..<(start ?? 0)])
      opcode = Array(bytes[(start ?? 0)...])
    }
  }

  private static func differs(
    _ form: Form, _ instruction: Instruction, _ size: CodeSize
  ) -> Bool {
    switch instruction.mnemonic {
    case .mov where [0x20, 0x21, 0x22, 0x23].contains(form.second):
      // SDM 2B, "MOV: Move to/from Control Registers": the mod bits are ignored. LLVM wants 11.
      return instruction.length > 0 && form.opcode.count > 2 && form.opcode[2] < 0xc0
    case .jrcxz where form.opcode.first == 0xe3,
      .mov where [0xa0, 0xa2].contains(form.opcode.first):
      // SDM 2A, "Jcc", JECXZ, and 2B, "MOV", moffs8: the address size alone decides. LLVM forgets 67
      // when 66 is there, too.
      return size == .bits64 && form.prefixes.isSuperset(of: [0x66, 0x67])
    case .nop where form.second != nil && form.second != 0x1f:
      // SDM 2, "Opcode Map", reserved no-operations: LLVM knows 0F 1F, and later uses of others.
      return true
    case .nop where form.second == 0x1f:
      // The same: LLVM knows reg 0.
      return form.opcode.count > 2 && form.opcode[2] & 0x38 != 0
    case .int1, .ud0:
      // SDM 2A, "INT n/INTO/INT3/INT1", and 2B, "UD: Undefined Instruction": F1 is INT1, UD0 has a
      // ModRM byte. LLVM has no F1, and no ModRM byte.
      return true
    case .x87:
      // SDM 2, "Escape Opcode Instructions": empty cells. LLVM has FFREEP, the manual has not.
      return X87Map.text(form.opcode[0], form.modRM) == nil
    case .prefetch where form.second == 0x0d:
      // SDM 2, "Opcode Map", group P: reserved rows prefetch.
      return form.opcode.count > 2 && form.opcode[2] & 0x38 != 0
    case .shl, .test:
      // Group 2 /6 and group 3 /1 are empty in the manual, but aliases on every processor.
      return isAlias(form)
    case .jcc, .call, .jmp:
      // SDM 2, "Opcode Map", f64: 66 does not shorten a near branch in 64-bit code. LLVM follows
      // AMD.
      return size == .bits64 && form.prefixes.contains(0x66)
        && instruction.operand0.kind == .relative && instruction.length > 3
    case .pause:
      // SDM 2B, "PAUSE": neither 66 nor REX.W make it something else.
      return form.prefixes.contains(0x66) || form.hasREXW
    case .wbinvd, .bsf, .bsr, .nop:
      // Prefixes that choose no variant are ignored.
      return form.hasMandatory
    case .rdfsbase, .rdgsbase, .wrfsbase, .wrgsbase:
      // 66 before F3 chooses nothing; LLVM refuses it.
      return form.prefixes.contains(0x66)
    case .clwb:
      // SDM 2A, "CLWB": REX.W has no effect; LLVM takes it for XSAVEOPT64.
      return form.hasREXW
    case .movsxd:
      // SDM 2B, "MOVSX/MOVSXD": 66 makes both operands words. LLVM keeps a doubleword source.
      return form.prefixes.contains(0x66)
    case .cbw, .cwde, .cwd, .cdq, .invept, .invvpid, .invpcid, .adcx, .vmclear, .crc32, .movbe,
      .popcnt, .tzcnt, .lzcnt:
      // LLVM mistakes the operand-size prefix in 16-bit code, as a variant's or as its absence.
      return size == .bits16
    default:
      return false
    }
  }

  private static func isAlias(_ form: Form) -> Bool {
    switch form.opcode.first ?? 0 {
    case 0xc0, 0xc1, 0xd0...0xd3: form.modRM & 0x38 == 0x30
    case 0xf6, 0xf7: form.modRM & 0x38 == 0x08
    default: false
    }
  }

  /// Forms that the manual refuses, although LLVM accepts them.
  private static func isRefused(_ form: Form, _ size: CodeSize) -> Bool {
    // SDM 2, "Interpreting the Instruction Reference Pages", NP and NFx: with 66, F2 and F3 these
    // do not exist.
    if form.hasMandatory && form.second != nil { return true }
    // SDM 2A, "LOCK: Assert LOCK# Signal Prefix": #UD with other instructions or destinations.
    if form.prefixes.contains(0xf0) { return true }
    switch form.opcode.first ?? 0 {
    // SDM 2B, "MOV: Move": MOV to CS is undefined.
    case 0x8e: return form.modRM & 0x38 == 0x08
    // SDM 2, "VEX and the 66H, F2H, and F3H prefixes": #UD.
    case 0xc4, 0xc5: return form.hasMandatory
    // SDM 2, "EVEX Instruction Prefix Encoding": bit 10 is 1. LLVM knows a later use of 0.
    case 0x62: return true
    // D5 is LLVM's REX2, a prefix that this processor does not have.
    case 0xd5: return size == .bits64
    // SDM 2B, "SYSCALL", "SYSRET": 64-bit code alone.
    case 0x0f where size != .bits64 && (form.modRM == 0x05 || form.modRM == 0x07): return true
    // SDM 2B, "SWAPGS": 64-bit code alone.
    case 0x0f where size != .bits64 && form.opcode.starts(with: [0x0f, 0x01, 0xf8]): return true
    // SDM 2B, "MOV: Move to/from Control Registers", "MOV: Move to/from Debug Registers": control
    // registers other than 0, 2, 3, 4 and 8, and debug registers above 7, are undefined.
    case 0x0f: return (0x20...0x23).contains(form.modRM)
    default: return false
    }
  }

  static func wraps(_ instruction: Instruction) -> Bool {
    instruction.operand0.kind == .relative && instruction.operand0.size == 2
  }

  /// Instructions of AMD, and of extensions that the simulated processor does not report.
  static func isNotSimulated(_ text: String) -> Bool {
    let words = text.split(separator: " ")
    guard let name = words.first(where: { !$0.hasPrefix("addr") }) else { return false }
    return notSimulated.contains(String(name))
  }

  private static let notSimulated: Set<String> = [
    // AMD
    "femms", "vmrun", "vmmcall", "vmload", "vmsave", "stgi", "clgi", "skinit", "invlpga",
    "monitorx", "mwaitx", "clzero", "rdpru", "invlpgb", "tlbsync",
    // Shadow stacks, SGX, transactions, key locker, WAITPKG and later
    "wrssd", "wrssq", "wrussd", "wrussq", "rstorssp", "clrssbsy", "incsspd", "incsspq",
    "saveprevssp", "setssbsy", "enclv", "encls", "enclu", "xend", "xtest", "pconfig", "movdiri",
    "movdir64b", "movrs", "aadd", "aand", "aor", "axor", "ptwrite", "rdmsrlist", "wrmsrlist",
    "xsusldtrk", "xresldtrk", "wrmsrns", "pbndkb", "seamcall", "seamops", "seamret", "tdcall",
    "xabort", "xbegin", "lkgs", "eretu", "erets", "clui", "stui", "testui", "uiret", "psmash",
    "pvalidate", "rmpadjust", "rmpupdate", "rmpquery",
  ]
}

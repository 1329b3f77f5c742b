import X86

/// Where Unicorn 2.0 differs from the manual and from the processors of both makers.
extension OracleException {
  static let unicorn = [
    OracleException(
      oracles: ["unicorn"],
      mnemonics: [
        .cli, .sti, .hlt, .in, .out, .ins, .outs, .popf, .iret, .int, .int1, .syscall, .sysret,
        .sysenter, .sysexit, .callFar, .jmpFar, .retFar, .lds, .les, .lss, .lfs, .lgs, .lar, .lsl,
        .verr, .verw, .sldt, .str, .sgdt, .sidt, .smsw, .lldt, .ltr, .lgdt, .lidt, .lmsw, .clts,
        .invd, .wbinvd, .wbnoinvd, .invlpg, .invpcid, .swapgs, .clac, .stac, .rdmsr, .wrmsr, .rsm,
        .getsec, .monitor, .mwait, .rdpkru, .wrpkru, .rdfsbase, .rdgsbase, .wrfsbase, .wrgsbase,
        .vmcall, .vmclear, .vmlaunch, .vmresume, .vmptrld, .vmptrst, .vmread, .vmwrite, .vmxoff,
        .vmxon, .vmfunc, .invept, .invvpid,
      ],
      why: "Unicorn runs at level 0, without descriptor tables",
      section: "3A, Privileged Instructions"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [],
      applies: { test, instruction in instruction == nil && test.code.contains(0xf0) },
      why: "Unicorn executes instructions that take no LOCK with it", section: "2A, LOCK"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [],
      applies: { test, _ in
        test.mode == .bits32 && (test.code.contains(0x64) || test.code.contains(0x65))
      },
      why: "Unicorn's FS and GS have no base in 32-bit code", section: "1, Segment Registers"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [],
      tolerates: { $0.vector == 14 && $1.vector == 14 && $0.rip == $1.rip },
      why: "Unicorn reads before it asks for write access, and writes in pieces",
      section: "3A, Page-Fault Exceptions"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [],
      tolerates: { expected, actual in
        expected.vector == 14 && (12...13).contains(actual.vector) && expected.rip == actual.rip
      },
      why: "Unicorn knows no canonical addresses", section: "3A, Canonical Addressing"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [.mov, .push, .pop],
      applies: { _, instruction in
        guard let instruction else { return false }
        let special: [Operand.Kind] = [.segment, .control, .debug]
        return special.contains(instruction.operand0.kind)
          || special.contains(instruction.operand1.kind)
      },
      why: "Unicorn has no segments to load, and runs at level 0",
      section: "3A, Privileged Instructions"),
    OracleException(
      oracles: ["unicorn"],
      mnemonics: [
        .popcnt, .movbe, .adcx, .adox, .pdep, .pext, .blsi, .blsr, .blsmsk, .bzhi, .bextr, .andn,
        .rorx, .mulx, .crc32, .clflush, .clflushopt, .clwb, .lfence, .mfence, .sfence, .ud0, .ud1,
        .ud2, .prefetch, .prefetchw,
      ],
      why: "Unicorn 2.0 lacks some instructions of its models and computes others wrongly",
      section: "2, the instructions' pages"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [.nop],
      why: "Unicorn refuses some reserved no-operations", section: "2D, Opcode Map"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [.test, .mov],
      applies: { test, _ in test.code.prefix(6).contains { [0xf6, 0xf7, 0xc6, 0xc7].contains($0) }
      },
      why: "Unicorn refuses F6 /1 and F7 /1, and lets REX.R extend the opcode of C6 and C7",
      section: "2D, Opcode Extensions"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [.lahf, .sahf],
      applies: { _, instruction in instruction?.prefixes.contains(.rex) == true },
      why: "Unicorn takes SPL for AH if there is a REX prefix", section: "2A, LAHF; SAHF"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [],
      applies: { test, _ in test.rflags & (RFLAGS.tf.rawValue | RFLAGS.ac.rawValue) != 0 },
      why: "Unicorn neither steps nor checks alignment at level 0",
      section: "3B, Single-Step Exception Condition; 3A, Alignment Check Exception"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [.neg],
      applies: { _, instruction in instruction?.prefixes.contains(.lock) == true },
      why: "Unicorn's LOCK NEG leaves wrong flags", section: "2B, NEG"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [.bsf, .bsr, .cmpxchg, .cmpxchg8b, .cmpxchg16b],
      why: "Unicorn clears the upper half of destinations that are not written, and does not ask "
        + "for write access when it does not write", section: "2A, BSF; BSR; CMPXCHG"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [.shld, .shrd],
      applies: { _, instruction in instruction?.base == Instruction.rip },
      why: "Unicorn forgets the immediate in an address relative to RIP", section: "2B, SHLD; SHRD"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [.arpl],
      why: "Unicorn writes the operand even if its RPL is not raised", section: "2A, ARPL"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [.enter],
      tolerates: { $0.vector == 3 && $1.vector == 14 },
      why: "Unicorn does not probe the stack below the new frame", section: "2A, ENTER"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [.enter, .leave, .shld, .shrd],
      applies: { _, instruction in instruction?.prefixes.contains(.operandSize) == true },
      why: "Unicorn mistakes the operand size", section: "2A, ENTER; 2B, SHLD"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [.call, .jmp, .ret],
      tolerates: { expected, actual in expected.vector == 14 && actual.vector == 13 },
      why: "Unicorn knows no canonical addresses", section: "3A, Canonical Addressing"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [],
      applies: { test, _ in
        test.mode == .bits32 && test.code.contains(0x2e)
      },
      why: "Unicorn lets stores into code segments pass", section: "3A, Type Checking"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [],
      tolerates: { expected, actual in
        expected.errorCode == 0x14 && expected.vector == 14
          && (actual.vector == 14 || expected.address == Layout.code + UInt64(Layout.codeSize))
      },
      why: "Unicorn fetches the instruction behind one that ends its page before it executes it",
      section: "3A, Priority Among Concurrent Events"),
    OracleException(
      oracles: ["unicorn"], mnemonics: [],
      applies: { _, instruction in instruction == nil },
      why: "Unicorn takes prefixes that make others undefined", section: "2D, Opcode Map"),
  ]
}

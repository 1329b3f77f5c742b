import X86

/// A place where an oracle is no authority, and why.
struct OracleException {
  let oracles: Set<String>
  /// Empty for all.
  let mnemonics: Set<Mnemonic>
  /// Which of their cases.
  var applies: @Sendable (TestCase, Instruction?) -> Bool = { _, _ in true }
  /// Which outcomes are let pass; nil if the oracle is not asked at all.
  var tolerates: (@Sendable (_ expected: Outcome, _ actual: Outcome) -> Bool)?
  let why: String
  /// Of the Software Developer's Manual, where the rule stands that the simulator follows.
  let section: String

  /// Not executed by this simulator, as CPUID says; nobody is asked.
  static let notSimulated: Set<Mnemonic> = [
    .x87, .mmx, .sse, .fxsave, .fxrstor, .xsave, .xrstor, .xsaveopt, .xsavec, .xsaves, .xrstors,
    .ldmxcsr, .stmxcsr, .emms, .avx, .wait, .movnti,
  ]

  static let all = results + itself + processor + host + unicorn

  private static let hardware: Set<String> = ["native", "kvm"]

  /// For every oracle.
  private static let results = [
    OracleException(
      oracles: ["native", "kvm", "unicorn"],
      mnemonics: [
        .cpuid, .rdtsc, .rdtscp, .rdpmc, .rdpid, .rdrand, .rdseed, .xgetbv, .xsetbv, .serialize,
        .rdpkru, .wrpkru,
      ],
      why: "the result, or whether it exists, depends on the processor that CPUID describes",
      section: "2, the instructions' pages"),
    OracleException(
      oracles: ["native", "kvm", "unicorn"],
      mnemonics: [.cmps, .retFar, .iret, .enter, .pusha, .popa, .bound, .callFar, .jmpFar],
      tolerates: { isMemoryFault($0) && isMemoryFault($1) && $0.rip == $1.rip },
      why: "two accesses fault, and their order is the processor's own",
      section: "3A, Priority Among Concurrent Events"),
    OracleException(
      oracles: ["native", "kvm", "unicorn"], mnemonics: [],
      applies: { _, instruction in instruction == nil },
      tolerates: { $0.vector == 14 && $0.errorCode & 0x10 != 0 && $1.vector == 6 },
      why: "undefined bytes at the end of a page: how many are fetched is the processor's own",
      section: "3A, Priority Among Concurrent Events"),
  ]

  /// Where the simulator is its own oracle.
  private static let itself = [
    OracleException(
      oracles: ["stepping", "unicorn"], mnemonics: [],
      tolerates: { expected, _ in expected.vector == Outcome.timeout },
      why: "a loop too long for the oracle", section: "none")
  ]

  /// Legacy and REX prefixes (SDM 2A, "Instruction Prefixes").
  private static func isPrefix(_ byte: UInt8) -> Bool {
    [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3].contains(byte)
      || byte & 0xf0 == 0x40
  }

  /// Where AMD's processors, one of which the host may have, differ from Intel's.
  private static let processor = [
    OracleException(
      oracles: ["native", "kvm", "unicorn"], mnemonics: [.nop],
      applies: { test, _ in test.code.contains(0x0d) },
      why: "AMD has no register forms of 0F 0D, which are no-operations here",
      section: "2D, Opcode Map, Group P"),
    OracleException(
      oracles: ["native", "kvm", "unicorn"],
      mnemonics: [.jcc, .jmp, .call, .ret, .loop, .loope, .loopne, .jrcxz],
      applies: { test, instruction in
        // With LOCK it is undefined, but where it ends, and so which pages it touches, differs too.
        test.mode == .bits64
          && (instruction?.prefixes.contains(.operandSize)
            ?? test.code.prefix { isPrefix($0) }.contains(0x66))
      },
      why: "AMD obeys an operand-size prefix of near branches in 64-bit code",
      section: "2D, Opcode Map, superscript f64"),
    OracleException(
      oracles: hardware, mnemonics: [.loope, .loopne],
      applies: { _, instruction in
        instruction?.prefixes.isDisjoint(with: [.rep, .repne]) == false
      },
      why: "repeat prefixes are reserved there, and AMD lets them choose the condition",
      section: "2A, Instruction Prefixes"),
    OracleException(
      oracles: hardware, mnemonics: [.callFar, .jmpFar, .lss, .lfs, .lgs],
      applies: { _, instruction in instruction?.prefixes.contains(.rexW) == true },
      why: "AMD has no far pointers with 64-bit offsets",
      section: "2A, CALL; JMP; LDS/LES/LFS/LGS/LSS"),
    OracleException(
      oracles: hardware, mnemonics: [.push],
      applies: { _, instruction in
        instruction?.operand0.kind == .segment && instruction?.operandSize != 2
      },
      why: "AMD zero-extends a pushed selector, Intel writes 16 bits of the slot",
      section: "2B, PUSH"),
    OracleException(
      oracles: hardware, mnemonics: [.arpl],
      tolerates: { $0.vector == 14 && $1.vector == 14 && $0.errorCode | 2 == $1.errorCode | 2 },
      why: "AMD reads the operand before it asks for write access", section: "2A, ARPL"),
    OracleException(
      oracles: hardware, mnemonics: [.mov],
      applies: { test, instruction in instruction == nil && test.code.contains(0xf0) },
      why: "AMD reads LOCK before MOV CR0 as MOV CR8", section: "2A, LOCK"),
    OracleException(
      oracles: hardware, mnemonics: [.call],
      tolerates: { isMemoryFault($0) && $1.vector == 13 && $0.rip == $1.rip },
      why: "AMD pushes the return address before it checks that the target is canonical",
      section: "2A, CALL, Operation"),
    OracleException(
      oracles: hardware, mnemonics: [],
      tolerates: { $0.vector == 17 && isMemoryFault($1) && $0.rip == $1.rip },
      why: "AMD checks the alignment of an operand before its page and its segment",
      section: "3A, Priority Among Concurrent Events"),
    OracleException(
      oracles: hardware, mnemonics: [.enter],
      tolerates: { expected, _ in expected.vector == 17 },
      why: "AMD checks the alignment of the stack pointer that ENTER ends with",
      section: "2A, ENTER"),
    OracleException(
      oracles: hardware, mnemonics: [.movs, .cmps, .stos, .lods, .scas, .ins, .outs],
      tolerates: { $0.vector == 1 && $1.vector == 1 && sameRegisters($0, $1, except: 0) },
      why: "AMD pushes RF as 0 for a single step between the repetitions of a string instruction",
      section: "3B, Instruction-Breakpoint Exception Condition"),
    OracleException(
      oracles: hardware, mnemonics: [.movs, .cmps, .stos, .lods, .scas, .outs],
      tolerates: { $0.vector == 13 && $1.vector == 14 && $1.address >> 47 != 0 },
      why:
        "AMD's string instructions refuse an offset that is not canonical, whatever FS and GS add",
      section: "3A, Canonical Addressing"),
    OracleException(
      oracles: hardware, mnemonics: [.wrfsbase, .wrgsbase],
      tolerates: { $0.vector == 13 && $1.vector == 3 },
      why: "the host has no 5-level paging: its bases have 48 bits, the simulated processor's 57",
      section: "3A, 5-Level Paging"),
    OracleException(
      oracles: ["native", "kvm", "unicorn"], mnemonics: [.movsxd],
      applies: { _, instruction in instruction?.operandSize == 2 },
      tolerates: { [14, 17].contains($0.vector) && $1.vector != 6 },
      why: "AMD, and Unicorn with it, reads 32 bits for MOVSXD to a 16-bit register",
      section: "2B, MOVSXD"),
    OracleException(
      oracles: hardware, mnemonics: [.ud0, .ud1],
      tolerates: { $0.vector == 6 && $1.vector == 14 },
      why: "AMD fetches no ModRM byte of UD0 and UD1", section: "2B, UD"),
    OracleException(
      oracles: hardware, mnemonics: [.lar], tolerates: { sameRegisters($0, $1, except: 0xf0000) },
      why: "bits 19:16 of the access rights are undefined, and AMD gives those of the limit",
      section: "2A, LAR"),
    OracleException(
      oracles: hardware, mnemonics: [.callFar],
      tolerates: { $0.vector == 13 && $1.vector == 13 && sameRegisters($0, $1, except: 0) },
      why: "AMD pushes the return address before it checks the new EIP against its limit",
      section: "2A, CALL, Operation"),
    OracleException(
      oracles: hardware, mnemonics: [.verr, .verw],
      applies: { test, _ in test.code.contains(0xf0) },
      why: "AMD faults on the operand before it refuses LOCK", section: "2B, VERR/VERW"),
    OracleException(
      oracles: hardware,
      mnemonics: [
        .vmcall, .vmclear, .vmlaunch, .vmresume, .vmptrld, .vmptrst, .vmread, .vmwrite, .vmxoff,
        .vmxon, .vmfunc, .invept, .invvpid, .getsec, .monitor, .mwait,
      ],
      why: "the host processor may have no VMX, or be a guest itself",
      section: "3C, VMX Instruction Reference"),
  ]

  /// What the host's kernel makes of level 3. kvm_pvm runs a guest's level 3 on the processor, but
  /// emulates instructions where the state, or a #UD, keeps it from that, and keeps the host's tables.
  private static let host = [
    OracleException(
      oracles: ["kvm"], mnemonics: [],
      applies: { test, _ in !isCanonical(test.registers[4]) },
      why: "kvm_pvm does not run a guest with a stack pointer that is not canonical",
      section: "3A, Canonical Addressing"),
    OracleException(
      oracles: ["kvm"], mnemonics: [],
      applies: { test, _ in test.rflags & RFLAGS.tf.rawValue != 0 },
      why: "kvm_pvm steps through its guests with TF itself",
      section: "3B, Single-Step Exception Condition"),
    OracleException(
      oracles: ["kvm"], mnemonics: [],
      applies: { _, instruction in instruction == nil },
      why: "kvm_pvm tries to emulate what the processor calls undefined",
      section: "2D, Opcode Map"),
    OracleException(
      oracles: ["kvm"],
      mnemonics: [
        .iret, .retFar, .callFar, .jmpFar, .lds, .les, .lss, .lfs, .lgs, .lar, .lsl, .verr, .verw,
        .sgdt, .sidt, .sldt, .str, .smsw, .serialize,
      ],
      why: "kvm_pvm keeps the host's descriptor tables", section: "3A, Segment Descriptor Tables"),
    OracleException(
      oracles: ["kvm"], mnemonics: [.mov, .pop, .push],
      applies: { _, instruction in
        instruction?.operand0.kind == .segment || instruction?.operand1.kind == .segment
      },
      why: "kvm_pvm keeps the host's descriptor tables", section: "3A, Segment Descriptor Tables"),
    OracleException(
      oracles: ["kvm"], mnemonics: [],
      tolerates: { $0.vector == 6 && $1.vector == 3 && !isCanonical($1.rsp) },
      why: "kvm_pvm does not run a guest with a stack pointer that is not canonical",
      section: "3A, Canonical Addressing"),
    OracleException(
      oracles: ["kvm"], mnemonics: [],
      tolerates: { [6, 12].contains($0.vector) && $1.vector == 13 && $0.rip == $1.rip },
      why: "kvm_pvm tries to emulate what the processor refuses with #GP, and differs",
      section: "3A, Canonical Addressing"),
    OracleException(
      oracles: ["native"], mnemonics: [.callFar, .jmpFar, .retFar, .iret],
      tolerates: { expected, _ in expected.vector == Outcome.timeout },
      why: "the host's kernel does not end a far transfer from 16-bit to 64-bit code that faults",
      section: "2A, CALL"),
    OracleException(
      oracles: ["native"], mnemonics: [.sgdt, .sidt, .sldt, .str, .smsw],
      why: "the host has its own tables, and may have UMIP",
      section: "3A, User-Mode Instruction Prevention"),
    OracleException(
      oracles: hardware, mnemonics: [.syscall, .sysenter, .int, .int1, .hlt],
      why: "the host's kernel answers, under kvm_pvm too",
      section: "2B, SYSCALL; 3A, Interrupt Descriptor Table"),
  ]

  static func isCanonical(_ address: UInt64) -> Bool {
    let high = Int64(bitPattern: address) >> 47
    return high == 0 || high == -1
  }

  static func isMemoryFault(_ outcome: Outcome) -> Bool {
    [12, 13, 14, 17].contains(outcome.vector)
  }

  private static func sameRegisters(_ a: Outcome, _ b: Outcome, except mask: UInt64) -> Bool {
    a.rip == b.rip && a.vector == b.vector && (!a.hasErrorCode || a.errorCode == b.errorCode)
      && zip(a.registers.prefix(8), b.registers).allSatisfy {
        (($0 ^ $1) & ~mask) & 0xffff_ffff == 0
      }
  }

  /// Those that hold for whole blocks.
  static func forBlocks(_ oracle: String, _ test: TestCase) -> [OracleException] {
    all.filter {
      $0.mnemonics.isEmpty && $0.tolerates != nil && $0.oracles.contains(oracle)
        && $0.applies(test, nil)
    }
  }

  static func matching(_ oracle: String, _ test: TestCase, _ mnemonic: Mnemonic, _ i: Instruction?)
    -> [OracleException]
  {
    all.filter {
      ($0.mnemonics.isEmpty || $0.mnemonics.contains(mnemonic)) && $0.oracles.contains(oracle)
        && $0.applies(test, i)
    }
  }
}

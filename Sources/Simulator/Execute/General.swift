import X86

/// The general path: every instruction by its mnemonic, each group in the file of its subject.
/// An instruction is added as a case here and a function there.
extension Processor {
  /// Executes instruction `index` of the arena; RIP is already past it.
  @inline(never)
  func executeGeneral(at index: Int) throws(Fault) {
    // SAFETY: the caller's op has the same index in the parallel arena.
    let i = unsafe blocks.instructions[index]
    instructionLength = i.length
    instructionStart = rip &- UInt64(i.length)
    try execute(i)
  }

  private func execute(_ i: Instruction) throws(Fault) {
    switch i.mnemonic {
    // Data movement: DataMovement.swift
    case .mov: try mov(i)
    case .movzx, .movbe: try movzx(i)
    case .movsx, .movsxd: try movsx(i)
    case .xchg: try xchg(i)
    case .bswap: bswap(i)
    case .cmovcc: try cmovcc(i)
    case .lea: writeRegister(i.operand0.number, i.operand0.size, effectiveAddress(i))
    case .lds, .les, .lfs, .lgs, .lss: try loadFarPointer(i)
    case .xlat: try xlat(i)
    case .lahf: write8High(UInt8(truncatingIfNeeded: arithmeticFlags & 0xd5 | 2))
    case .sahf: sahf()
    case .cbw, .cwde, .cdqe: extendAccumulator(i)
    case .cwd, .cdq, .cqo: extendIntoDX(i)

    // Stack: Stack.swift
    case .push: try push(i)
    case .pop: try pop(i)
    case .pusha: try pusha(i)
    case .popa: try popa(i)
    case .pushf: try pushf(i)
    case .popf: try popf(i)
    case .enter: try enter(i)
    case .leave: try leave(i)

    // Arithmetic and logic: Arithmetic.swift, Shifts.swift, Bits.swift, Decimal.swift,
    // BitManipulation.swift
    case .add, .or, .adc, .sbb, .and, .sub, .xor, .cmp, .test: try binary(i)
    case .not, .neg, .inc, .dec: try unary(i)
    case .mul, .imul: try multiply(i)
    case .div, .idiv: try divide(i)
    case .rol, .ror, .rcl, .rcr, .shl, .shr, .sar: try shiftOrRotate(i)
    case .shld, .shrd: try doubleShift(i)
    case .bt, .bts, .btr, .btc: try bitTest(i)
    case .bsf, .bsr: try bitScan(i)
    case .setcc: try write(i, i.operand0, condition(i.condition) ? 1 : 0)
    case .cmpxchg: try cmpxchg(i)
    case .cmpxchg8b, .cmpxchg16b: try cmpxchgWide(i)
    case .xadd: try xadd(i)
    case .popcnt, .lzcnt, .tzcnt: try bitCount(i)
    case .andn, .blsi, .blsmsk, .blsr, .bextr, .bzhi: try bitField(i)
    case .mulx, .pdep, .pext, .rorx, .sarx, .shlx, .shrx: try flaglessBits(i)
    case .adcx, .adox: try addWithOneCarry(i)
    case .crc32: try crc32(i)
    case .daa, .das, .aaa, .aas, .aam, .aad: try decimal(i)

    // Strings: Strings.swift
    case .movs, .cmps, .stos, .lods, .scas: try string(i)
    case .ins, .outs: try stringIO(i)

    // Control transfer: NearTransfer.swift, FarTransfer.swift, Interrupts.swift
    case .jcc: try jumpConditionally(i)
    case .jmp: try jump(i)
    case .call: try call(i)
    case .ret: try ret(i)
    case .loop, .loope, .loopne, .jrcxz: try loop(i)
    case .jmpFar: try jumpFar(i)
    case .callFar: try callFar(i)
    case .retFar: try returnFar(i)
    case .int, .int1, .int3, .into: try softwareInterrupt(i)
    case .bound: try bound(i)
    case .iret: try iret(i)

    // Flags: FlagControl.swift
    case .clc: setCF(false)
    case .stc: setCF(true)
    case .cmc: setCF(!cf)
    case .cld: systemFlags &= ~RFLAGS.df.rawValue
    case .std: systemFlags |= RFLAGS.df.rawValue
    case .cli, .sti: try interruptFlag(i)
    case .salc: write8(0, cf ? 0xff : 0)
    case .clac, .stac: try accessFlag(i)

    // I/O: PortIO.swift
    case .in, .out: try portIO(i)

    // System: System.swift, ControlRegisters.swift, DescriptorTables.swift, ModelSpecific.swift
    case .hlt: try hlt()
    case .nop, .prefetch, .prefetchw, .lfence, .mfence, .sfence, .endbr, .cldemote,
      .serialize:
      break
    case .clflush, .clflushopt, .clwb: try cacheLine(i)
    case .pause: try pause()
    case .wait: try waitForX87()
    case .cpuid: try cpuid()
    case .rdtsc, .rdtscp: try rdtsc(i)
    case .rdpid: try rdpid(i)
    case .rdrand, .rdseed: try randomNumber(i)
    case .xgetbv: try xgetbv()
    case .xsetbv: try xsetbv()
    case .xsave, .xsaveopt: try xsave(i)
    case .xrstor: try xrstor(i)
    case .rdpmc: try rdpmc()
    case .rdmsr: try rdmsr()
    case .wrmsr: try wrmsr()
    case .lgdt, .lidt, .sgdt, .sidt: try descriptorTable(i)
    case .lldt, .ltr, .sldt, .str: try systemSegment(i)
    case .smsw: try smsw(i)
    case .lmsw: try lmsw(i)
    case .clts: try clts()
    case .verr, .verw, .lar, .lsl: try segmentQuery(i)
    case .arpl: try arpl(i)
    case .invd, .wbinvd, .wbnoinvd: try cacheControl(i)
    case .invlpg: try invlpg(i)
    case .invpcid: try invpcid(i)
    case .rdpkru: try rdpkru()
    case .wrpkru: try wrpkru()
    case .swapgs: try swapgs()
    case .rdfsbase, .rdgsbase, .wrfsbase, .wrgsbase: try segmentBase(i)
    case .syscall: try syscall(i)
    case .sysret: try sysret(i)
    case .sysenter: try sysenter()
    case .sysexit: try sysexit(i)
    case .monitor: try monitor(i)
    case .mwait: try mwait()
    case .ud0, .ud1, .ud2: throw undefinedOpcode
    // Not reported by CPUID, or not enabled: SMX, SMM, VM functions, compacted and supervisor XSAVE.
    case .getsec, .rsm, .vmfunc, .xsavec, .xsaves, .xrstors: throw undefinedOpcode

    // VMX: VMXOperands.swift
    case .vmcall, .vmclear, .vmlaunch, .vmresume, .vmptrld, .vmptrst, .vmread, .vmwrite, .vmxoff,
      .vmxon, .invept, .invvpid:
      try vmxInstruction(i)

    // x87, MMX and SSE, which CPUID reports absent: Absent.swift
    case .x87, .mmx, .sse, .avx, .fxsave, .fxrstor, .ldmxcsr, .stmxcsr, .emms,
      .movnti:
      try absentExtension(i)
    }
  }
}

/// Every instruction that the opcode maps name, by the manual's mnemonic in lower case.
///
/// Jcc, SETcc and CMOVcc are one mnemonic each, with the condition in `Instruction.condition`.
public enum Mnemonic: UInt16, CaseIterable, Sendable {
  // Data movement
  case mov, movzx, movsx, movsxd, xchg, bswap, cmovcc, lea, push, pop, pusha, popa, pushf, popf
  case lds, les, lfs, lgs, lss, xlat, lahf, sahf, cbw, cwde, cdqe, cwd, cdq, cqo, movbe, enter,
    leave
  // Arithmetic and logic
  case add, or, adc, sbb, and, sub, xor, cmp, test, not, neg, inc, dec, mul, imul, div, idiv
  case daa, das, aaa, aas, aam, aad, cmpxchg, cmpxchg8b, cmpxchg16b, xadd, adcx, adox, crc32
  case rol, ror, rcl, rcr, shl, shr, sar, shld, shrd, bt, bts, btr, btc, bsf, bsr
  case popcnt, lzcnt, tzcnt, andn, bextr, blsi, blsmsk, blsr, bzhi, mulx, pdep, pext, rorx
  case sarx, shlx, shrx, setcc
  // Strings
  case movs, cmps, stos, lods, scas, ins, outs
  // Control transfer
  case jcc, jmp, jmpFar, call, callFar, ret, retFar, loop, loope, loopne, jrcxz
  case int, int1, int3, into, bound, iret, syscall, sysret, sysenter, sysexit
  // Flags
  case clc, stc, cmc, cld, std, cli, sti, clac, stac, salc
  // I/O
  case `in`, out
  // System
  case hlt, nop, pause, wait, cpuid, rdtsc, rdtscp, rdpmc, rdmsr, wrmsr, rdpid, rdrand, rdseed
  case lgdt, lidt, sgdt, sidt, lldt, sldt, ltr, str, smsw, lmsw, clts, verr, verw, lar, lsl, arpl
  case invd, wbinvd, wbnoinvd, invlpg, invpcid, swapgs, rdfsbase, rdgsbase, wrfsbase, wrgsbase
  case xgetbv, xsetbv, monitor, mwait, rsm, getsec, ud0, ud1, ud2
  case clflush, clflushopt, clwb, prefetch, prefetchw, lfence, mfence, sfence, cldemote, endbr
  case movnti, rdpkru, wrpkru, serialize
  // VMX
  case vmcall, vmclear, vmlaunch, vmresume, vmptrld, vmptrst, vmread, vmwrite, vmxoff, vmxon
  case vmfunc, invept, invvpid
  // x87, MMX, SSE and later: decoded for their length; `Instruction.immediate2` is the opcode.
  case x87, mmx, sse, fxsave, fxrstor, xsave, xrstor, xsaveopt, xsavec, xsaves, xrstors, ldmxcsr
  case stmxcsr, emms, avx
}

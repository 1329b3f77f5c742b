// count: arithmetic worth stepping through, and no VM exit before the last instruction.
//
// A processor in VMX non-root operation executes ordinary instructions by itself, at full speed:
// the monitor sees nothing of this guest until HLT. Step it and watch RFLAGS.

#include "guest.inc"
.set LOAD_ADDRESS, 0x1000
.set result_at, result - start + LOAD_ADDRESS

GUEST_BEGIN(count)
.code16
start:
  xor   ax, ax                    // AX = 0, the sum; ZF = PF = 1, because the result is zero
  mov   ds, ax                    // DS = 0, for the store below
  mov   cx, 10                    // MOV changes no flag

again:
  add   ax, cx                    // 10 + 9 + ... + 1
  dec   cx                        // sets ZF when CX becomes 0; DEC leaves CF alone
  jnz   again                     // taken nine times

  mov   [result_at], ax           // 55 = 0x37; memory of its own, so no exit

  mov   bl, 0x7f                  // the largest signed byte
  add   bl, 1                     // 0x80: OF = 1 (signed overflow), SF = 1, AF = 1, CF = 0
  mov   bl, 0xff                  // the largest unsigned byte
  add   bl, 1                     // 0x00: CF = 1 (carry out of bit 7), ZF = 1, AF = 1, OF = 0
  mov   bl, 0
  sub   bl, 1                     // 0xff: CF = 1 (borrow), SF = 1, AF = 1, PF = 1 (eight ones)
  stc                             // CF = 1
  inc   bl                        // 0x00: ZF = 1, and CF is still 1, because INC leaves it alone

done:
  hlt                             // VM exit: HLT, the first and only one
  jmp   done                      // if the monitor resumes the guest, halt again

result:
  .word 0
GUEST_END(count)

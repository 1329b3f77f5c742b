// triple: how a processor gives up.
//
// With an IDT that holds no descriptor, no exception can be delivered. UD2 raises #UD; delivering
// it finds vector 6 beyond the limit and raises #GP; delivering that fails with #GP again, which
// together make a double fault, #DF; and delivering #DF fails too. A PC would reset now. Under
// VT-x the monitor gets a VM exit instead: triple fault (reason 2).

#include "guest.inc"
.set LOAD_ADDRESS, 0x8000
.set no_idt_at, no_idt - start + LOAD_ADDRESS

GUEST_BEGIN(triple)
.code32
start:
  lidt  [no_idt_at]               // an IDT of one byte: too short for any descriptor
  ud2                             // #UD, #GP, #DF, and then VM exit: triple fault

done:
  hlt                             // never reached
  jmp   done

no_idt:
  .word 0                         // limit: the offset of the table's last byte
  .long 0                         // base
GUEST_END(triple)

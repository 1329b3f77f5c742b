// hypercall: ask the monitor instead of pretending that there is a UART.
//
// A guest that knows that it runs on a monitor can hand over a whole buffer at once. This one
// prints the text of `ports` with a single VM exit: by VMCALL (reason 18), or, on a host where
// VMCALL does not reach the monitor, by one OUT that passes a pointer (reason 30). The loader
// chooses, with the byte at BOOT_PARAMETER.
//
// The calling convention of VMCALL here:
//   rax  1 = console write                 on return: bytes written, or a negative error
//   rbx  guest-physical address of the bytes
//   rcx  how many
// Any other convention would do as well: the processor only exits, and the registers mean what
// guest and monitor agreed on.

#include "guest.inc"
.set LOAD_ADDRESS, 0x8000
.set text_at, text - start + LOAD_ADDRESS
.set text_length, text_end - text
.set descriptor_at, descriptor - start + LOAD_ADDRESS
.set result_at, result - start + LOAD_ADDRESS

.set CONSOLE_WRITE, 1

GUEST_BEGIN(hypercall)
.code64
start:
  cmp   byte ptr [BOOT_PARAMETER], 0
  jne   by_port                   // the loader says that VMCALL is not usable here

  mov   eax, CONSOLE_WRITE        // writing EAX clears the upper half of RAX
  mov   ebx, offset text_at
  mov   ecx, offset text_length
  vmcall                          // VM exit: VMCALL, whatever the VMCS says; one for all bytes
  mov   [result_at], rax          // what the monitor answered
  jmp   done

by_port:
  mov   edx, HYPERCALL_PORT
  mov   eax, offset descriptor_at // a pointer is all that fits: 32 bits
  out   dx, eax                   // VM exit: I/O instruction. The monitor reads the descriptor

done:
  hlt                             // VM exit: HLT
  jmp   done                      // if the monitor resumes the guest, halt again

  .balign 4
descriptor:
  .long text_at                   // guest-physical address of the bytes
  .long text_length               // how many

  .balign 8
result:
  .quad 0

text:
  .ascii COMPARED_TEXT
text_end:
GUEST_END(hypercall)

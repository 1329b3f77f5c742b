// hello: the smallest guest that has something to say.
//
// Real mode, as a PC starts. It prints one line through the UART the way a real driver does:
// before each byte it asks the UART whether there is room. Under VT-x each IN and each OUT can be
// a VM exit (reason 30, I/O instruction), so one byte of text costs two exits.

#include "guest.inc"
.set LOAD_ADDRESS, 0x1000
.set text_at, text - start + LOAD_ADDRESS

GUEST_BEGIN(hello)
.code16
start:
  xor   ax, ax                    // DS = 0: in real mode an address is DS * 16 + offset,
  mov   ds, ax                    // so offsets are now physical addresses
  cld                             // LODSB below shall count SI upwards
  mov   si, offset text_at        // SI: the next byte to print

next:
  lodsb                           // AL = the byte at DS:SI, then SI = SI + 1; no exit
  test  al, al                    // the text ends with a zero byte
  jz    done
  mov   bl, al                    // keep the byte: the status read below needs AL

wait:
  mov   dx, UART_LINE_STATUS
  in    al, dx                    // VM exit: I/O instruction. The monitor plays the UART
  test  al, TRANSMITTER_READY     // and answers the line status
  jz    wait                      // no room yet: ask again

  mov   dx, UART_DATA
  mov   al, bl
  out   dx, al                    // VM exit: I/O instruction. The monitor prints the byte
  jmp   next

done:
  hlt                             // VM exit: HLT. Nothing is left to do
  jmp   done                      // if the monitor resumes the guest, halt again

text:
  .asciz "Hello from the guest!\n"
GUEST_END(hello)

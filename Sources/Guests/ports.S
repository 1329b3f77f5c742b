// ports: trap and emulate, byte by byte.
//
// Prints a text through the UART with the status read that a real driver makes before each byte:
// two VM exits a byte. `hypercall` prints the same text with one exit. Compare the two.

#include "guest.inc"
.set LOAD_ADDRESS, 0x1000
.set text_at, text - start + LOAD_ADDRESS
.set text_length, text_end - text

GUEST_BEGIN(ports)
.code16
start:
  xor   ax, ax                    // DS = 0: offsets are physical addresses
  mov   ds, ax
  cld                             // LODSB below shall count SI upwards
  mov   si, offset text_at        // SI: the next byte to print
  mov   cx, offset text_length    // CX: how many are left

next:
  mov   dx, UART_LINE_STATUS
  in    al, dx                    // VM exit: I/O instruction, direction in
  test  al, TRANSMITTER_READY
  jz    next                      // no room yet: ask again

  lodsb                           // AL = the next byte; no exit
  mov   dx, UART_DATA
  out   dx, al                    // VM exit: I/O instruction, direction out
  loop  next                      // CX = CX - 1, back while it is not 0

done:
  hlt                             // VM exit: HLT
  jmp   done                      // if the monitor resumes the guest, halt again

text:
  .ascii COMPARED_TEXT
text_end:
GUEST_END(ports)

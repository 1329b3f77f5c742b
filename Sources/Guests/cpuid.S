// cpuid: an instruction that always exits.
//
// CPUID causes a VM exit in VMX non-root operation whatever the VMCS says (reason 10): the monitor
// decides which processor the guest believes to run on. The guest keeps the vendor's twelve
// letters in memory and prints them through the debug console.

#include "guest.inc"
.set LOAD_ADDRESS, 0x1000
.set vendor_at, vendor - start + LOAD_ADDRESS
.set signature_at, signature - start + LOAD_ADDRESS

GUEST_BEGIN(cpuid)
.code16
start:
  mov   eax, 0                    // leaf 0: vendor and highest leaf. MOV never exits
  cpuid                           // VM exit: CPUID. The monitor fills EAX, EBX, ECX and EDX

  xor   ax, ax                    // DS = 0: offsets are physical addresses
  mov   ds, ax
  mov   [vendor_at + 0], ebx      // the letters come in the order EBX, EDX, ECX
  mov   [vendor_at + 4], edx
  mov   [vendor_at + 8], ecx

  cld                             // LODSB below shall count SI upwards
  mov   si, offset vendor_at
  mov   cx, 13                    // twelve letters and the line feed after them
next:
  lodsb                           // AL = the next letter
  out   DEBUG_CONSOLE, al         // VM exit: I/O instruction. This port has no status to ask
  loop  next                      // CX = CX - 1, back while it is not 0

  mov   eax, 1                    // leaf 1: family, model, stepping and features
  cpuid                           // VM exit: CPUID
  mov   [signature_at], eax

done:
  hlt                             // VM exit: HLT
  jmp   done                      // if the monitor resumes the guest, halt again

vendor:
  .space 12
  .ascii "\n"
signature:
  .long 0
GUEST_END(cpuid)

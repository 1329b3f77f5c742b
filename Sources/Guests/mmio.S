// mmio: a device that looks like memory.
//
// 32-bit protected mode, paging off. The device stands at guest-physical 0xd0000000, where there
// is no RAM, so the EPT has no translation for it: each load and store is a VM exit (reason 48,
// EPT violation). Unlike an I/O exit it does not say which register and how many bytes; the
// monitor has to decode the instruction to find out.
//
// The device's registers, 32 bits each:
//   0x00  id, always 0x52494e47 ("GNIR" in memory, "RING" as a number), read only
//   0x04  how many accesses the device has seen, this one included, read only
//   0x08  data register 0
//   0x0c  data register 1
//   0x10  text output: the low byte written appears on the console

#include "guest.inc"
.set LOAD_ADDRESS, 0x8000
.set right_at, right - start + LOAD_ADDRESS
.set wrong_at, wrong - start + LOAD_ADDRESS
.set accesses_at, accesses - start + LOAD_ADDRESS

.set ID, 0x00
.set ACCESS_COUNT, 0x04
.set DATA0, 0x08
.set DATA1, 0x0c
.set TEXT, 0x10

GUEST_BEGIN(mmio)
.code32
start:
  cld                             // LODSB below shall count ESI upwards
  mov   edi, SCRATCH_DEVICE       // EDI: where the device stands
  mov   esi, offset wrong_at      // ESI: the text to print; first the sad one

  mov   eax, [edi + ID]           // VM exit: EPT violation, a read
  cmp   eax, 0x52494e47           // is it the device that this driver knows?
  jne   print

  mov   dword ptr [edi + DATA0], 0x12345678   // VM exit: EPT violation, a write
  mov   eax, [edi + DATA0]        // VM exit: and the value read back
  not   eax
  mov   [edi + DATA1], eax        // VM exit
  mov   ebx, [edi + DATA1]        // VM exit
  add   ebx, 0x12345678           // a number plus its complement is all ones
  cmp   ebx, 0xffffffff
  jne   print

  mov   esi, offset right_at      // everything read back as written
print:
  lodsb                           // AL = the next byte of the text; RAM, so no exit
  test  al, al
  jz    printed
  mov   [edi + TEXT], al          // VM exit: EPT violation, a write of one byte
  jmp   print

printed:
  mov   eax, [edi + ACCESS_COUNT] // VM exit: as many as there were exits at this device
  mov   [accesses_at], eax

done:
  hlt                             // VM exit: HLT
  jmp   done                      // if the monitor resumes the guest, halt again

right:
  .asciz "The device kept what was written.\n"
wrong:
  .asciz "No device that keeps what is written.\n"
  .balign 4
accesses:
  .long 0
GUEST_END(mmio)

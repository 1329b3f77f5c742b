// paging: a guest that builds its own page tables, and mends a page fault.
//
// It starts in 32-bit protected mode with paging off, builds 4-level page tables, enters long
// mode, writes to an address that nothing maps, and lets its page-fault handler map a page there.
// With EPT none of this needs the monitor: CR3, page faults and INVLPG are the guest's own
// business, and only the UART exits. Without EPT (shadow paging) most of the marked lines exit.
//
// Guest-physical memory:
//   0x08000  this code and its data
//   0x10000  PML4, 0x11000 PDPT, 0x12000 page directory, 0x13000 page table
//   0x18000  top of the stack, growing down
//   0x20000  free frames, handed out upwards
// Page 0 stays unmapped, so that a null pointer faults.

#include "guest.inc"
.set LOAD_ADDRESS, 0x8000
.set gdt_at, gdt - start + LOAD_ADDRESS
.set gdt_pointer_at, gdt_pointer - start + LOAD_ADDRESS
.set idt_at, idt - start + LOAD_ADDRESS
.set idt_pointer_at, idt_pointer - start + LOAD_ADDRESS
.set long_mode_at, long_mode - start + LOAD_ADDRESS
.set page_fault_at, page_fault - start + LOAD_ADDRESS
.set next_frame_at, next_frame - start + LOAD_ADDRESS
.set fault_address_at, fault_address - start + LOAD_ADDRESS
.set mapped_frame_at, mapped_frame - start + LOAD_ADDRESS
.set fault_text_at, fault_text - start + LOAD_ADDRESS
.set frame_text_at, frame_text - start + LOAD_ADDRESS
.set success_text_at, success_text - start + LOAD_ADDRESS
.set failure_text_at, failure_text - start + LOAD_ADDRESS

.set PML4, 0x10000
.set PDPT, 0x11000
.set PAGE_DIRECTORY, 0x12000
.set PAGE_TABLE, 0x13000
.set STACK_TOP, 0x18000
.set FREE_FRAMES, 0x20000
.set REGION_END, 0x40000          // the region mapped to itself ends here

.set PRESENT_WRITABLE, 3          // page-table entry bits 0 (P) and 1 (R/W)
.set ODD_ADDRESS, 0x7fff00001000  // PML4 entry 255, PDPT 508, directory 0, table 1
.set MAGIC, 0x1122334455667788

GUEST_BEGIN(paging)
.code32
start:
  mov   esp, STACK_TOP
  cld                             // string instructions count upwards

  // Clear the four tables: an entry of 0 is "not present".
  xor   eax, eax
  mov   edi, PML4
  mov   ecx, 4 * 4096 / 4
  rep   stosd

  // One entry in each upper table leads to the next. Entries are 8 bytes; the upper half stays 0.
  mov   dword ptr [PML4], PDPT + PRESENT_WRITABLE
  mov   dword ptr [PDPT], PAGE_DIRECTORY + PRESENT_WRITABLE
  mov   dword ptr [PAGE_DIRECTORY], PAGE_TABLE + PRESENT_WRITABLE

  // The page table maps each 4 KiB page of the region to the frame of the same address.
  mov   edi, PAGE_TABLE + 8       // entry 1: page 0 is left out
  mov   eax, 0x1000 + PRESENT_WRITABLE
fill:
  mov   [edi], eax
  add   edi, 8
  add   eax, 0x1000
  cmp   eax, REGION_END
  jb    fill

  // The four steps into long mode, in the order the processor insists on.
  mov   eax, cr4
  or    eax, 1 << 5               // CR4.PAE: 8-byte entries
  mov   cr4, eax                  // exits if the CR4 guest/host mask owns a bit that changes
  mov   eax, PML4
  mov   cr3, eax                  // exits only if "CR3-load exiting" is set
  mov   ecx, 0xc0000080           // IA32_EFER
  rdmsr                           // exits unless the MSR bitmap says otherwise
  or    eax, 1 << 8               // EFER.LME: long mode when paging comes on
  wrmsr                           // the same
  mov   eax, cr0
  or    eax, 1 << 31              // CR0.PG: from here on each address is translated
  mov   cr0, eax                  // exits if the CR0 guest/host mask owns a bit that changes

  // Still 32-bit code, in compatibility mode: the far jump loads a CS with L = 1.
  lgdt  [gdt_pointer_at]          // exits only with "descriptor-table exiting", as LIDT below
  ljmp  0x08, offset long_mode_at

.code64
long_mode:
  mov   eax, 0x10                 // the flat data segment
  mov   ds, eax
  mov   es, eax
  mov   ss, eax
  mov   esp, STACK_TOP            // writing ESP clears the upper half of RSP
  lidt  [idt_pointer_at]

  // The write that faults: nothing is mapped at the odd address.
  mov   rbx, ODD_ADDRESS
  mov   rax, MAGIC
touch:
  mov   [rbx], rax                // #PF, error code 2: a write to a page that is not present
  cmp   [rbx], rax                // the same instruction succeeded after the handler
  mov   esi, offset failure_text_at
  jne   report

  // Tell the story.
  mov   esi, offset fault_text_at
  call  print
  mov   rax, [fault_address_at]
  call  print_hex
  mov   esi, offset frame_text_at
  call  print
  mov   rax, [mapped_frame_at]
  call  print_hex
  mov   esi, offset success_text_at
report:
  call  print

done:
  hlt                             // VM exit: HLT
  jmp   done                      // if the monitor resumes the guest, halt again

// The #PF handler. The processor has pushed SS, RSP, RFLAGS, CS, RIP and an error code, and put
// the address that faulted into CR2. It exits only if bit 14 of the exception bitmap is set.
page_fault:
  push  rax
  push  rcx
  push  rdx
  push  rsi
  push  rdi
  mov   rdx, cr2                  // reading CR2 never exits
  mov   [fault_address_at], rdx

  // Walk the tables as the processor did, and add what is missing at each level.
  mov   rax, cr3                  // exits only if "CR3-store exiting" is set
  mov   ecx, 39                   // bits 47:39 of the address index the PML4
level:
  and   rax, -4096                // RAX: the table (entry bits 11:0 are not address)
  mov   rsi, rdx
  shr   rsi, cl
  and   esi, 511                  // the index of nine bits
  lea   rsi, [rax + rsi * 8]      // RSI: the address of the entry
  test  byte ptr [rsi], 1         // present?
  jnz   present
  call  allocate_frame            // a table, or at the last level the page itself
  or    rax, PRESENT_WRITABLE
  mov   [rsi], rax
present:
  mov   rax, [rsi]                // down to what the entry points at
  sub   ecx, 9                    // 39, 30, 21, 12: PML4, PDPT, page directory, page table
  cmp   ecx, 12
  jge   level

  and   rax, -4096
  mov   [mapped_frame_at], rax
  invlpg [rdx]                    // forget what the TLB knew of this page; exits only if
                                  // "INVLPG exiting" is set
  pop   rdi
  pop   rsi
  pop   rdx
  pop   rcx
  pop   rax
  add   rsp, 8                    // drop the error code: IRETQ does not
  iretq                           // back to `touch`, which executes again

// Returns in RAX the address of a frame full of zeros. Changes RDI.
allocate_frame:
  push  rcx
  mov   rdi, [next_frame_at]
  push  rdi
  xor   eax, eax
  mov   ecx, 4096 / 8
  rep   stosq                     // RDI is now the frame after this one
  mov   [next_frame_at], rdi
  pop   rax
  pop   rcx
  ret

// Prints the text at RSI, up to its zero byte.
print:
  lodsb
  test  al, al
  jz    printed
  call  print_byte
  jmp   print
printed:
  ret

// Prints RAX as sixteen hexadecimal digits.
print_hex:
  mov   rbx, rax
  mov   ecx, 16
digit:
  rol   rbx, 4                    // the top digit comes round to the bottom
  mov   eax, ebx
  and   eax, 15
  cmp   al, 10
  jb    decimal
  add   al, 'a' - '0' - 10        // 10 to 15 are letters
decimal:
  add   al, '0'
  call  print_byte
  dec   ecx
  jnz   digit
  ret

// Prints the byte in AL through the UART. Changes RDX and R8.
print_byte:
  mov   r8d, eax
  mov   edx, UART_LINE_STATUS
wait:
  in    al, dx                    // VM exit: I/O instruction
  test  al, TRANSMITTER_READY
  jz    wait
  mov   edx, UART_DATA
  mov   eax, r8d
  out   dx, al                    // VM exit: I/O instruction
  ret

  .balign 8
gdt:
  .quad 0                         // selector 0x00: null
  .quad 0x00209b0000000000        // selector 0x08: 64-bit code, ring 0 (L = 1, D = 0)
  .quad 0x00cf93000000ffff        // selector 0x10: data, writable, 4 GiB
gdt_end:
gdt_pointer:
  .word gdt_end - gdt - 1         // limit: the offset of the last byte
  .long gdt_at                    // base: four bytes for LGDT in 32-bit code

  .balign 16
idt:
  .space 14 * 16                  // vectors 0 to 13: not present
  .word page_fault_at             // vector 14, #PF: the handler, bits 15:0
  .word 0x08                      // its code segment
  .byte 0                         // interrupt stack table: none
  .byte 0x8e                      // present, ring 0, 64-bit interrupt gate
  .word 0                         // the handler, bits 31:16
  .long 0                         // bits 63:32
  .long 0                         // reserved
idt_end:
idt_pointer:
  .word idt_end - idt - 1         // limit
  .quad idt_at                    // base: eight bytes for LIDT in 64-bit code

  .balign 8
next_frame:
  .quad FREE_FRAMES
fault_address:
  .quad 0
mapped_frame:
  .quad 0

fault_text:
  .asciz "Page fault at 0x"
frame_text:
  .asciz ": mapped to frame 0x"
success_text:
  .asciz ", and the write succeeded.\n"
failure_text:
  .asciz "The odd address does not hold what was written.\n"
GUEST_END(paging)

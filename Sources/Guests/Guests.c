#include "Guests.h"

// One row a guest: ROW(name, mode, load address, summary, notes). Each starts at its first byte.
// A new guest is a file NAME.S, between GUEST_BEGIN and GUEST_END of guest.inc, and a row here.
#define GUESTS(ROW)                                                                               \
  ROW(hello, REAL, 0x1000, "prints a line through the UART",                                      \
      "Two I/O exits a byte: the status read, then the byte.")                                    \
  ROW(count, REAL, 0x1000, "adds up 10 to 1, then plays with the flags",                          \
      "No exit before HLT: step it and watch RFLAGS.")                                            \
  ROW(cpuid, REAL, 0x1000, "asks who the processor is, and prints the vendor",                    \
      "The second instruction is CPUID, which exits always.")                                     \
  ROW(paging, PROTECTED, 0x8000, "enters long mode and handles its own page fault",               \
      "With EPT, page tables and page faults do not exit: only the UART does.")                   \
  ROW(ports, REAL, 0x1000, "prints a text byte by byte through the UART",                         \
      "Two exits a byte; `hypercall` prints the same text with one.")                             \
  ROW(hypercall, LONG, 0x8000, "prints the text of `ports` with one hypercall",                   \
      "The byte at 0x7000 chooses: 0 = VMCALL, 1 = one OUT to port 0x504.")                       \
  ROW(triple, PROTECTED, 0x8000, "raises an exception that cannot be delivered",                  \
      "An IDT without descriptors: #UD, #GP, #DF, and then the triple-fault exit.")               \
  ROW(mmio, PROTECTED, 0x8000, "drives a memory-mapped device at 0xd0000000",                     \
      "Each access to the device is an EPT violation.")

#define DECLARE(id, mode, address, summary, notes) \
  extern const uint8_t ringside_guest_##id[], ringside_guest_##id##_end[];
GUESTS(DECLARE)

// The size is a difference of two link-time addresses, which C does not allow in a static table,
// so the rows keep both ends.
struct Row {
  struct RingsideGuest guest;
  const uint8_t *end;
};

#define DEFINE(id, mode, address, summary, notes) \
  {{#id, summary, notes, ringside_guest_##id, 0, address, address, RINGSIDE_MODE_##mode}, \
   ringside_guest_##id##_end},
static const struct Row rows[] = {GUESTS(DEFINE)};

size_t ringsideGuestCount(void) { return sizeof rows / sizeof rows[0]; }

struct RingsideGuest ringsideGuest(size_t index) {
  if (index >= ringsideGuestCount()) return (struct RingsideGuest){0};
  struct RingsideGuest guest = rows[index].guest;
  guest.size = (size_t)(rows[index].end - guest.bytes);
  return guest;
}

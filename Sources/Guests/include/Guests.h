// The guests that are built into Ringside: machine code with what the loader must know about it.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The mode that a guest starts in.
enum {
  RINGSIDE_MODE_REAL = 0,
  RINGSIDE_MODE_PROTECTED = 1,
  RINGSIDE_MODE_LONG = 2,
};

struct RingsideGuest {
  const char *name;
  const char *summary;   // one line, for lists
  const char *notes;     // what to look at
  const uint8_t *bytes;  // static storage, never written
  size_t size;           // of `bytes`
  uint64_t loadAddress;  // guest-physical
  uint64_t entry;        // guest-physical
  int mode;              // RINGSIDE_MODE_…
};

// How many guests there are.
size_t ringsideGuestCount(void);

// Guest number `index`; all zero, `name` included, when there is none of that number.
struct RingsideGuest ringsideGuest(size_t index);

#pragma once

#include <CIsolation.h>
#include <stdint.h>

// A case and its outcome are rows of 64-bit words, so that Swift and C share no structure.

enum {
  // 16, 32 or 64: protected mode, level 3.
  native_case_mode = 18,
  native_case_code = 20,
  native_case_words = 28,

  native_outcome_vector = 18,
  native_outcome_error = 19,
  native_outcome_address = 20,
  native_outcome_selectors = 21,
  native_outcome_changed = 23,
  native_outcome_words = 24,

  native_code_bytes = 64,
  native_vector_timeout = 900,
};

/// Runs each case on the processor of the host, in a child process, up to the exception that ends
/// it. `window` is what the data pages hold at the start of each case; `windows` takes what those
/// of a case with a store held at its end. Returns 0, or -errno.
int native_run(
    const uint64_t *cases, uint64_t count, const uint8_t *window, uint64_t *outcomes,
    uint8_t *windows);

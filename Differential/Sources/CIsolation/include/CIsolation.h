#pragma once

#include <stddef.h>
#include <stdint.h>

// Running cases in child processes, so that one that takes its process along costs one case.

enum {
  isolated_outcome_words = 24,
  isolated_outcome_vector = 18,
  isolated_outcome_changed = 23,
  isolated_vector_crash = 901,
};

/// What parent and child share.
struct isolated {
  /// The case that runs.
  volatile uint64_t *current;
  uint64_t count;
  uint64_t *outcomes;
  uint8_t *windows;
};

/// Runs the cases from `*current` to `count`, and ends the process with status 0.
typedef void (*isolated_body)(const struct isolated *shared, const void *context);

/// Calls `body` in a child, and in another for the cases behind one that crashed, until all are
/// done. Windows are copied for outcomes that say that they changed. Returns 0, or -errno.
int isolated_run(
    uint64_t count, size_t window_bytes, isolated_body body, const void *context,
    uint64_t *outcomes, uint8_t *windows);

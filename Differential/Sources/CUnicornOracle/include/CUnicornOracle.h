#pragma once

#include <CIsolation.h>
#include <stdint.h>

/// Runs each case in Unicorn; rows and windows as in CNative.h. Returns 0, or -errno.
int unicorn_run(
    const uint64_t *cases, uint64_t count, const uint8_t *window, uint64_t *outcomes,
    uint8_t *windows);

#include "CUnicornOracle.h"

#include <errno.h>
#include <unicorn/unicorn.h>

int unicorn_run(
    const uint64_t *cases, uint64_t count, const uint8_t *window, uint64_t *outcomes,
    uint8_t *windows) {
  return -ENOSYS;
}

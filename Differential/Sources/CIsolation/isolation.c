#define _GNU_SOURCE
#include "CIsolation.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void quiet(void) {
  // A crash is an outcome here, and nobody wants its backtrace.
  const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) signal(signals[i], SIG_DFL);
}

int isolated_run(
    uint64_t count, size_t window_bytes, isolated_body body, const void *context,
    uint64_t *outcomes, uint8_t *windows) {
  enum { header = 4096 };
  size_t outcome_bytes = count * isolated_outcome_words * 8;
  size_t total = header + outcome_bytes + count * window_bytes;
  uint8_t *memory = mmap(
      0, total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return -errno;
  struct isolated shared = {
      .current = (volatile uint64_t *)memory, .count = count,
      .outcomes = (uint64_t *)(memory + header), .windows = memory + header + outcome_bytes};
  int result = 0;
  while (*shared.current < count) {
    uint64_t before = *shared.current;
    pid_t process = fork();
    if (process < 0) {
      result = -errno;
      break;
    }
    if (process == 0) {
      quiet();
      body(&shared, context);
      _exit(1);
    }
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {}
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    if (WIFEXITED(status) && *shared.current == before) {
      // It could not even begin.
      result = -ENOSYS;
      break;
    }
    shared.outcomes[*shared.current * isolated_outcome_words + isolated_outcome_vector] =
        isolated_vector_crash;
    *shared.current += 1;
  }
  memcpy(outcomes, shared.outcomes, outcome_bytes);
  for (uint64_t i = 0; i < count; i++) {
    if (shared.outcomes[i * isolated_outcome_words + isolated_outcome_changed])
      memcpy(windows + i * window_bytes, shared.windows + i * window_bytes, window_bytes);
  }
  munmap(memory, total);
  return result;
}

#define _GNU_SOURCE
#include "CNative.h"

#include <asm/ldt.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

// Cases run at level 3 of this very process: a signal handler writes the state of a case into the
// interrupted context and returns into it; the exception that ends the case comes back as the next
// signal. A fixed mapping makes addresses the same as in the guests of the other oracles.

enum {
  page = 4096,
  segment_base = 0x100000,
  code_base = 0x101000,
  code_size = 2 * page,
  window_base = 0x104000,
  // The last page is read-only.
  window_size = 3 * page,
  window_writable = 2 * page,
  fs_base = 0x104800,
  gs_base = 0x104c00,
  selector_code64 = 0x33,
  selector_code32 = 0x23,
  selector_data = 0x2b,
  // Local descriptor table, level 3.
  selector_code16 = 0x07,
  selector_data16 = 0x0f,
  selector_data32 = 0x17,
};

static const int general[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

// What the handler reads; written before the first case.
static const uint64_t *all_cases;
static uint64_t case_count;
static const uint8_t *initial_window;
static uint8_t *code_alias;
static uint64_t *shared_outcomes;
static uint8_t *shared_windows;
static volatile uint64_t *current;
static volatile uint64_t is_running;

static inline uint8_t *address(uintptr_t value) {
  uint8_t *pointer;
  __asm__("" : "=r"(pointer) : "0"(value));
  return pointer;
}

static inline uint16_t selector_ds(void) {
  uint16_t value;
  __asm__ volatile("mov %%ds, %0" : "=r"(value));
  return value;
}

static inline uint16_t selector_es(void) {
  uint16_t value;
  __asm__ volatile("mov %%es, %0" : "=r"(value));
  return value;
}

static inline uint16_t selector_fs(void) {
  uint16_t value;
  __asm__ volatile("mov %%fs, %0" : "=r"(value));
  return value;
}

static inline uint16_t selector_gs(void) {
  uint16_t value;
  __asm__ volatile("mov %%gs, %0" : "=r"(value));
  return value;
}

static void copy(uint8_t *to, const uint8_t *from, size_t count) {
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

static void fill(uint8_t *to, uint8_t value, size_t count) {
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
}

static void record(int signal, const greg_t *registers) {
  uint64_t *outcome = shared_outcomes + *current * native_outcome_words;
  for (int i = 0; i < 16; i++) outcome[i] = registers[general[i]];
  outcome[16] = registers[REG_RIP];
  outcome[17] = registers[REG_EFL];
  outcome[native_outcome_vector] =
      signal == SIGPROF ? native_vector_timeout : (uint64_t)registers[REG_TRAPNO];
  outcome[native_outcome_error] = registers[REG_ERR];
  outcome[native_outcome_address] = registers[REG_CR2];
  uint64_t selectors = (uint64_t)registers[REG_CSGSFS];
  outcome[native_outcome_selectors] = selector_es() | (selectors & 0xffff) << 16 |
                                      (selectors >> 48) << 32 | (uint64_t)selector_ds() << 48;
  outcome[native_outcome_selectors + 1] = selector_fs() | (uint64_t)selector_gs() << 16;
  const uint64_t *now = (const uint64_t *)address(window_base);
  const uint64_t *before = (const uint64_t *)initial_window;
  uint64_t changed = 0;
  for (int i = 0; i < window_writable / 8; i++) changed |= now[i] ^ before[i];
  outcome[native_outcome_changed] = changed != 0;
  if (changed) {
    copy(shared_windows + *current * window_size, address(window_base), window_size);
    copy(address(window_base), initial_window, window_writable);
  }
}

static void begin(ucontext_t *context) {
  const uint64_t *row = all_cases + *current * native_case_words;
  greg_t *registers = context->uc_mcontext.gregs;
  fill(code_alias, 0xcc, code_size);
  uint64_t mode = row[native_case_mode];
  uint64_t offset = row[16] + (mode == 16 ? segment_base : 0) - code_base;
  if (offset < code_size) {
    size_t room = code_size - offset;
    copy(code_alias + offset, (const uint8_t *)(row + native_case_code),
         room < native_code_bytes ? room : native_code_bytes);
  }
  for (int i = 0; i < 16; i++) registers[general[i]] = (greg_t)row[i];
  registers[REG_RIP] = (greg_t)row[16];
  registers[REG_EFL] = (greg_t)(row[17] | 0x202);
  uint64_t cs = selector_code64, ss = selector_data;
  uint16_t data = selector_data, extra = 0;
  if (mode == 32) {
    cs = selector_code32;
    extra = selector_data32;
  } else if (mode == 16) {
    cs = selector_code16;
    ss = data = extra = selector_data16;
  }
  __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %1, %%fs; mov %1, %%gs"
                   : : "r"((uint32_t)data), "r"((uint32_t)extra));
  if (mode == 64) {
    __asm__ volatile("wrfsbase %0; wrgsbase %1" : : "r"((uint64_t)fs_base), "r"((uint64_t)gs_base));
  }
  registers[REG_CSGSFS] = (greg_t)(cs | ss << 48);
  // UC_SIGCONTEXT_SS and UC_STRICT_RESTORE_SS: take SS as given, even one of 16 bits.
  context->uc_flags |= 6;
}

static void leave(int status) {
  // Without the C library: FS no longer points to its thread.
  __asm__ volatile("syscall" : : "a"((uint64_t)SYS_exit_group), "D"((uint64_t)status)
                   : "rcx", "r11", "memory");
}

static void handle(int signal, siginfo_t *information, void *argument) {
  (void)information;
  // A case may leave AC, NT or DF set.
  __asm__ volatile("pushfq; andl $~0x244400, (%%rsp); popfq" ::: "cc", "memory");
  static uint64_t ticked = ~0ull;
  if (signal == SIGPROF && (ticked != *current || !is_running)) {
    ticked = *current;
    return;
  }
  ucontext_t *context = argument;
  if (is_running) {
    record(signal, context->uc_mcontext.gregs);
    *current += 1;
  }
  is_running = 1;
  if (*current >= case_count) leave(0);
  begin(context);
}

static int set_descriptor(unsigned entry, unsigned base, unsigned limit, unsigned contents,
                          unsigned is_32) {
  struct user_desc descriptor = {
      .entry_number = entry, .base_addr = base, .limit = limit, .seg_32bit = is_32,
      .contents = contents, .limit_in_pages = is_32};
  return (int)syscall(SYS_modify_ldt, 1, &descriptor, sizeof descriptor);
}

static void child(const struct isolated *isolated, const void *context) {
  (void)context;
  case_count = isolated->count;
  shared_outcomes = isolated->outcomes;
  shared_windows = isolated->windows;
  current = isolated->current;
  if (set_descriptor(0, segment_base, 0xffff, 2, 0) || set_descriptor(1, segment_base, 0xffff, 0, 0)
      || set_descriptor(2, fs_base, 0xfffff, 0, 1))
    _exit(1);
  static uint8_t stack[1 << 16];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaddset(&action.sa_mask, SIGPROF);
  const int signals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGUSR1, SIGPROF};
  if (sigaltstack(&alternate, 0)) _exit(1);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    sigset_t none;
    sigemptyset(&none);
    sigaddset(&none, signals[i]);
    sigprocmask(SIG_UNBLOCK, &none, 0);
    if (sigaction(signals[i], &action, 0)) _exit(1);
  }
  copy(address(window_base), initial_window, window_writable);
  // Two ticks in one case end it.
  struct itimerval interval = {{0, 20000}, {0, 20000}};
  setitimer(ITIMER_PROF, &interval, 0);
  raise(SIGUSR1);
  _exit(2);
}

static int map_pages(const uint8_t *window) {
  static int is_mapped;
  if (is_mapped) return 0;
  int file = memfd_create("code", 0);
  if (file < 0 || ftruncate(file, code_size)) return -errno;
  int fixed = MAP_FIXED_NOREPLACE;
  void *code = mmap(address(code_base), code_size, PROT_READ | PROT_EXEC, MAP_SHARED | fixed, file, 0);
  void *alias = mmap(0, code_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  void *data = mmap(address(window_base), window_size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1, 0);
  close(file);
  if (code == MAP_FAILED || alias == MAP_FAILED || data == MAP_FAILED) return -errno;
  code_alias = alias;
  memcpy(data, window, window_size);
  if (mprotect(address(window_base + window_writable), page, PROT_READ)) return -errno;
  is_mapped = 1;
  return 0;
}

int native_run(
    const uint64_t *cases, uint64_t count, const uint8_t *window, uint64_t *outcomes,
    uint8_t *windows) {
  int error = map_pages(window);
  if (error) return error;
  all_cases = cases;
  initial_window = window;
  return isolated_run(count, window_size, child, 0, outcomes, windows);
}

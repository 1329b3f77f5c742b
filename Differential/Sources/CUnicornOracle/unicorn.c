#include "CUnicornOracle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>
#include <unistd.h>

// Cases run in Unicorn's flat state, which is level 0: the list of exceptions knows. What Unicorn
// calls an error is turned back into the exception that it stands for.

enum {
  page = 4096,
  code_base = 0x101000,
  code_size = 2 * page,
  window_base = 0x104000,
  window_size = 3 * page,
  window_writable = 2 * page,
  fs_base = 0x104800,
  gs_base = 0x104c00,
  case_words = 28,
  case_mode = 18,
  case_code = 20,
  code_bytes = 64,
  outcome_words = 24,
  outcome_vector = 18,
  outcome_error = 19,
  outcome_address = 20,
  outcome_changed = 23,
  vector_timeout = 900,
  vector_crash = 901,
  maximum_blocks = 100000,
  register_count = 18,
};

static const int registers64[register_count] = {
    UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP,
    UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8,  UC_X86_REG_R9,  UC_X86_REG_R10, UC_X86_REG_R11,
    UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15, UC_X86_REG_RIP, UC_X86_REG_EFLAGS,
};

static const int registers32[8] = {
    UC_X86_REG_EAX, UC_X86_REG_ECX, UC_X86_REG_EDX, UC_X86_REG_EBX,
    UC_X86_REG_ESP, UC_X86_REG_EBP, UC_X86_REG_ESI, UC_X86_REG_EDI,
};

// Where emulation would stop by itself: an address that no case jumps to.
static const uint64_t nowhere = 0x7123456789abcdef;

struct engine {
  uc_engine *uc;
  // The state before the first case: an exception that was raised leaves traces.
  uc_context *start;
  uint64_t mode;
  uint8_t *code;
  uint8_t *window;
  // Of the case that runs.
  uint64_t vector;
  uint64_t error;
  uint64_t address;
  uint64_t blocks;
};

static void on_interrupt(uc_engine *uc, uint32_t number, void *data) {
  struct engine *engine = data;
  engine->vector = number;
  uc_emu_stop(uc);
}

static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *data) {
  (void)address;
  (void)size;
  struct engine *engine = data;
  if (++engine->blocks < maximum_blocks) return;
  engine->vector = vector_timeout;
  uc_emu_stop(uc);
}

static bool on_fault(
    uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *data) {
  (void)uc;
  (void)size;
  (void)value;
  struct engine *engine = data;
  // The first byte that cannot be accessed, which may lie behind the first byte of the operand.
  int is_write = type == UC_MEM_WRITE_UNMAPPED || type == UC_MEM_WRITE_PROT;
  int is_fetch = type == UC_MEM_FETCH_UNMAPPED || type == UC_MEM_FETCH_PROT;
  int is_present = type == UC_MEM_WRITE_PROT || type == UC_MEM_FETCH_PROT || type == UC_MEM_READ_PROT;
  engine->vector = 14;
  engine->error = 4 | (is_write ? 2 : 0) | (is_fetch ? 0x10 : 0) | (is_present ? 1 : 0);
  engine->address = address;
  return false;
}

static int open_engine(struct engine *engine, uint64_t mode, const uint8_t *window) {
  engine->mode = mode;
  if (uc_open(UC_ARCH_X86, mode == 64 ? UC_MODE_64 : UC_MODE_32, &engine->uc)) return -EIO;
  uc_ctl_set_cpu_model(engine->uc, UC_CPU_X86_SKYLAKE_CLIENT);
  engine->code = aligned_alloc(page, code_size);
  engine->window = aligned_alloc(page, window_size);
  if (!engine->code || !engine->window) return -ENOMEM;
  memset(engine->code, 0xcc, code_size);
  memcpy(engine->window, window, window_size);
  uc_hook hook;
  if (uc_mem_map_ptr(engine->uc, code_base, code_size, UC_PROT_READ | UC_PROT_EXEC, engine->code) ||
      uc_mem_map_ptr(engine->uc, window_base, window_writable, UC_PROT_READ | UC_PROT_WRITE,
                     engine->window) ||
      uc_mem_map_ptr(engine->uc, window_base + window_writable, page, UC_PROT_READ,
                     engine->window + window_writable) ||
      uc_hook_add(engine->uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, engine, 1, 0) ||
      uc_hook_add(engine->uc, &hook, UC_HOOK_BLOCK, (void *)on_block, engine, 1, 0) ||
      uc_hook_add(engine->uc, &hook, UC_HOOK_MEM_INVALID, (void *)on_fault, engine, 1, 0))
    return -EIO;
  if (uc_context_alloc(engine->uc, &engine->start) || uc_context_save(engine->uc, engine->start))
    return -EIO;
  return 0;
}

static uint64_t vector_of(uc_err error) {
  switch (error) {
  case UC_ERR_INSN_INVALID: return 6;
  case UC_ERR_READ_UNMAPPED:
  case UC_ERR_WRITE_UNMAPPED:
  case UC_ERR_FETCH_UNMAPPED:
  case UC_ERR_WRITE_PROT:
  case UC_ERR_READ_PROT:
  case UC_ERR_FETCH_PROT: return 14;
  default: return vector_crash;
  }
}

static void write_registers(struct engine *engine, const uint64_t *row) {
  for (int i = 0; i < (engine->mode == 64 ? 16 : 8); i++)
    uc_reg_write(engine->uc, engine->mode == 64 ? registers64[i] : registers32[i], &row[i]);
  uc_reg_write(engine->uc, UC_X86_REG_EFLAGS, &row[17]);
  uint64_t fs = fs_base, gs = engine->mode == 64 ? gs_base : fs_base;
  uc_reg_write(engine->uc, UC_X86_REG_FS_BASE, &fs);
  uc_reg_write(engine->uc, UC_X86_REG_GS_BASE, &gs);
}

static void read_registers(struct engine *engine, uint64_t *outcome) {
  for (int i = 0; i < (engine->mode == 64 ? 16 : 8); i++)
    uc_reg_read(engine->uc, engine->mode == 64 ? registers64[i] : registers32[i], &outcome[i]);
  uc_reg_read(
      engine->uc, engine->mode == 64 ? UC_X86_REG_RIP : UC_X86_REG_EIP, &outcome[16]);
  uc_reg_read(engine->uc, UC_X86_REG_EFLAGS, &outcome[17]);
}

static void run(struct engine *engine, const uint64_t *row, uint64_t *outcome, uint8_t *window,
                const uint8_t *initial) {
  uint64_t offset = row[16] - code_base;
  size_t length = 0;
  if (offset < code_size) {
    length = code_size - offset < code_bytes ? code_size - offset : code_bytes;
    memcpy(engine->code + offset, row + case_code, length);
  }
  // The last case may have been anywhere.
  uc_ctl_remove_cache(engine->uc, code_base, code_base + code_size);
  uc_context_restore(engine->uc, engine->start);
  write_registers(engine, row);
  engine->vector = engine->error = engine->address = engine->blocks = 0;
  uc_err error = uc_emu_start(engine->uc, row[16], nowhere, 0, 0);
  memset(outcome, 0, outcome_words * 8);
  read_registers(engine, outcome);
  if (error && engine->vector == 0) engine->vector = vector_of(error);
  outcome[outcome_vector] = engine->vector;
  outcome[outcome_error] = engine->error;
  outcome[outcome_address] = engine->address;
  outcome[outcome_changed] = memcmp(engine->window, initial, window_writable) != 0;
  if (outcome[outcome_changed]) {
    memcpy(window, engine->window, window_size);
    memcpy(engine->window, initial, window_writable);
  }
  if (length) memset(engine->code + offset, 0xcc, length);
}

struct batch {
  const uint64_t *cases;
  const uint8_t *window;
};

static void child(const struct isolated *shared, const void *context) {
  const struct batch *batch = context;
  static struct engine engines[2];
  for (; *shared->current < shared->count; *shared->current += 1) {
    uint64_t i = *shared->current;
    const uint64_t *row = batch->cases + i * case_words;
    struct engine *engine = &engines[row[case_mode] == 64];
    if (!engine->uc && open_engine(engine, row[case_mode], batch->window)) _exit(1);
    run(engine, row, shared->outcomes + i * outcome_words, shared->windows + i * window_size,
        batch->window);
  }
  _exit(0);
}

int unicorn_run(
    const uint64_t *cases, uint64_t count, const uint8_t *window, uint64_t *outcomes,
    uint8_t *windows) {
  struct batch batch = {cases, window};
  return isolated_run(count, window_size, child, &batch, outcomes, windows);
}

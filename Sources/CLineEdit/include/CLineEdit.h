// libedit behind create / read a line / destroy, for Swift: every FILE *, every variadic call and
// every signal handler stays in C. All text is UTF-8; offsets into a line count UTF-8 bytes.
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct cle_editor cle_editor;

typedef enum {
  CLE_LINE,
  CLE_INTERRUPTED,
  CLE_END_OF_FILE,
} cle_outcome;

// Called on Tab. Answers by calling cle_replace and cle_list, both or neither.
typedef void (*cle_completer)(void *_Nullable context, const char *_Nonnull line, size_t cursor);

// Called on SIGINT, on whatever thread it arrives: only async-signal-safe work is allowed.
typedef void (*cle_interrupt)(void *_Nullable context);

// Editing. One editor at a time reads; standard input and output must be a terminal.

// NULL if libedit cannot start. Sets LC_CTYPE from the environment.
cle_editor *_Nullable cle_create(const char *_Nonnull program, int history_size);
void cle_destroy(cle_editor *_Nonnull editor);

// Shows `prompt` (SGR sequences are allowed, other control characters are dropped) and edits a
// line that begins as `preset`. `*line` belongs to the editor and lives until the next call.
cle_outcome cle_read(
    cle_editor *_Nonnull editor, const char *_Nonnull prompt, const char *_Nonnull preset,
    const char *_Nullable *_Nonnull line, size_t *_Nonnull length);

void cle_history_add(cle_editor *_Nonnull editor, const char *_Nonnull line);

void cle_set_completer(
    cle_editor *_Nonnull editor, cle_completer _Nullable completer, void *_Nullable context);
// Inside a completer: replaces what is between `start` and the cursor.
void cle_replace(cle_editor *_Nonnull editor, size_t start, const char *_Nonnull text);
// Inside a completer: prints `text`, lines that each end in a newline, and then the prompt and the
// line again below it.
void cle_list(cle_editor *_Nonnull editor, const char *_Nonnull text);

// Signals.

// From now on SIGINT calls `callback` unless a line is being edited, and interrupts system calls
// (no SA_RESTART), so that KVM_RUN returns EINTR.
void cle_install_interrupt(cle_interrupt _Nonnull callback, void *_Nullable context);
// Gives SIGINT back to whoever had it before cle_install_interrupt.
void cle_remove_interrupt(void);
// Waits until `fd` can be read (true) or SIGINT arrives (false).
bool cle_wait_readable(int fd);
void cle_ignore_broken_pipe(void);

// The terminal.

// Sets LC_CTYPE from the environment; a missing UTF-8 locale becomes C.UTF-8.
void cle_set_locale(void);
bool cle_locale_is_utf8(void);
// Columns that `text` takes on the screen.
size_t cle_display_width(const char *_Nonnull text);
// False if `fd` is no terminal or does not know its size.
bool cle_terminal_size(int fd, int *_Nonnull columns, int *_Nonnull rows);

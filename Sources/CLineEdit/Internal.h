#pragma once

#include "CLineEdit.h"
#include <histedit.h>
#include <signal.h>
#include <wchar.h>

// What the action key does when libedit reads it next. Text is inserted and lists are printed
// from inside an editor function, because only there does libedit know where the cursor is.
typedef enum {
  ACTION_NONE,
  ACTION_INSERT,
  ACTION_LIST,
  ACTION_CANCEL,
} cle_action;

// ^^ (0x1e): a key that nobody types; the reader makes it up to run the pending action.
#define CLE_ACTION_KEY L'\x1e'
#define CLE_ACTION_KEY_NAME L"^^"

struct cle_editor {
  EditLine *el;
  HistoryW *history;
  wchar_t *prompt;
  // The answer of the last cle_read.
  char *line;
  // The outcome of the cle_read that runs; CLE_LINE while nothing else happened.
  cle_outcome outcome;
  // A byte that cut a multi-byte character short, to be read again; 0 for none.
  int kept_byte;

  cle_action action;
  // ACTION_INSERT: the text, and whether Enter follows it.
  wchar_t *insertion;
  bool submits;
  // ACTION_LIST: the text, and how far behind the cursor the line goes on.
  char *listing;
  int behind_cursor;

  // Lines of a paste that were not run yet; `pasted_next` points into `pasted`.
  wchar_t *pasted;
  wchar_t *pasted_next;

  cle_completer completer;
  void *completer_context;
  bool replaced;
  // The terminal understands ECMA-48 sequences.
  bool is_ansi;
  // The width that the line was drawn for.
  int columns;
};

// Text.c
wchar_t *cle_wide(const char *text);
// At most `count` characters, as UTF-8 that the caller frees.
char *cle_utf8(const wchar_t *text, size_t count);
size_t cle_utf8_length(const wchar_t *text, size_t count);
wchar_t *cle_prompt(const char *prompt);

// Input.c
int cle_get_character(EditLine *el, wchar_t *character);

// Paste.c
unsigned char cle_paste(EditLine *el, int key);
// Makes the next line of the paste the next insertion; false if none is left.
bool cle_next_pasted_line(cle_editor *editor);
void cle_forget_paste(cle_editor *editor);

// Actions.c
unsigned char cle_complete(EditLine *el, int key);
unsigned char cle_act(EditLine *el, int key);

// Resize.c
void cle_resize(cle_editor *editor);

// Bindings.c
bool cle_bind_keys(EditLine *el);

// Editor.c
cle_editor *cle_editor_of(EditLine *el);
void cle_set_paste_brackets(cle_editor *editor, bool on);

// Signals.c
typedef enum {
  CLE_EVENT_NONE,
  CLE_EVENT_INTERRUPT,
  CLE_EVENT_RESIZE,
  CLE_EVENT_STOP,
  CLE_EVENT_CONTINUE,
  CLE_EVENT_FATAL,
} cle_event;

bool cle_signals_prepare(void);
// True if SIGINT arrived since the last line was read.
bool cle_signals_begin(void);
void cle_signals_end(void);
// -1: a signal arrived; otherwise as poll's answer for `fd`.
int cle_poll(int fd);
cle_event cle_next_event(void);
// Stops the process as SIGTSTP does; returns when it is continued.
void cle_stop(void);
// Dies of the signal that arrived.
void cle_die(void);

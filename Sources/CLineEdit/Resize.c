#define _GNU_SOURCE
#include "Internal.h"
#include <stdio.h>
#include <unistd.h>

static int columns_of(wchar_t character) {
  int columns = wcwidth(character);
  return columns >= 0 ? columns : character < 0x80 ? 2 : 7;
}

static int columns_before_cursor(cle_editor *editor) {
  int columns = 0;
  bool escaped = false;
  for (const wchar_t *at = editor->prompt; at && *at; at++) {
    if (*at == 1) escaped = !escaped;
    else if (!escaped) columns += columns_of(*at);
  }
  const LineInfoW *info = el_wline(editor->el);
  for (const wchar_t *at = info->buffer; at < info->cursor; at++) columns += columns_of(*at);
  return columns;
}

// el_resize keeps its idea of the cursor's row, which can lie outside the smaller screen: the next
// key would then write outside libedit's screen buffer. So the line is drawn anew, from where its
// first row should be. Some terminals wrap text anew and some do not; the lesser distance leaves a
// rest of the old line at worst and never wipes what stands above it.
void cle_resize(cle_editor *editor) {
  int columns = 0, rows = 0, at = columns_before_cursor(editor);
  if (!cle_terminal_size(STDIN_FILENO, &columns, &rows)) return;
  int old = editor->columns > 0 ? at / editor->columns : 0, new = at / columns;
  int up = old < new ? old : new;
  editor->columns = columns;
  if (!editor->is_ansi) putchar('\n');
  else if (up > 0) printf("\033[%dA\r\033[J", up);
  else fputs("\r\033[J", stdout);
  el_resize(editor->el);
  el_wset(editor->el, EL_REFRESH);
}

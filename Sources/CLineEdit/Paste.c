// Bracketed paste. libedit does not know it: without brackets a pasted tab completes and every
// pasted line runs before anybody has seen the next.
#include "Internal.h"
#include <stdlib.h>
#include <string.h>

static const wchar_t end_of_paste[] = L"\033[201~";
enum { END_LENGTH = sizeof end_of_paste / sizeof *end_of_paste - 1 };

// Keeps text and line ends: CR and CR LF become LF, a tab a space, other control characters go.
static void tidy(wchar_t *text) {
  wchar_t *out = text;
  for (wchar_t *at = text; *at; at++) {
    if (at[0] == '\r' && at[1] == '\n') continue;
    wchar_t c = *at == '\r' ? '\n' : *at == '\t' ? ' ' : *at;
    if (c >= 0x20 ? c != 0x7f : c == '\n') *out++ = c;
  }
  // The last line waits for the user's own Enter.
  while (out > text && out[-1] == '\n') out--;
  *out = 0;
}

static bool ends(const wchar_t *text, size_t length) {
  return length >= END_LENGTH && wmemcmp(text + length - END_LENGTH, end_of_paste, END_LENGTH) == 0;
}

// What follows ESC [ 2 0 0 ~, without its end; NULL if the line was cancelled instead.
static wchar_t *read_paste(EditLine *el) {
  cle_editor *editor = cle_editor_of(el);
  size_t length = 0, room = 256;
  wchar_t *text = malloc(room * sizeof *text);
  while (text && !ends(text, length)) {
    if (length + 1 == room) {
      wchar_t *larger = realloc(text, (room *= 2) * sizeof *text);
      if (!larger) break;
      text = larger;
    }
    if (cle_get_character(el, &text[length]) != 1 || editor->outcome != CLE_LINE) break;
    if (text[length]) length++;
  }
  if (!text || !ends(text, length)) return free(text), NULL;
  text[length - END_LENGTH] = 0;
  return text;
}

unsigned char cle_paste(EditLine *el, int key) {
  (void)key;
  cle_editor *editor = cle_editor_of(el);
  wchar_t *text = read_paste(el);
  if (!text) return CC_NORM;
  tidy(text);
  cle_forget_paste(editor);
  editor->pasted = editor->pasted_next = text;
  if (cle_next_pasted_line(editor)) editor->action = ACTION_INSERT;
  return CC_NORM;
}

bool cle_next_pasted_line(cle_editor *editor) {
  if (!editor->pasted_next) return false;
  wchar_t *line = editor->pasted_next;
  wchar_t *end = wcschr(line, '\n');
  if (end) *end = 0;
  free(editor->insertion);
  editor->insertion = wcsdup(line);
  editor->submits = end != NULL;
  if (end) editor->pasted_next = end + 1;
  else cle_forget_paste(editor);
  return true;
}

void cle_forget_paste(cle_editor *editor) {
  free(editor->pasted);
  editor->pasted = editor->pasted_next = NULL;
}

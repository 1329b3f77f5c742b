// Where libedit's characters come from: made-up keys, then the terminal, with signals in between.
#include "Internal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void stop(cle_editor *editor) {
  cle_set_paste_brackets(editor, false);
  el_wset(editor->el, EL_PREP_TERM, 0);
  cle_stop();
}

// The shell that stopped us changed the terminal's mode: libedit must save and set it afresh, and
// draw the prompt on the line where the cursor now is.
static void resume(cle_editor *editor) {
  el_wset(editor->el, EL_PREP_TERM, 0);
  el_wset(editor->el, EL_PREP_TERM, 1);
  cle_set_paste_brackets(editor, true);
  fputs(editor->is_ansi ? "\r\033[J" : "\r", stdout);
  el_wset(editor->el, EL_REFRESH);
}

static void die(cle_editor *editor) {
  cle_set_paste_brackets(editor, false);
  el_wset(editor->el, EL_PREP_TERM, 0);
  putchar('\n');
  fflush(stdout);
  cle_die();
  // A handler from before ours let us live: end the line.
  editor->outcome = CLE_END_OF_FILE;
}

static void handle_events(cle_editor *editor) {
  for (;;) {
    switch (cle_next_event()) {
    case CLE_EVENT_NONE: return;
    case CLE_EVENT_RESIZE: cle_resize(editor); break;
    case CLE_EVENT_STOP: stop(editor); resume(editor); break;
    case CLE_EVENT_CONTINUE: resume(editor); break;
    case CLE_EVENT_FATAL: die(editor); break;
    case CLE_EVENT_INTERRUPT:
      // First the action key: it leaves a history search and moves the cursor to the end.
      editor->outcome = CLE_INTERRUPTED;
      editor->action = ACTION_CANCEL;
      cle_forget_paste(editor);
      return;
    }
  }
}

// One byte from the terminal; -1 if the line ends here instead.
static int get_byte(cle_editor *editor) {
  for (;;) {
    handle_events(editor);
    if (editor->outcome != CLE_LINE) return -1;
    int kept = editor->kept_byte;
    editor->kept_byte = 0;
    if (kept) return kept;
    if (cle_poll(STDIN_FILENO) < 0) continue;
    unsigned char byte;
    ssize_t count = read(STDIN_FILENO, &byte, 1);
    if (count == 1) return byte;
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    editor->outcome = CLE_END_OF_FILE;
  }
}

// One character. Invalid UTF-8 is dropped: it is a terminal that is set to another encoding.
static int get_typed(cle_editor *editor, wchar_t *character) {
  for (;;) {
    int lead = get_byte(editor);
    if (lead < 0x80) return *character = (wchar_t)lead, lead < 0 ? -1 : 1;
    if (lead < 0xc2 || lead > 0xf4) continue;
    char bytes[5] = {(char)lead};
    int length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    for (int i = 1; i < length; i++) {
      int byte = get_byte(editor);
      if (byte < 0) return -1;
      if ((byte & 0xc0) != 0x80) {
        editor->kept_byte = byte;
        break;
      }
      bytes[i] = (char)byte;
    }
    wchar_t *wide = cle_wide(bytes);
    wchar_t first = wide ? wide[0] : 0xfffd;
    free(wide);
    if (first == 0xfffd) continue;
    *character = first;
    return 1;
  }
}

int cle_get_character(EditLine *el, wchar_t *character) {
  cle_editor *editor = cle_editor_of(el);
  if (editor->action == ACTION_NONE && editor->outcome == CLE_LINE) {
    if (editor->submits) {
      editor->submits = false;
      *character = L'\n';
      return 1;
    }
    if (get_typed(editor, character) == 1) return 1;
  }
  if (editor->action == ACTION_NONE) return -1;
  *character = CLE_ACTION_KEY;
  return 1;
}

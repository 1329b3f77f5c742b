#include "Internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

cle_editor *cle_editor_of(EditLine *el) {
  void *editor = NULL;
  el_wget(el, EL_CLIENTDATA, &editor);
  return editor;
}

static wchar_t *prompt(EditLine *el) {
  static wchar_t none[] = L"> ";
  cle_editor *editor = cle_editor_of(el);
  return editor && editor->prompt ? editor->prompt : none;
}

static bool start_history(cle_editor *editor, int size) {
  HistEventW event;
  editor->history = history_winit();
  // Without a size libedit keeps nothing.
  return editor->history && history_w(editor->history, &event, H_SETSIZE, size) == 0;
}

static bool start(cle_editor *editor, const char *program, int history_size) {
  EditLine *el = editor->el = el_init(program, stdin, stdout, stderr);
  if (!el || !start_history(editor, history_size)) return false;
  el_wset(el, EL_CLIENTDATA, editor);
  el_wset(el, EL_SIGNAL, 0);
  el_wset(el, EL_EDITOR, L"emacs");
  // ^S is a key here and not the terminal's stop.
  el_wset(el, EL_SETTY, L"-d", L"-ixon", NULL);
  el_wset(el, EL_GETCFN, cle_get_character);
  el_wset(el, EL_PROMPT_ESC, prompt, L'\1');
  el_wset(el, EL_HIST, history_w, editor->history);
  return cle_bind_keys(el);
}

cle_editor *cle_create(const char *program, int history_size) {
  cle_set_locale();
  cle_editor *editor = calloc(1, sizeof *editor);
  if (!editor) return NULL;
  const char *terminal = getenv("TERM");
  editor->is_ansi = terminal && strcmp(terminal, "dumb") != 0;
  if (cle_signals_prepare() && start(editor, program, history_size)) return editor;
  cle_destroy(editor);
  return NULL;
}

void cle_destroy(cle_editor *editor) {
  if (editor->el) el_end(editor->el);
  if (editor->history) history_wend(editor->history);
  cle_forget_paste(editor);
  free(editor->prompt);
  free(editor->line);
  free(editor->insertion);
  free(editor->listing);
  free(editor);
}

void cle_history_add(cle_editor *editor, const char *line) {
  HistEventW event;
  wchar_t *wide = cle_wide(line);
  if (wide) history_w(editor->history, &event, H_ENTER, wide);
  free(wide);
}

void cle_set_completer(cle_editor *editor, cle_completer completer, void *context) {
  editor->completer = completer;
  editor->completer_context = context;
}

void cle_set_paste_brackets(cle_editor *editor, bool on) {
  if (!editor->is_ansi) return;
  fputs(on ? "\033[?2004h" : "\033[?2004l", stdout);
  fflush(stdout);
}

// What the line begins as: the next line of an unfinished paste, else `preset`.
static void prepare_text(cle_editor *editor, const char *preset, bool was_interrupted) {
  editor->action = ACTION_NONE;
  editor->submits = false;
  editor->kept_byte = 0;
  if (was_interrupted) cle_forget_paste(editor);
  if (!cle_next_pasted_line(editor)) {
    free(editor->insertion);
    editor->insertion = cle_wide(preset);
  }
  if (editor->submits || (editor->insertion && *editor->insertion)) editor->action = ACTION_INSERT;
}

static void keep_line(cle_editor *editor, const wchar_t *line, int count) {
  while (line && count > 0 && (line[count - 1] == '\n' || line[count - 1] == '\r')) count--;
  free(editor->line);
  editor->line = cle_utf8(line ? line : L"", line && count > 0 ? (size_t)count : 0);
}

cle_outcome cle_read(
    cle_editor *editor, const char *prompt_text, const char *preset, const char **line,
    size_t *length) {
  free(editor->prompt);
  editor->prompt = cle_prompt(prompt_text);
  editor->outcome = CLE_LINE;
  prepare_text(editor, preset, cle_signals_begin());

  int count = 0, rows = 0;
  cle_terminal_size(STDIN_FILENO, &editor->columns, &rows);
  // Left to itself libedit shows the prompt first, and what is typed at once is echoed twice.
  el_wset(editor->el, EL_PREP_TERM, 1);
  cle_set_paste_brackets(editor, true);
  const wchar_t *answer = el_wgets(editor->el, &count);
  cle_set_paste_brackets(editor, false);
  cle_signals_end();

  // libedit reports an interrupt as an error, as end of file or, in a search, as neither.
  if (editor->outcome == CLE_LINE && !answer) editor->outcome = CLE_END_OF_FILE;
  if (editor->outcome != CLE_LINE) {
    fputs(editor->outcome == CLE_INTERRUPTED ? "^C\n" : "\n", stdout);
    fflush(stdout);
  }
  keep_line(editor, editor->outcome == CLE_LINE ? answer : NULL, count);
  *line = editor->line;
  *length = editor->line ? strlen(editor->line) : 0;
  return editor->outcome;
}

bool cle_terminal_size(int fd, int *columns, int *rows) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return false;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return true;
}

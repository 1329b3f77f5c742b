// Editor functions of our own: completion, and what the action key does.
#include "Internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned char cle_complete(EditLine *el, int key) {
  (void)key;
  cle_editor *editor = cle_editor_of(el);
  if (!editor->completer) return CC_ERROR;
  const LineInfoW *info = el_wline(el);
  size_t cursor = (size_t)(info->cursor - info->buffer);
  char *line = cle_utf8(info->buffer, (size_t)(info->lastchar - info->buffer));
  if (!line) return CC_ERROR;
  editor->replaced = false;
  editor->completer(editor->completer_context, line, cle_utf8_length(info->buffer, cursor));
  free(line);
  if (!editor->listing) return editor->replaced ? CC_REFRESH : CC_ERROR;
  // The list goes below the last row of the line: first the cursor goes there.
  info = el_wline(el);
  editor->behind_cursor = (int)(info->lastchar - info->cursor);
  el_cursor(el, editor->behind_cursor);
  editor->action = ACTION_LIST;
  return CC_REFRESH;
}

void cle_replace(cle_editor *editor, size_t start, const char *text) {
  const LineInfoW *info = el_wline(editor->el);
  size_t cursor = (size_t)(info->cursor - info->buffer), first = cursor;
  while (first > 0 && cle_utf8_length(info->buffer, first) > start) first--;
  wchar_t *wide = cle_wide(text);
  if (!wide) return;
  el_deletestr(editor->el, (int)(cursor - first));
  if (*wide) el_winsertstr(editor->el, wide);
  free(wide);
  editor->replaced = true;
}

void cle_list(cle_editor *editor, const char *text) {
  free(editor->listing);
  editor->listing = strdup(text);
}

static unsigned char insert(cle_editor *editor) {
  wchar_t *text = editor->insertion;
  editor->insertion = NULL;
  if (text && *text) el_winsertstr(editor->el, text);
  free(text);
  return CC_REFRESH;
}

static unsigned char list(cle_editor *editor) {
  fputc('\n', stdout);
  fputs(editor->listing, stdout);
  fflush(stdout);
  free(editor->listing);
  editor->listing = NULL;
  el_cursor(editor->el, -editor->behind_cursor);
  el_wset(editor->el, EL_REFRESH);
  return CC_NORM;
}

unsigned char cle_act(EditLine *el, int key) {
  (void)key;
  cle_editor *editor = cle_editor_of(el);
  cle_action action = editor->action;
  editor->action = ACTION_NONE;
  switch (action) {
  case ACTION_NONE: return CC_NORM;
  case ACTION_INSERT: return insert(editor);
  case ACTION_LIST: return list(editor);
  case ACTION_CANCEL: {
    const LineInfoW *info = el_wline(el);
    el_cursor(el, (int)(info->lastchar - info->cursor));
    return CC_REFRESH;
  }
  }
  return CC_NORM;
}

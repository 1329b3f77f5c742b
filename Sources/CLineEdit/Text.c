// UTF-8 and wide characters, independent of the locale: in the C locale too, what was typed
// arrives unharmed (libedit then shows it as \U+00E9).
#define _GNU_SOURCE
#include "Internal.h"
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static bool names_utf8(const char *locale) {
  return locale && (strstr(locale, "UTF-8") || strstr(locale, "utf8") || strstr(locale, "UTF8"));
}

void cle_set_locale(void) {
  if (setlocale(LC_CTYPE, "")) return;
  const char *wanted = getenv("LC_ALL");
  if (!wanted || !*wanted) wanted = getenv("LC_CTYPE");
  if (!wanted || !*wanted) wanted = getenv("LANG");
  if (names_utf8(wanted)) setlocale(LC_CTYPE, "C.UTF-8");
}

bool cle_locale_is_utf8(void) { return strcmp(nl_langinfo(CODESET), "UTF-8") == 0; }

// Decodes one character of valid or invalid UTF-8 and moves past it; U+FFFD for what is invalid.
static wchar_t decode(const unsigned char **text) {
  const unsigned char *at = *text;
  unsigned lead = *at++;
  *text = at;
  if (lead < 0x80) return (wchar_t)lead;
  int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  unsigned value = lead & (0x3fu >> more);
  static const unsigned least[] = {0, 0x80, 0x800, 0x10000};
  if (lead < 0xc2 || lead > 0xf4) return 0xfffd;
  for (int i = 0; i < more; i++) {
    if ((at[i] & 0xc0) != 0x80) return 0xfffd;
    value = value << 6 | (at[i] & 0x3f);
  }
  if (value < least[more] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return 0xfffd;
  *text = at + more;
  return (wchar_t)value;
}

wchar_t *cle_wide(const char *text) {
  wchar_t *wide = calloc(strlen(text) + 1, sizeof *wide);
  if (!wide) return NULL;
  const unsigned char *at = (const unsigned char *)text;
  for (size_t i = 0; *at; i++) wide[i] = decode(&at);
  return wide;
}

static size_t encode(wchar_t character, char *out) {
  unsigned c = (unsigned)character;
  if (c == 0) return 0;
  if (c < 0x80) return out[0] = (char)c, 1;
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) c = 0xfffd;
  size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
  out[0] = (char)((0xf00u >> length & 0xff & ~(0xffu >> (length + 1))) | c);
  return length;
}

size_t cle_utf8_length(const wchar_t *text, size_t count) {
  char bytes[4];
  size_t length = 0;
  for (size_t i = 0; i < count; i++) length += encode(text[i], bytes);
  return length;
}

char *cle_utf8(const wchar_t *text, size_t count) {
  char *bytes = malloc(count * 4 + 1);
  if (!bytes) return NULL;
  size_t length = 0;
  for (size_t i = 0; i < count; i++) length += encode(text[i], bytes + length);
  bytes[length] = 0;
  return bytes;
}

size_t cle_display_width(const char *text) {
  size_t width = 0;
  const unsigned char *at = (const unsigned char *)text;
  while (*at) {
    int columns = wcwidth(decode(&at));
    width += columns < 0 ? 1 : (size_t)columns;
  }
  return width;
}

// The prompt as EL_PROMPT_ESC with \1 wants it: \1 around each run of SGR sequences, and a visible
// character at the end, without which libedit drops the last sequence.
wchar_t *cle_prompt(const char *prompt) {
  wchar_t *text = cle_wide(prompt);
  wchar_t *out = calloc(wcslen(text ? text : L"") * 3 + 2, sizeof *out);
  bool ascii = !cle_locale_is_utf8(), escaped = false;
  size_t n = 0;
  for (const wchar_t *at = text; out && at && *at; at++) {
    if (at[0] == 033 && at[1] == '[') {
      size_t length = 2 + wcsspn(at + 2, L"0123456789;");
      if (at[length] != 'm') continue;
      if (!escaped) out[n++] = 1;
      wmemcpy(out + n, at, length + 1);
      n += length + 1;
      at += length;
      escaped = true;
      continue;
    }
    if (*at < 0x20 || *at == 0x7f) continue;
    if (escaped) out[n++] = 1;
    escaped = false;
    out[n++] = ascii && *at > 0x7e ? L'?' : *at;
  }
  if (escaped) out[n++] = 1, out[n++] = L' ';
  free(text);
  return out;
}

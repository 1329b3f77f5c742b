#include "Internal.h"

// Keys that libedit's emacs mode lacks or has elsewhere, as terminals send them.
static const struct {
  const wchar_t *key;
  const wchar_t *function;
} bindings[] = {
    {L"^I", L"ringside-complete"},
    {CLE_ACTION_KEY_NAME, L"ringside-act"},
    {L"\\e[200~", L"ringside-paste"},

    {L"\\e[H", L"ed-move-to-beg"},   // Home
    {L"\\eOH", L"ed-move-to-beg"},
    {L"\\e[1~", L"ed-move-to-beg"},
    {L"\\e[7~", L"ed-move-to-beg"},
    {L"\\e[F", L"ed-move-to-end"},   // End
    {L"\\eOF", L"ed-move-to-end"},
    {L"\\e[4~", L"ed-move-to-end"},
    {L"\\e[8~", L"ed-move-to-end"},
    {L"\\e[3~", L"ed-delete-next-char"},
    {L"\\e[1;5C", L"em-next-word"},  // Ctrl and an arrow
    {L"\\e[1;5D", L"ed-prev-word"},
    {L"\\e[5C", L"em-next-word"},
    {L"\\e[5D", L"ed-prev-word"},
    {L"\\eOc", L"em-next-word"},
    {L"\\eOd", L"ed-prev-word"},
    {L"\\e[1;3C", L"em-next-word"},  // Alt and an arrow
    {L"\\e[1;3D", L"ed-prev-word"},

    {L"^R", L"em-inc-search-prev"},
    {L"^S", L"em-inc-search-next"},
    {L"^W", L"ed-delete-prev-word"},
    {L"^L", L"ed-clear-screen"},
};

bool cle_bind_keys(EditLine *el) {
  el_wset(el, EL_ADDFN, L"ringside-complete", L"Complete the word", cle_complete);
  el_wset(el, EL_ADDFN, L"ringside-act", L"Do what is pending", cle_act);
  el_wset(el, EL_ADDFN, L"ringside-paste", L"Insert pasted text", cle_paste);
  bool bound = true;
  for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++) {
    const wchar_t *key = bindings[i].key, *function = bindings[i].function;
    bound &= el_wset(el, EL_BIND, key, function, NULL) == 0;
  }
  // In the C locale libedit takes these for keys with Meta, and drops them.
  for (wchar_t c = 0xa0; c <= 0xff; c++) {
    wchar_t key[] = {c, 0};
    bound &= el_wset(el, EL_BIND, key, L"ed-insert", NULL) == 0;
  }
  return bound;
}

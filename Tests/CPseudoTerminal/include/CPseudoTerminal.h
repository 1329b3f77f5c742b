// Pseudo-terminals for the tests: <stdlib.h> hides these calls from Swift.
#pragma once
#include <stdbool.h>
#include <stddef.h>

// The controlling side of a new pseudo-terminal, or -errno. Writes the other side's path to `name`.
int cpty_open(char *_Nonnull name, size_t size);
bool cpty_resize(int fd, int columns, int rows);

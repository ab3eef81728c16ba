/* names.h - names of modules as the kernel keeps them. */
#ifndef PS_DUMP_NAMES_H
#define PS_DUMP_NAMES_H

#include "base/arena.h"

#include <stdint.h>

/* No name or path of a module has more characters. */
enum { PS_NAME_UNITS = 260 };

/* UTF-16 up to a zero as UTF-8 in the arena; what is not printable or half a pair is '?'.  At most
 * PS_NAME_UNITS are taken.  NULL when memory is out. */
const char *ps_keep_name(ps_arena *arena, const uint8_t *units, size_t count);

/* What is behind the last slash or backslash. */
const char *ps_base_name(const char *path);

#endif

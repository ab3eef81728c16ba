/* strings.h - text that the kernel keeps. */
#ifndef PS_DUMP_STRINGS_H
#define PS_DUMP_STRINGS_H

#include "dump/kernel.h"

/* A UNICODE_STRING as UTF-8 in the container's arena; "" where its characters are not in the dump.
 * NULL only when memory is out. */
const char *ps_read_string(ps_kernel *kernel, uint64_t address);

#endif

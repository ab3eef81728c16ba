/* error.h - how the core says no. */
#ifndef PS_BASE_ERROR_H
#define PS_BASE_ERROR_H

#include "poolsleuth.h"

/* Fill err (if any) and return false, so that callers can write `return ps_fail(...)`.  The
 * message starts in lower case, names the thing, gives the numbers and has no full stop. */
bool ps_fail(ps_error *err, ps_status code, uint64_t offset, const char *format, ...)
    PS_PRINTF(4, 5);

/* The one message for a failed allocation. */
bool ps_fail_memory(ps_error *err);

#endif

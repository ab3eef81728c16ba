/* error.c - fill in a ps_error. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

bool ps_fail(ps_error *err, ps_status code, uint64_t offset, const char *format, ...)
{
    if (err != NULL) {
        va_list arguments;
        err->code = code;
        err->offset = offset;
        va_start(arguments, format);
        (void)vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
    }
    return false;
}

bool ps_fail_memory(ps_error *err) { return ps_fail(err, PS_ENOMEM, PS_NOWHERE, "out of memory"); }

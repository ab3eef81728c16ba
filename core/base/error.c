/* error.c - fill in a ps_error. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One line, as names in the message may not be, and no half of a character where it was cut. */
static void tidy(char *text, bool is_cut)
{
    char *end = text + strlen(text);

    for (char *c = text; c < end; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = ' ';
    if (!is_cut)
        return;
    while (end > text && ((unsigned char)end[-1] & 0xC0) == 0x80)
        end--;
    if (end > text && (unsigned char)end[-1] >= 0xC0)
        end[-1] = '\0';
}

bool ps_fail(ps_error *err, ps_status code, uint64_t offset, const char *format, ...)
{
    if (err != NULL) {
        va_list arguments;
        int length;
        err->code = code;
        err->offset = offset;
        va_start(arguments, format);
        length = vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
        tidy(err->text, length < 0 || (size_t)length >= sizeof err->text);
    }
    return false;
}

bool ps_fail_memory(ps_error *err) { return ps_fail(err, PS_ENOMEM, PS_NOWHERE, "out of memory"); }

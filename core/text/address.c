/* address.c - hexadecimal numbers as debuggers print them. */
#include "text/address.h"

enum { MOST_DIGITS = 16 };

bool ps_take_address(ps_span *span, uint64_t *address)
{
    size_t digits = 0;

    *address = 0;
    (void)ps_take_text(span, "0x");
    for (; span->at < span->end && !ps_is_blank(*span->at); span->at++) {
        const int digit = ps_hex_digit(*span->at);
        if (*span->at == '`' && digits == 8)
            continue;
        if (digit < 0 || digits == MOST_DIGITS)
            return false;
        *address = *address << 4 | (uint64_t)digit;
        digits++;
    }
    return digits == 8 || digits == MOST_DIGITS;
}

bool ps_take_hex(ps_span *span, uint64_t *value)
{
    const ps_span before = *span;
    size_t digits = 0;

    *value = 0;
    (void)ps_take_text(span, "0x");
    for (; span->at < span->end && ps_hex_digit(*span->at) >= 0 && digits <= MOST_DIGITS; digits++)
        *value = *value << 4 | (uint64_t)ps_hex_digit(*span->at++);
    if (digits > 0 && digits <= MOST_DIGITS)
        return true;
    *span = before;
    return false;
}

/* decimal.c - numbers with a decimal point or comma.
 *
 * The last separator is the point, unless it stands more than once.  Alone and with three digits
 * behind it, it may as well be one of thousands.
 */
#include "text/decimal.h"

#include <string.h>

enum { DIGITS = 15, SEPARATORS = 6 };

typedef struct separator {
    char c;
    size_t digits; /* behind it, up to the next one */
} separator;

typedef struct parts {
    char digits[DIGITS + 1];
    size_t count, separator_count;
    size_t first; /* digits before the first separator */
    separator separators[SEPARATORS];
} parts;

static bool is_separator(ps_span at)
{
    return at.end - at.at > 1 && strchr(".,\'", *at.at) != NULL && ps_is_digit(at.at[1]);
}

static bool take_parts(ps_span *at, parts *found)
{
    *found = (parts){0};
    for (; at->at < at->end; at->at++) {
        if (ps_is_digit(*at->at)) {
            if (found->count == DIGITS)
                return false;
            found->digits[found->count++] = *at->at;
            if (found->separator_count == 0)
                found->first++;
            else
                found->separators[found->separator_count - 1].digits++;
        } else if (is_separator(*at) && found->count > 0) {
            if (found->separator_count == SEPARATORS)
                return false;
            found->separators[found->separator_count++] = (separator){*at->at, 0};
        } else {
            break;
        }
    }
    return found->count > 0;
}

/* All separators but the last are of thousands, and the same. */
static bool thousands_hold(const parts *found, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (found->separators[i].digits != 3 || found->separators[i].c != found->separators[0].c)
            return false;
    return count == 0 || (found->first > 0 && found->first <= 3);
}

bool ps_scan_decimal(ps_span *at, ps_decimal *decimal)
{
    parts found;
    const separator *last;
    size_t behind = 0;

    *decimal = (ps_decimal){.scale = 1};
    if (!take_parts(at, &found))
        return false;
    if (found.separator_count > 0) {
        const size_t others = found.separator_count - 1;
        last = &found.separators[others];
        if (others > 0 && last->c == found.separators[0].c) {
            if (!thousands_hold(&found, found.separator_count))
                return false;
        } else {
            if (!thousands_hold(&found, others) || last->c == '\'')
                return false;
            decimal->point = last->c;
            behind = last->digits;
            decimal->ambiguous =
                others == 0 && behind == 3 && found.first <= 3 && found.digits[0] != '0';
        }
    }
    for (size_t i = 0; i < found.count; i++) {
        uint64_t *part = i + behind < found.count ? &decimal->whole : &decimal->fraction;
        *part = *part * 10 + (uint64_t)(found.digits[i] - '0');
        decimal->scale *= i + behind < found.count ? 1 : 10;
    }
    return true;
}

void ps_decimal_as_thousands(ps_decimal *decimal)
{
    decimal->whole = decimal->whole * decimal->scale + decimal->fraction;
    decimal->fraction = 0;
    decimal->scale = 1;
    decimal->point = 0;
    decimal->ambiguous = false;
}

bool ps_decimal_to_integer(const ps_decimal *decimal, int shift, int64_t *value)
{
    const long double exact = ((long double)decimal->whole +
                               (long double)decimal->fraction / (long double)decimal->scale) *
                              (long double)(UINT64_C(1) << shift);

    if (exact >= 9e18L)
        return false;
    *value = (int64_t)(exact + 0.5L);
    return true;
}

/* der.c - ASN.1 in its distinguished encoding. */
#include "pe/der.h"

#include <string.h>

static void mark_bad(ps_reader *r)
{
    if (r->bad_at == PS_NOWHERE)
        r->bad_at = r->base;
}

/* Up to four bytes of length; the indefinite form is none of this encoding's. */
static bool take_length(ps_reader *r, size_t *length)
{
    const uint8_t first = ps_u8(r);
    uint32_t value = 0;

    *length = first;
    if (first < 0x80)
        return ps_reader_good(r);
    if (first == 0x80 || first > 0x84) {
        mark_bad(r);
        return false;
    }
    for (int i = 0; i < (first & 0x7f); i++)
        value = value << 8 | ps_u8(r);
    *length = value;
    return ps_reader_good(r);
}

/* item may be the one whose body r is: it is written last. */
bool ps_der_next(ps_reader *r, ps_der *item)
{
    ps_der found = {.whole = {r->at, 0}};
    const uint8_t *body;
    size_t length;

    if (!ps_reader_good(r) || r->left == 0)
        return false;
    found.tag = ps_u8(r);
    if ((found.tag & 0x1f) == 0x1f) {
        mark_bad(r);
        return false;
    }
    if (!take_length(r, &length))
        return false;
    found.body.base = r->base;
    body = ps_take(r, length);
    if (body == NULL)
        return false;
    found.body = ps_reader_of(body, length, found.body.base);
    found.whole.size = (size_t)(r->at - found.whole.data);
    *item = found;
    return true;
}

bool ps_der_take(ps_reader *r, uint8_t tag, ps_der *item)
{
    if (ps_der_maybe(r, tag, item))
        return true;
    mark_bad(r);
    return false;
}

bool ps_der_maybe(ps_reader *r, uint8_t tag, ps_der *item)
{
    if (!ps_reader_good(r) || r->left == 0 || *r->at != tag)
        return false;
    return ps_der_next(r, item);
}

bool ps_oid_is(ps_bytes oid, const char *encoded)
{
    const size_t size = strlen(encoded);

    return oid.size == size && memcmp(oid.data, encoded, size) == 0;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t days_to(int64_t year, int64_t month, int64_t day)
{
    const int64_t y = month <= 2 ? year - 1 : year; /* years begin in March */
    const int64_t m = month <= 2 ? month + 9 : month - 3;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool take_two(ps_reader *r, int64_t least, int64_t most, int64_t *value)
{
    const uint8_t *digits = ps_take(r, 2);

    *value = -1;
    if (digits == NULL || digits[0] < '0' || digits[0] > '9' || digits[1] < '0' || digits[1] > '9')
        return false;
    *value = (digits[0] - '0') * 10 + digits[1] - '0';
    return *value >= least && *value <= most;
}

int64_t ps_der_time(const ps_der *item)
{
    ps_reader r = item->body;
    int64_t century;
    int64_t year;
    int64_t month;
    int64_t day;
    int64_t hour;
    int64_t minute;
    int64_t second;

    if (item->tag != PS_DER_UTC_TIME && item->tag != PS_DER_TIME)
        return PS_NO_TIME;
    if (item->tag == PS_DER_TIME && !take_two(&r, 0, 99, &century))
        return PS_NO_TIME;
    if (!take_two(&r, 0, 99, &year) || !take_two(&r, 1, 12, &month) || !take_two(&r, 1, 31, &day) ||
        !take_two(&r, 0, 23, &hour) || !take_two(&r, 0, 59, &minute))
        return PS_NO_TIME;
    if (!take_two(&r, 0, 60, &second))
        second = 0;
    if (item->tag == PS_DER_UTC_TIME)
        century = year >= 50 ? 19 : 20;
    year += century * 100;
    return days_to(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
}

/* amounts.c - the number in a cell: grouped, with a unit, with a fraction, in hex. */
#include "text/amounts.h"

#include <string.h>

/* Digits behind the decimal sign that count: a fraction of 2^40 is then right to a byte. */
enum { FRACTION_DIGITS = 12, LARGEST_SHIFT = 40 };

typedef struct fraction {
    uint64_t digits, scale; /* digits / scale */
} fraction;

static bool is_mark(char c) { return c == '.' || c == ','; }

static bool is_unknown(ps_span cell)
{
    static const char *const words[] = {"-",    "--",      "N/A", "n/a",
                                        "null", "unknown", "?",   "\xE2\x80\x93"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (ps_word_is(cell, words[i]))
            return true;
    return cell.at == cell.end;
}

static ps_amount_result read_hex(ps_span cell, uint64_t *size)
{
    *size = 0;
    if (cell.at == cell.end)
        return PS_AMOUNT_BAD;
    for (; cell.at < cell.end; cell.at++) {
        const int digit = ps_hex_digit(*cell.at);
        if (digit < 0)
            return PS_AMOUNT_BAD;
        if (*size >> 60 != 0)
            return PS_AMOUNT_BIG;
        *size = *size << 4 | (uint64_t)digit;
    }
    return PS_AMOUNT_OK;
}

/* The unit behind a number, "MB" or "kB" or "B"; -1 if there is another word. */
static int shift_of_unit(ps_span unit)
{
    static const struct {
        const char *name;
        int shift;
    } units[] = {{"B", 0},    {"byte", 0}, {"bytes", 0}, {"K", 10},   {"KB", 10},
                 {"KiB", 10}, {"M", 20},   {"MB", 20},   {"MiB", 20}, {"G", 30},
                 {"GB", 30},  {"GiB", 30}, {"TB", 40},   {"TiB", 40}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (ps_word_is(unit, units[i].name))
            return units[i].shift;
    return -1;
}

/* The unit goes from the end of the cell. */
static bool take_unit(ps_span *cell, int *shift)
{
    const char *at = cell->end;

    *shift = 0;
    while (at > cell->at && ((unsigned char)at[-1] | 0x20) >= 'a' &&
           ((unsigned char)at[-1] | 0x20) <= 'z')
        at--;
    if (at == cell->end)
        return true;
    *shift = shift_of_unit((ps_span){at, cell->end});
    *cell = ps_trim((ps_span){cell->at, at});
    while (cell->end - cell->at >= 2 && memcmp(cell->end - 2, "\xC2\xA0", 2) == 0)
        cell->end -= 2;
    return *shift >= 0;
}

/* Blanks that group thousands become what the scanner knows. */
static ps_number scan_whole(ps_span span, uint64_t *value)
{
    char digits[64];
    size_t count = 0;
    ps_number scan;

    if (span.at == span.end || memchr(span.at, ' ', (size_t)(span.end - span.at)) == NULL) {
        scan = ps_scan_unsigned(&span, value);
        return scan == PS_SCAN_OK && span.at < span.end ? PS_SCAN_NONE : scan;
    }
    for (; span.at < span.end && count < sizeof digits; span.at++)
        digits[count++] = (char)(*span.at == ' ' ? '\'' : *span.at);
    if (span.at < span.end)
        return PS_SCAN_NONE;
    span = (ps_span){digits, digits + count};
    scan = ps_scan_unsigned(&span, value);
    return scan == PS_SCAN_OK && span.at < span.end ? PS_SCAN_NONE : scan;
}

/* The last '.' or ',' of the cell, if only digits stand behind it; NULL if there is none. */
static const char *last_mark(ps_span cell)
{
    const char *at = cell.end;

    while (at > cell.at && ps_is_digit(at[-1]))
        at--;
    if (at == cell.end || at == cell.at || !is_mark(at[-1]))
        return NULL;
    return at - 1;
}

static fraction fraction_of(const char *at, const char *end)
{
    fraction part = {0, 1};

    for (int i = 0; at < end && i < FRACTION_DIGITS; i++, at++) {
        part.digits = part.digits * 10 + (uint64_t)(*at - '0');
        part.scale *= 10;
    }
    return part;
}

/* part of 2^shift, to the nearest: scale is at most 10^12 < 2^40, so two steps of 20 bits do. */
static uint64_t part_of(fraction part, int shift)
{
    uint64_t left = part.digits;
    uint64_t sum = 0;

    for (int done = 0; done < shift; done += 10) {
        left <<= 10;
        sum = sum << 10 | left / part.scale;
        left %= part.scale;
    }
    return sum + (left * 2 >= part.scale && left > 0 ? 1 : 0);
}

/* 1.5, 1.234,5: mark is the decimal sign. */
static ps_amount_result read_fraction(ps_span cell, const char *mark, int shift, uint64_t *size)
{
    const ps_span whole = {cell.at, mark};
    const fraction part = fraction_of(mark + 1, cell.end);
    uint64_t value, rest;

    if (memchr(whole.at, *mark, (size_t)(mark - whole.at)) != NULL ||
        scan_whole(whole, &value) != PS_SCAN_OK)
        return PS_AMOUNT_BAD;
    if (shift == 0 && part.digits != 0)
        return PS_AMOUNT_FRACTION;
    rest = part_of(part, shift);
    if (value > (UINT64_MAX - rest) >> shift)
        return PS_AMOUNT_BIG;
    *size = (value << shift) + rest;
    return PS_AMOUNT_OK;
}

static ps_amount_result read_whole(uint64_t value, int shift, uint64_t *size)
{
    if (value > UINT64_MAX >> shift)
        return PS_AMOUNT_BIG;
    *size = value << shift;
    return PS_AMOUNT_OK;
}

static bool is_lone(ps_span cell, const char *mark)
{
    for (const char *at = cell.at; at < cell.end; at++)
        if (at != mark && !ps_is_digit(*at))
            return false;
    return true;
}

/* A number with a unit may have a fraction, one without cannot. */
static ps_amount_result read_digits(ps_span cell, int shift, char *decimal, uint64_t *size)
{
    const char *mark = last_mark(cell);
    uint64_t value;
    const ps_number scan = scan_whole(cell, &value);
    ps_amount_result result;

    if (scan == PS_SCAN_BIG)
        return PS_AMOUNT_BIG;
    if (scan == PS_SCAN_OK && (mark == NULL || shift == 0))
        return read_whole(value, shift, size);
    if (scan == PS_SCAN_OK && is_lone(cell, mark)) {
        if (*decimal == 0)
            return PS_AMOUNT_AMBIGUOUS;
        return *mark == *decimal ? read_fraction(cell, mark, shift, size)
                                 : read_whole(value, shift, size);
    }
    if (scan == PS_SCAN_OK)
        return read_whole(value, shift, size);
    if (mark == NULL || (*decimal != 0 && *mark != *decimal))
        return PS_AMOUNT_BAD;
    result = read_fraction(cell, mark, shift, size);
    if (result == PS_AMOUNT_OK)
        *decimal = *mark;
    return result;
}

ps_amount_result ps_read_amount(ps_span cell, int shift, char *decimal, ps_amount *amount)
{
    int unit;

    *amount = (ps_amount){0};
    cell = ps_trim(cell);
    if (is_unknown(cell))
        return PS_AMOUNT_EMPTY;
    if (ps_take_text(&cell, "0x"))
        return read_hex(cell, &amount->size);
    amount->negative = *cell.at == '-';
    if (*cell.at == '-' || *cell.at == '+')
        cell.at++;
    cell = ps_trim(cell);
    if (!take_unit(&cell, &unit) || cell.at == cell.end)
        return PS_AMOUNT_BAD;
    if (unit > 0)
        shift = unit;
    if (shift > LARGEST_SHIFT)
        return PS_AMOUNT_BAD;
    amount->rounded = shift > 0;
    return read_digits(cell, shift, decimal, &amount->size);
}

const char *ps_amount_reason(ps_amount_result result)
{
    static const char *const reasons[] = {
        [PS_AMOUNT_OK] = "is read",
        [PS_AMOUNT_EMPTY] = "is missing",
        [PS_AMOUNT_BAD] = "is no number",
        [PS_AMOUNT_BIG] = "does not fit in 64 bits",
        [PS_AMOUNT_FRACTION] = "has a fraction where only whole numbers can be",
        [PS_AMOUNT_AMBIGUOUS] = "may have a fraction or thousands behind its point",
    };

    return reasons[result];
}

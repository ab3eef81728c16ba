/* numbers.c - scan numbers and words of a line. */
#include "text/numbers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SAFE_DIGITS = 19 }; /* always fit in 64 bits */

void ps_skip_wide_blanks(ps_span *span)
{
    while (span->at < span->end) {
        const unsigned char *at = (const unsigned char *)span->at;
        const size_t left = (size_t)(span->end - span->at);
        if (at[0] == 0xA0 || ps_is_blank(*span->at))
            span->at++;
        else if (left >= 2 && at[0] == 0xC2 && at[1] == 0xA0)
            span->at += 2;
        else if (left >= 3 && at[0] == 0xE2 && at[1] == 0x80 && at[2] == 0xAF)
            span->at += 3;
        else
            return;
    }
}

ps_span ps_trim(ps_span span)
{
    ps_skip_blanks(&span);
    while (span.end > span.at && ps_is_blank(span.end[-1]))
        span.end--;
    return span;
}

/* Continue value by the digits at the span; their number comes back. */
static size_t take_digits(ps_span *span, uint64_t *value, bool *big)
{
    const char *start = span->at;
    uint64_t sum = *value;

    while (span->at < span->end && ps_is_digit(*span->at)) {
        const uint64_t digit = (uint64_t)(*span->at - '0');
        if (sum > (UINT64_MAX - digit) / 10)
            *big = true;
        sum = sum * 10 + digit;
        span->at++;
    }
    *value = sum;
    return (size_t)(span->at - start);
}

/* The thousands separator at the span, if a digit stands behind it: its length, else 0. */
static size_t separator_length(ps_span span)
{
    static const char *const separators[] = {
        ",", ".", "'", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x99", "\xA0"};

    for (size_t i = 0; i < sizeof separators / sizeof separators[0]; i++) {
        const size_t length = strlen(separators[i]);
        if ((size_t)(span.end - span.at) > length && memcmp(span.at, separators[i], length) == 0)
            return ps_is_digit(span.at[length]) ? length : 0;
    }
    return 0;
}

static bool same_separator(ps_span span, const char *first, size_t length)
{
    return separator_length(span) == length && memcmp(span.at, first, length) == 0;
}

/* Groups of three digits behind the first; false if some have not three. */
static bool take_groups(ps_span *span, size_t length, uint64_t *value, bool *big)
{
    const char *separator = span->at;

    while (same_separator(*span, separator, length)) {
        span->at += length;
        if (take_digits(span, value, big) != 3)
            return false;
    }
    return separator_length(*span) == 0;
}

ps_number ps_scan_unsigned(ps_span *span, uint64_t *value)
{
    const char *start = span->at;
    const char *safe = span->end - start > SAFE_DIGITS ? start + SAFE_DIGITS : span->end;
    const char *at = start;
    size_t separator;
    bool big = false;

    *value = 0;
    while (at < safe && ps_is_digit(*at))
        *value = *value * 10 + (uint64_t)(*at++ - '0');
    span->at = at;
    if (at == start)
        return PS_SCAN_NONE;
    if (at == span->end || *at == ' ')
        return PS_SCAN_OK;
    (void)take_digits(span, value, &big);
    separator = separator_length(*span);
    if (separator > 0 && (span->at - start > 3 || !take_groups(span, separator, value, &big)))
        return PS_SCAN_GROUPS;
    return big ? PS_SCAN_BIG : PS_SCAN_OK;
}

ps_number ps_scan_signed(ps_span *span, int64_t *value)
{
    const bool negative = span->at < span->end && *span->at == '-';
    uint64_t size;
    ps_number scan;

    if (span->at < span->end && (*span->at == '-' || *span->at == '+'))
        span->at++;
    scan = ps_scan_unsigned(span, &size);
    *value = 0;
    if (scan != PS_SCAN_OK)
        return scan;
    if (size > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return PS_SCAN_BIG;
    if (size > (uint64_t)INT64_MAX)
        *value = INT64_MIN;
    else
        *value = negative ? -(int64_t)size : (int64_t)size;
    return PS_SCAN_OK;
}

bool ps_scan_hex(ps_span *span, uint64_t *value)
{
    ps_span at = *span;
    const bool prefixed = at.end - at.at > 2 && at.at[0] == '0' && (at.at[1] | 0x20) == 'x';
    size_t digits = 0;

    *value = 0;
    at.at += prefixed ? 2 : 0;
    for (; at.at < at.end && ps_hex_digit(*at.at) >= 0; at.at++, digits++)
        *value = *value << 4 | (uint64_t)ps_hex_digit(*at.at);
    if (digits == 0 || digits > 16)
        return false;
    if (!prefixed && (at.at == at.end || (*at.at++ | 0x20) != 'h'))
        return false;
    if (at.at < at.end && !ps_is_blank(*at.at) && *at.at != '(' && *at.at != ')')
        return false;
    span->at = at.at;
    return true;
}

static char lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

bool ps_take_letters(ps_span *span, const char *literal)
{
    const char *at = span->at;

    for (; *literal != '\0'; literal++, at++)
        if (at == span->end || lower(*at) != lower(*literal))
            return false;
    span->at = at;
    return true;
}

bool ps_word_starts(ps_span span, const char *literal) { return ps_take_text(&span, literal); }

bool ps_literal_starts(const char *literal, ps_span span)
{
    for (; span.at < span.end; span.at++, literal++)
        if (*literal == '\0' || lower(*literal) != lower(*span.at))
            return false;
    return true;
}

/* The next place of c, or the end. */
static const char *find(ps_span span, char c)
{
    const char *found =
        span.at == span.end ? NULL : memchr(span.at, c, (size_t)(span.end - span.at));

    return found == NULL ? span.end : found;
}

bool ps_contains(ps_span span, const char *literal)
{
    const char small = lower(*literal);
    const char capital = (char)(small >= 'a' && small <= 'z' ? small - 'a' + 'A' : small);
    const char *first = find(span, small);
    const char *second = capital == small ? span.end : find(span, capital);

    while (first < span.end || second < span.end) {
        const char *at = first < second ? first : second;
        const ps_span behind = {at + 1, span.end};
        if (ps_word_starts((ps_span){at, span.end}, literal))
            return true;
        if (at == first)
            first = find(behind, small);
        else
            second = find(behind, capital);
    }
    return false;
}

ps_span ps_next_word(ps_span *span)
{
    ps_span word;

    ps_skip_blanks(span);
    word = (ps_span){span->at, span->at};
    while (word.end < span->end && !ps_is_blank(*word.end))
        word.end++;
    span->at = word.end;
    return word;
}

void ps_join(char *out, size_t room, const char *first, const char *second, const char *third)
{
    const char *const parts[] = {first, second, third};
    size_t at = 0;

    for (size_t i = 0; i < 3; i++)
        for (const char *from = parts[i]; *from != '\0' && at + 1 < room; from++)
            out[at++] = *from;
    out[at] = '\0';
}

void ps_group_digits(uint64_t value, char text[32])
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, value);
    size_t out = 0;

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[out++] = ',';
        text[out++] = digits[i];
    }
    text[out] = '\0';
}

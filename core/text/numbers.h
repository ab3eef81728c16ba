/* numbers.h - numbers and words as text evidence prints them. */
#ifndef PS_TEXT_NUMBERS_H
#define PS_TEXT_NUMBERS_H

#include "poolsleuth.h"

/* A span of a line that is being read. */
typedef struct ps_span {
    const char *at, *end;
} ps_span;

typedef enum ps_number {
    PS_SCAN_OK,
    PS_SCAN_NONE,   /* no digit here */
    PS_SCAN_BIG,    /* more than 64 bits */
    PS_SCAN_GROUPS, /* thousands separators stand where no thousands end */
} ps_number;

static inline bool ps_is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static inline bool ps_is_digit(char c) { return c >= '0' && c <= '9'; }

/* The value of a hexadecimal digit in either case; -1 where it is none. */
static inline int ps_hex_digit(char c)
{
    const char low = (char)(c | 0x20);

    if (ps_is_digit(c))
        return c - '0';
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* At most limit characters from the beginning of the span. */
static inline ps_span ps_first(ps_span span, size_t limit)
{
    if ((size_t)(span.end - span.at) > limit)
        span.end = span.at + limit;
    return span;
}

/* The rest of ps_skip_blanks, for no-break blanks. */
void ps_skip_wide_blanks(ps_span *span);

/* Blanks, tabs and the no-break blanks of web pages. */
static inline void ps_skip_blanks(ps_span *span)
{
    while (span->at < span->end && ps_is_blank(*span->at))
        span->at++;
    if (span->at < span->end && ((unsigned char)*span->at & 0x80) != 0)
        ps_skip_wide_blanks(span);
}

/* Without blanks at both ends. */
ps_span ps_trim(ps_span span);

/* An unsigned number, its thousands grouped by ',', '.', '\'' or a no-break blank or not at all. */
ps_number ps_scan_unsigned(ps_span *span, uint64_t *value);

/* The same with a sign before it. */
ps_number ps_scan_signed(ps_span *span, int64_t *value);

/* "0x1f", "1Fh": a hexadecimal number that says so, up to a blank or a parenthesis. */
bool ps_scan_hex(ps_span *span, uint64_t *value);

/* The rest of ps_take_text. */
bool ps_take_letters(ps_span *span, const char *literal);

/* Could the character be the first of the literal?  Letters differ in one bit from their capitals. */
static inline bool ps_may_begin(char c, const char *literal)
{
    return ((c ^ *literal) & ~0x20) == 0;
}

/* Take a literal, letters compared without case; false leaves the span as it was. */
static inline bool ps_take_text(ps_span *span, const char *literal)
{
    return span->at < span->end && ps_may_begin(*span->at, literal) &&
           ps_take_letters(span, literal);
}

/* Does the span begin with the literal, or the literal with the span?  Letters without case. */
bool ps_word_starts(ps_span span, const char *literal);
bool ps_literal_starts(const char *literal, ps_span span);

/* Does the span hold the literal anywhere? */
bool ps_contains(ps_span span, const char *literal);

/* The next run of characters that are not blank; empty at the end. */
ps_span ps_next_word(ps_span *span);

/* Equal to the literal without regard to case. */
static inline bool ps_word_is(ps_span word, const char *literal)
{
    return ps_take_text(&word, literal) && word.at == word.end;
}

/* Three strings, one behind the other, cut where the room ends. */
void ps_join(char *out, size_t room, const char *first, const char *second, const char *third);

/* The value in decimal digits, thousands grouped by commas; 27 characters at most. */
void ps_group_digits(uint64_t value, char text[32]);

#endif

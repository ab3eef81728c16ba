/* prefix.h - what a log, a pager or a list puts before each line: a time, a number, a bullet. */
#ifndef PS_TEXT_PREFIX_H
#define PS_TEXT_PREFIX_H

#include "text/lines.h"
#include "text/numbers.h"

enum { PS_PREFIX_LIMIT = 120 };

/* The prefix of the lines that are being read, as one of them has it. */
typedef struct ps_prefix {
    char text[PS_PREFIX_LIMIT];
    size_t size; /* 0 while there is none */
} ps_prefix;

/* Does a beginning of some table stand in the line behind what may be a prefix?  Its length. */
size_t ps_prefix_guess(ps_span line);

void ps_prefix_keep(ps_prefix *prefix, ps_span text);

/* Length of the line's prefix if it has the shape of the one that is kept: other numbers and words,
 * the same signs between them.  0 if not. */
size_t ps_prefix_length(const ps_prefix *prefix, ps_span line);

/* The time in a prefix. */
bool ps_prefix_time(ps_span text, int64_t *seconds);

#endif

/* pending.h - a row that a narrow window or a mail broke over several lines. */
#ifndef PS_TEXT_PENDING_H
#define PS_TEXT_PENDING_H

#include "text/lines.h"
#include "text/numbers.h"

enum { PS_PENDING_LIMIT = 512 };

/* The beginning of the row, which outlives its line. */
typedef struct ps_pending {
    char text[PS_PENDING_LIMIT];
    size_t size; /* 0 while nothing is pending */
    size_t lines;
    ps_line line; /* of its first line: number, offset, end */
} ps_pending;

/* A row in the making and what comes behind it, as one line. */
typedef struct ps_joined {
    char text[2 * PS_PENDING_LIMIT + 1];
    ps_line line;
} ps_joined;

/* Keep the line; false if it is too long for a row that is broken. */
bool ps_pending_keep(ps_pending *pending, const ps_line *line);

/* What is pending, as a line of its own. */
ps_line ps_pending_line(const ps_pending *pending);

/* The pending text with the line behind it.  glued: nothing between them, as where a window's edge
 * parted a number; false then if a blank is there anyway, or if both are too long. */
bool ps_pending_join(const ps_pending *pending, const ps_line *next, bool glued, ps_joined *joined);

/* The joined text is what is pending now. */
bool ps_pending_extend(ps_pending *pending, const ps_joined *joined);

#endif

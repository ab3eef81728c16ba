/* poolused_row.h - a line as a row of !poolused: its tag, its numbers, and where these stand. */
#ifndef PS_TEXT_POOLUSED_ROW_H
#define PS_TEXT_POOLUSED_ROW_H

#include "text/debugger.h"

enum { PS_SIDES_OF_ROW = 2 };

typedef struct ps_pool_side {
    uint64_t allocs, frees;
    int64_t diff, used;
} ps_pool_side;

/* A row in parts. */
typedef struct ps_pooled {
    ps_pool_side sides[PS_SIDES_OF_ROW]; /* nonpaged, paged */
    ps_span description;
    bool aligned;   /* each number ends where its heading ends */
    bool full;      /* a number fills its column: one that was too wide would, less a digit */
    bool placed;    /* aligned, none was cut to be so, and none fills its column */
    bool misplaced; /* one ends before its heading, or behind it although it has room */
    bool touching;  /* the description begins right behind the last number */
    bool open;      /* the numbers end with the line */
    size_t numbers; /* that were read before the row ended or turned out to be none */
} ps_pooled;

/* The headings of the line, as far as a cut line has them. */
bool ps_poolused_headings(ps_span line, ps_poolused_layout *layout);

/* The numbers behind the tag; line is where columns are counted from. */
bool ps_poolused_scan(ps_debugger *debugger, ps_span at, const char *line, ps_pooled *row);

/* Tag and numbers.  Both readings of "Io 1 344 2 384" make sense of some row: the numbers decide, and
 * if they cannot, the columns do and the tag is ambiguous. */
bool ps_poolused_read(ps_debugger *debugger, ps_span line, ps_span *tag, ps_pooled *row,
                      bool *ambiguous);

/* Could these be counts and bytes of a pool?  Each allocation takes some bytes. */
bool ps_poolused_is_plausible(const ps_pooled *row);

/* The same, and what the columns of flag 1 say of each other. */
bool ps_poolused_is_proved(const ps_pooled *row, const ps_poolused_layout *layout);

#endif

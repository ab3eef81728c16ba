/* flow.h - tables whose lines are gone: one cell a line, or all rows in one line.
 *
 *    Tag Type Allocs Frees Diff Bytes Per Alloc Even Nonp 100 40 60 2880 48 Mdl Nonp 9 1 8 64 8
 *
 * The text moves through a window.  Rows are told apart by what a row must have: poolmon's by their
 * type, !poolused's by a tag and as many numbers as there are columns.
 */
#ifndef PS_TEXT_FLOW_H
#define PS_TEXT_FLOW_H

#include "text/dialect.h"

enum { PS_FLOW_WINDOW = 2048, PS_FLOW_MARKS = 48 };

typedef enum ps_flow_kind {
    PS_FLOW_POOLMON,
    PS_FLOW_BRIEF,   /* !poolused */
    PS_FLOW_VERBOSE, /* !poolused 1 */
    PS_FLOW_KINDS,
} ps_flow_kind;

/* Where a line begins in the window. */
typedef struct ps_flow_mark {
    uint32_t at, number;
    uint64_t offset;
} ps_flow_mark;

typedef struct ps_flow {
    ps_draft draft;
    ps_flow_kind kind;
    bool in_rows;      /* else the header is yet to come */
    bool notes;        /* the header has a column of drivers */
    bool over;         /* a last row was seen: nothing is expected any more */
    bool numbers;      /* the last line held nothing else */
    bool refused;      /* some row was */
    uint64_t sums[4];  /* of the rows' counts and bytes, nonpaged and paged */
    uint32_t blank;    /* lines on end */
    uint32_t row_line; /* the last that was counted as one with rows */
    size_t mark_count, size;
    ps_flow_mark marks[PS_FLOW_MARKS];
    char text[PS_FLOW_WINDOW];
} ps_flow;

PS_DIALECT_FITS(ps_flow);

typedef enum ps_flow_match { PS_FLOW_NO, PS_FLOW_PART, PS_FLOW_YES } ps_flow_match;

/* Is a header at the span's beginning?  PS_FLOW_PART: as far as the span goes. */
typedef struct ps_flow_header {
    ps_flow_kind kind;
    bool notes;
    const char *end;
} ps_flow_header;
ps_flow_match ps_flow_header_at(ps_span span, bool more, ps_flow_header *header);

/* The first header in the span, or NULL. */
const char *ps_flow_find_header(ps_span span, bool more, ps_flow_match *match,
                                ps_flow_header *header);

/* Does the span hold a table's header and a row behind it? */
bool ps_flow_is_flat(ps_span body);

/* Does the span hold two rows of poolmon, with or without a header before them? */
bool ps_flow_has_rows(ps_span body);

/* Take rows from the window's beginning, as many as are complete.  final: nothing comes behind it.
 * How much of the window they were; 0 if more is needed. */
size_t ps_flow_poolmon_rows(ps_flow *flow, ps_reading *reading, bool final);
size_t ps_flow_poolused_rows(ps_flow *flow, ps_reading *reading, bool final);

/* Could what is in the window be the beginning of a row? */
bool ps_flow_poolmon_tail(const ps_flow *flow);

/* The tag and the numbers of a row of !poolused at the span. */
typedef struct ps_flow_used {
    ps_span tag;
    uint64_t numbers[8];
    const char *end;
    bool total;
} ps_flow_used;
ps_flow_match ps_flow_used_at(ps_span span, ps_flow_kind kind, bool final, size_t words,
                              ps_flow_used *used);

/* The window's text from at to end as a line, for rows and remarks. */
ps_line ps_flow_line(const ps_flow *flow, const char *at, const char *end);
/* The line has a row: it counts once. */
void ps_flow_count_row(ps_flow *flow, const ps_line *line);
/* Where the next table begins: its header or memory totals; NULL if none does. */
const char *ps_flow_boundary(ps_span span);
/* Does it begin right at the span? */
bool ps_flow_begins(ps_span span);

#endif

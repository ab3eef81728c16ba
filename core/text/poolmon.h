/* poolmon.h - the reader of poolmon's screen and of its -n files. */
#ifndef PS_TEXT_POOLMON_H
#define PS_TEXT_POOLMON_H

#include "text/pending.h"
#include "text/poolrow.h"
#include "text/reading.h"

/* The parts of a snapshot in the order in which poolmon writes them. */
typedef enum ps_poolmon_part {
    PS_POOLMON_NOTHING,
    PS_POOLMON_MEMORY,
    PS_POOLMON_COMMIT,
    PS_POOLMON_TITLE,
    PS_POOLMON_HEADER,
    PS_POOLMON_ROWS,
} ps_poolmon_part;

typedef struct ps_poolmon {
    ps_draft draft;
    ps_poolmon_part part; /* the last that was seen */
    unsigned parts;       /* bit ps_poolmon_part: all that were seen */
    bool in_table;
    bool deltas, elided, filtered;
    int32_t session;
    size_t tag_column, type_column; /* of the header; equal where it has no columns */
    uint32_t strange;               /* lines in a row that are not poolmon's */
    uint32_t refused;               /* rows of the table */
    char why[PS_WHY];               /* why the last line was not read as a row; "" if it is none */
    bool ambiguous;                 /* its numbers can be read in more ways than one */
    ps_pending pending;             /* a row that may go on in the next line */
} ps_poolmon;

void ps_poolmon_open(ps_poolmon *poolmon, ps_text *text);
/* Read the line as a row; outside a table only if it proves to be one. */
bool ps_poolmon_row(ps_poolmon *poolmon, ps_reading *reading);
/* Read the line as a command, memory totals, title or header. */
bool ps_poolmon_start(ps_poolmon *poolmon, ps_reading *reading);
/* Nobody understood the line: does it break the table, or should it have been a row? */
void ps_poolmon_strange(ps_poolmon *poolmon, ps_reading *reading);
/* Something else begins here. */
void ps_poolmon_leave(ps_poolmon *poolmon, ps_reading *reading);
void ps_poolmon_finish(ps_poolmon *poolmon, ps_reading *reading);

/* What is pending is all there is of its row. */
void ps_poolmon_flush(ps_poolmon *poolmon, ps_reading *reading);

/* A part that has been, or that a later one follows, begins the next snapshot. */
void ps_poolmon_begin(ps_poolmon *poolmon, ps_reading *reading, ps_poolmon_part part);

/* The totals of "Memory: …" and "Commit: …", one behind the other or alone. */
void ps_poolmon_totals(ps_draft *draft, ps_span body, const ps_line *line);

#endif

/* debugger.h - the readers of !poolused and !vm, which describe one machine at one moment and so
 * fill one snapshot together. */
#ifndef PS_TEXT_DEBUGGER_H
#define PS_TEXT_DEBUGGER_H

#include "text/pending.h"
#include "text/reading.h"

enum { PS_POOLUSED_COLUMNS = 8, PS_MOVED_ROWS = 4, PS_MOVED_TEXT = 128 };

/* What the header of !poolused tells of its columns. */
typedef struct ps_poolused_layout {
    bool verbose;
    size_t tag_column;
    bool cut; /* not all headings are there, so their columns are not known */
    size_t ends[PS_POOLUSED_COLUMNS]; /* behind the last letter of each number's heading */
} ps_poolused_layout;

/* A row whose numbers have moved, until it is clear whether those of other rows have not. */
typedef struct ps_moved_row {
    char text[PS_MOVED_TEXT];
    ps_line line;
} ps_moved_row;

/* What the rows of a table add up to, and whether their numbers stand in the header's columns. */
typedef struct ps_poolused_sums {
    uint64_t counts[2], bytes[2]; /* nonpaged, paged */
    uint32_t rows, aligned, misplaced, refused;
    uint32_t touching, apart; /* descriptions that do and do not touch the number before them */
    size_t moved_count;
    ps_moved_row moved[PS_MOVED_ROWS];
} ps_poolused_sums;

typedef struct ps_debugger {
    ps_draft draft;
    bool has_vm, has_poolused;
    int64_t time;    /* "Debug session time", for all that follows; PS_NO_TIME if unknown */
    uint64_t uptime; /* seconds; UINT64_MAX if unknown */

    /* !poolused */
    ps_poolused_layout layout;
    bool command_seen; /* and no table of it yet */
    bool filtered, session_pool;
    bool in_table, elided, total;
    uint32_t strange;
    char why[120];
    ps_poolused_sums sums;
    ps_pending pending; /* a row that may go on in the next line */

    /* !vm */
    bool vm_seen; /* its command or banner, and no value of it yet */
    bool in_vm;
    uint32_t vm_labels; /* one bit for each that was seen */
} ps_debugger;

void ps_debugger_open(ps_debugger *debugger, ps_text *text);
/* The text of a command, behind its prompt. */
bool ps_debugger_command(ps_debugger *debugger, ps_reading *reading);
/* "Debug session time: …", "System Uptime: …" */
bool ps_debugger_banner(ps_debugger *debugger, ps_reading *reading);
/* A part of the snapshot begins: is it this one's or the next one's? */
void ps_debugger_begin(ps_debugger *debugger, ps_reading *reading, bool *part);
/* The tables end here; the snapshot may go on. */
void ps_debugger_leave(ps_debugger *debugger, ps_reading *reading);
void ps_debugger_finish(ps_debugger *debugger, ps_reading *reading);

bool ps_poolused_row(ps_debugger *debugger, ps_reading *reading);
bool ps_poolused_start(ps_debugger *debugger, ps_reading *reading);
void ps_poolused_strange(ps_debugger *debugger, ps_reading *reading);
/* No more of the row that is pending comes, nor of the table. */
void ps_poolused_flush(ps_debugger *debugger, ps_reading *reading);

/* Are several values of !vm in the one line? */
bool ps_vm_is_flat(ps_span body);
bool ps_vm_line(ps_debugger *debugger, ps_reading *reading);

#endif

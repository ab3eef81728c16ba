/* reading.h - where the walk through a text stands: what every dialect's reader looks at. */
#ifndef PS_TEXT_READING_H
#define PS_TEXT_READING_H

#include "text/document.h"
#include "text/traits.h"

typedef struct ps_reading {
    ps_text *text;
    ps_line line;
    size_t row_bytes; /* no row of any dialect is longer */
    ps_span raw;      /* the line as it came, its marks still on */
    ps_span body;     /* the line without a prompt before it and blanks around it */
    bool after_blank; /* an empty line stands before this one */
    bool at_prompt;   /* a prompt was before body */
    ps_traits traits; /* PS_HAS_*: what the line has, once nobody's table takes it */

    int64_t time;       /* of a time stamp that stood alone on a line shortly before */
    uint32_t time_line; /* 0 if there is none */
    int64_t date;       /* of a date that stood alone on a line: a time of day may follow */
    uint32_t date_line; /* 0 if there is none */
    bool has_caption;   /* the title right above names one pool */
    ps_pool caption;
    const char *host;    /* that the text named last; NULL if none */
    uint32_t hosts;      /* how many it named */
    uint64_t work_left;  /* tries that may still be spent on rows whose columns run together */
    uint32_t barren;     /* headers broken over lines that led to no row */
    uint32_t empty_logs; /* headers of counters that led to no sample */
    char note[PS_MOST_ROW_BYTES + 1]; /* of the row that is being read */
} ps_reading;

/* The line without its end, prompts and blanks still on. */
static inline ps_span ps_whole_line(const ps_reading *reading)
{
    return (ps_span){reading->line.text, reading->line.text + reading->line.size};
}

/* The span as a string that lives until the next row is read; NULL for an empty one. */
const char *ps_note_of(ps_reading *reading, ps_span span);

/* Give the draft the time stamp right before it and the host named above, where there are any. */
void ps_take_moment(ps_reading *reading, ps_draft *draft);

/* Does the line look like a row of numbers behind a tag, in whole or cut? */
bool ps_looks_like_row(const ps_reading *reading, bool right_behind_row);

/* "...", "<snip>": the one who pasted left something out. */
bool ps_is_elision(ps_span body);

#endif

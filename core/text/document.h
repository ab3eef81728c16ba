/* document.h - what the readers of all dialects share: the document they fill and the snapshot in
 * the making.  A failure (memory is out) is sticky: readers go on, the main loop asks. */
#ifndef PS_TEXT_DOCUMENT_H
#define PS_TEXT_DOCUMENT_H

#include "base/arena.h"
#include "base/limits.h"
#include "text/lines.h"
#include "text/lists.h"
#include "text/numbers.h"

struct ps_text {
    ps_arena arena;
    ps_snapshot **snapshots;
    size_t snapshot_count, snapshot_capacity;
    size_t totals_count; /* of the snapshots: those without rows */
    ps_problem *problems;
    size_t problem_count, problem_capacity;
    uint64_t problem_totals[PS_SEVERITIES]; /* kept or not */
    ps_module *modules;
    size_t module_count, module_capacity;
    ps_lists lists;
    uint32_t line_count, row_line_count;
    ps_encoding encoding;
    ps_error error; /* code PS_OK while nothing failed */
    ps_bounds bounds;
};

static inline bool ps_failed(const ps_text *text) { return text->error.code != PS_OK; }

/* Remark on a line (NULL: on the text as a whole).  The reason is printf-like. */
void ps_remark(ps_text *text, ps_severity severity, const ps_line *line, const char *format, ...)
    PS_PRINTF(4, 5);

/* Remark that a limit was met, the first time that it is. */
void ps_remark_limit(ps_text *text, unsigned limit, const ps_line *line);

/* Let the last remark say how many more there were than are kept. */
void ps_close_remarks(ps_text *text);

/* A module for the caller to fill in; NULL when memory is out. */
ps_module *ps_add_module(ps_text *text);

/* The like for what else is listed; the line is noted down. */
ps_block *ps_add_block(ps_text *text, const ps_line *line);
ps_process *ps_add_process(ps_text *text, const ps_line *line);
ps_verified *ps_add_verified(ps_text *text, const ps_line *line);
void ps_process_set(ps_process *process, ps_process_field field, uint64_t value);
void ps_verified_set(ps_verified *verified, ps_verified_field field, uint64_t value);

/* The span as a string of the document; NULL when memory is out. */
const char *ps_keep(ps_text *text, ps_span span);
/* The same of a string and a span with a character between them. */
const char *ps_keep_joined(ps_text *text, const char *first, char between, ps_span second);

/* The snapshot that is being read.  Its rows go into a ps_snapshot at once, its memory totals wait
 * here, because its origin may not be known before its end. */
typedef struct ps_draft {
    ps_text *text;
    const char *origin; /* as far as it is known when the first row comes */
    ps_snapshot *rows;  /* NULL before the first row */
    uint64_t *seen;     /* keys of the rows so far, an open hash; 0 is a free slot */
    size_t seen_size, seen_count;
    uint64_t memory[PS_MEM_FIELDS];
    uint32_t memory_known;
    uint32_t first_line, last_line; /* 0 while the draft is empty */
    int64_t time;
    const char *host; /* NULL if unknown */
    uint32_t pools;   /* bit ps_pool is set if a row is of that pool */
} ps_draft;

void ps_draft_start(ps_draft *draft, ps_text *text, const char *origin);
static inline bool ps_draft_is_empty(const ps_draft *draft) { return draft->first_line == 0; }
size_t ps_draft_count(const ps_draft *draft);
bool ps_draft_has(const ps_draft *draft, ps_memory_field field);
void ps_draft_touch(ps_draft *draft, const ps_line *line);
void ps_draft_memory(ps_draft *draft, ps_memory_field field, uint64_t value, const ps_line *line);
/* Add a row, flag what it repeats and remark on what its numbers contradict. */
void ps_draft_row(ps_draft *draft, const ps_row *row, const ps_line *line);
/* What was noted of earlier rows, to know those that are repeated, is given back; and noted again
 * when more rows come after all. */
void ps_draft_forget(ps_draft *draft);
bool ps_draft_remember(ps_draft *draft);
/* The like for a row whose numbers stand under their headings to the character: where a character
 * was lost or doubled they would not. */
void ps_draft_placed_row(ps_draft *draft, const ps_row *row, const ps_line *line);
/* Hand the snapshot over to the document, if there is any, and empty the draft. */
void ps_draft_finish(ps_draft *draft, const char *origin, ps_scope scope);
void ps_draft_drop(ps_draft *draft);

#endif

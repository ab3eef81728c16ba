/* record.h - one tag's numbers, put together from cells, fields or keys, as rows of a snapshot. */
#ifndef PS_TEXT_RECORD_H
#define PS_TEXT_RECORD_H

#include "text/amounts.h"
#include "text/moments.h"
#include "text/roles.h"
#include "text/tags.h"

enum { PS_RECORD_NOTE = 1024 };

typedef struct ps_record {
    bool has_tag, has_hex, has_pool;
    ps_shown_tag tag;
    ps_tag hex;
    ps_pool pool;
    int32_t session;
    uint16_t flags;
    int64_t values[PS_SIDES][PS_MEASURES]; /* counts as the 64 bits of an unsigned number */
    uint16_t known[PS_SIDES], rounded[PS_SIDES];
    ps_moment_name moment;
    bool has_utc;
    char binary[PS_RECORD_NOTE / 4], note[PS_RECORD_NOTE];
    ps_severity severity; /* PS_REFUSED or PS_AMBIGUOUS, with a reason, where a field was bad */
    char why[160];
} ps_record;

/* What holds for all records of a table. */
typedef struct ps_record_ways {
    ps_encoding encoding;
    bool blank_is_zero;
    char decimal; /* see ps_read_amount */
} ps_record_ways;

/* The part above the texts is set anew. */
void ps_record_clear(ps_record *record);

/* A field by its role.  The span must live until the record is added, for times and hosts. */
void ps_record_set(ps_record *record, const ps_role *role, ps_span cell, ps_record_ways *ways);

/* The rows of the record go to their snapshot, or the reason why not into a remark. */
void ps_record_add(ps_record *record, ps_moments *moments, ps_reading *reading);

/* It cannot be added, and why; the first reason counts. */
void ps_record_refuse(ps_record *record, ps_severity severity, const char *format, ...)
    PS_PRINTF(3, 4);

/* Does any number of a pool stand in it? */
bool ps_record_says_something(const ps_record *record);

/* Can it be added?  If not, severity and why say what is missing. */
bool ps_record_check(ps_record *record);
/* One that can be: its line is then counted as one with rows, but not here. */
void ps_record_put(ps_record *record, ps_moment *moment, ps_reading *reading);

/* "protected; rounded" as bits PS_ROW_*. */
uint16_t ps_read_flags(ps_span cell);

/* "61626364" or "0x61626364" */
bool ps_read_tag_hex(ps_span cell, ps_tag *tag);

#endif

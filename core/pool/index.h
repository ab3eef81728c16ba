/* index.h - rows of a snapshot in key order: tag without bit 31, pool, session. */
#ifndef PS_POOL_INDEX_H
#define PS_POOL_INDEX_H

#include "poolsleuth.h"

typedef struct ps_index {
    const ps_row **rows;
    size_t count;
} ps_index;

/* Order two rows by key. */
int ps_row_compare(const ps_row *a, const ps_row *b);

/* Rows of the snapshot in key order, the first of equal keys only. */
bool ps_index_open(ps_index *index, const ps_snapshot *snapshot, ps_error *err);
void ps_index_close(ps_index *index);

/* Did the machine start anew between the two?  Uptime decides where both have it; else the counters
 * do: they fall together only at a start. */
bool ps_index_reboot(const ps_index *before, const ps_index *after, const ps_snapshot *first,
                     const ps_snapshot *second);

/* Advance of a counter that may be 32 bits wide: false where it fell in a way that no wrap
 * explains.  *wrapped is set where 2^32 was added. */
bool ps_counter_advance(uint64_t before, uint64_t after, uint64_t *advance, bool *wrapped);

/* Of so many counters that were compared so many fell: is that a start? */
static inline bool ps_counters_restarted(size_t compared, size_t fell)
{
    return fell > 0 && fell * 4 > compared;
}

#endif

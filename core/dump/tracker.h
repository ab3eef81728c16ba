/* tracker.h - the kernel's pool tag tables: counters of every tag, one table for each processor. */
#ifndef PS_DUMP_TRACKER_H
#define PS_DUMP_TRACKER_H

#include "dump/kernel.h"

/* Offsets in an entry; counts of 4 bytes wrap, those of 8 do not. */
typedef struct ps_tracker_layout {
    uint8_t pointer; /* bytes: of the machine, and of the byte counters */
    uint8_t size, count_size;
    uint8_t nonpaged_allocs, nonpaged_frees, nonpaged_bytes;
    uint8_t paged_allocs, paged_frees, paged_bytes;
    uint32_t first_build, last_build; /* that are known to have it */
} ps_tracker_layout;

/* The sums of a tag over all tables, modulo 2^64; counts are to be taken modulo 2^32 where the
 * layout has four bytes. */
typedef struct ps_tag_sums {
    ps_tag tag;
    uint64_t nonpaged_allocs, nonpaged_frees, nonpaged_bytes;
    uint64_t paged_allocs, paged_frees, paged_bytes;
} ps_tag_sums;

typedef struct ps_tracker_table {
    uint64_t address, entries;
} ps_tracker_table;

typedef struct ps_tracker {
    const ps_tracker_layout *layout;
    ps_tracker_table *tables;
    size_t table_count, table_capacity;
    size_t tables_whole; /* that could be read whole */
    uint64_t entries_missing;
    bool expansion_unknown; /* there may be a table of what no longer fits */
    bool full;              /* a table has no free entry: that table is used */
    ps_tag_sums *sums;      /* sorted by tag */
    size_t sum_count;
} ps_tracker;

/* Find the tables of the kernel, decide on their layout and add them up.  On false the error says
 * what is missing: a failed walk is never an empty sum. */
bool ps_tracker_read(ps_tracker *tracker, ps_kernel *kernel, ps_error *err);
/* Add up tables that are known already, with a layout that is. */
bool ps_tracker_sum(ps_tracker *tracker, ps_space *space, ps_error *err);
void ps_tracker_free(ps_tracker *tracker);
/* One more table to add up, unless it is among them already. */
bool ps_tracker_add(ps_tracker *tracker, uint64_t address, uint64_t entries, ps_error *err);

/* Which layout the entries of a table have: NULL where none fits, or several fit and the build
 * prefers none. */
const ps_tracker_layout *ps_tracker_detect(ps_space *space, const ps_tracker_table *table,
                                           uint32_t build);

/* Could this be a tag's four bytes? */
bool ps_tracker_is_key(uint32_t key);

#endif

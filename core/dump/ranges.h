/* ranges.h - virtual memory as a triage dump holds it: pieces of it, without page tables. */
#ifndef PS_DUMP_RANGES_H
#define PS_DUMP_RANGES_H

#include "dump/physical.h"

/* Pieces are runs whose address is a virtual one. */
typedef struct ps_ranges {
    ps_source *source; /* borrowed */
    ps_run *runs;
    size_t count, capacity;
} ps_ranges;

bool ps_ranges_add(ps_ranges *ranges, const ps_run *run);
/* Put them in order: after the last was added. */
void ps_ranges_tidy(ps_ranges *ranges);
ps_read_status ps_ranges_read(const ps_ranges *ranges, uint64_t address, void *buffer, size_t size,
                              size_t *got);
void ps_ranges_free(ps_ranges *ranges);

#endif

/* pool_regions.h - where pages of the pool may lie, and those of them that are mapped. */
#ifndef PS_DUMP_POOL_REGIONS_H
#define PS_DUMP_POOL_REGIONS_H

#include "dump/kernel.h"

/* Set the regions of what was found: those that the kernel's variables tell where its build keeps the
 * pool between them, else all of the kernel's memory. */
void ps_pool_regions(ps_kernel *kernel, ps_dump_blocks *found);

/* Where a walk over mapped pages stands. */
typedef struct ps_page_cursor {
    ps_kernel *kernel;
    ps_dump_blocks *found; /* what is mapped but not there is counted in it */
    size_t region;
    uint64_t address; /* the next page, of the region */
    bool begun;
    uint64_t physical, run; /* of a mapping that is under way: bytes left from address on */
    ps_walk_budget budget;  /* that is left */
    uint64_t rest;          /* steps until the walk pauses, so that somebody may stop it */
    bool paused;
} ps_page_cursor;

void ps_page_cursor_init(ps_page_cursor *cursor, ps_kernel *kernel, ps_dump_blocks *found);

/* The next page that the file holds, and where; false behind the last, and where the walk pauses. */
bool ps_page_cursor_next(ps_page_cursor *cursor, uint64_t *address, uint64_t *offset);

#endif

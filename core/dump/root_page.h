/* root_page.h - pages of physical memory that look like the topmost page table of an address space.
 */
#ifndef PS_DUMP_ROOT_PAGE_H
#define PS_DUMP_ROOT_PAGE_H

#include "dump/space.h"

typedef struct ps_root {
    ps_paging paging;
    uint64_t root;
    uint64_t code; /* an address of the kernel's code; 0 if unknown */
} ps_root;

/* Judges a candidate; true ends the search. */
typedef bool (*ps_root_visit)(void *context, const ps_root *root);

/* Show what a page may be: the start-up code of a processor or a process, which name tables, or a
 * topmost table, which maps itself.  True when a candidate was taken.  *probes reads elsewhere may be done;
 * those that were are taken from it. */
bool ps_roots_in_page(ps_container_file *file, uint64_t address, const uint8_t *page,
                      ps_root_visit visit, void *context, unsigned *probes);

#endif

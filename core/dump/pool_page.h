/* pool_page.h - a page that the allocator of builds before 18362 cut into small blocks. */
#ifndef PS_DUMP_POOL_PAGE_H
#define PS_DUMP_POOL_PAGE_H

#include "dump/kernel.h"

/* How headers of a build look: blocks come in units of a header's size. */
typedef struct ps_block_rules {
    unsigned unit;  /* bytes */
    bool type_plus; /* the type in use is stored plus one, as before Vista */
} ps_block_rules;

/* The rules of the kernel's build; an error where its small blocks do not chain. */
bool ps_block_rules_of(const ps_kernel *kernel, ps_block_rules *rules, ps_error *err);

/* The header at `at` of a page that lies at an address; at is a multiple of the unit. */
void ps_block_at(const ps_block_rules *rules, const uint8_t *page, uint64_t address, size_t at,
                 ps_dump_block *block);

typedef enum ps_page_fault {
    PS_PAGE_TILES,
    PS_PAGE_NO_SIZE,  /* a header without a size */
    PS_PAGE_PREVIOUS, /* one that belies the header before it */
    PS_PAGE_OVERRUN,  /* a block that ends behind the page */
    PS_PAGE_MIXED,    /* blocks of both pools */
} ps_page_fault;

/* Do headers tile the page?  *at is where the first does not fit. */
ps_page_fault ps_page_check(const ps_block_rules *rules, const uint8_t *page, size_t *at);

#endif

/* space.h - an address space: virtual memory through its page tables, or the pieces of it that a
 * triage dump holds. */
#ifndef PS_DUMP_SPACE_H
#define PS_DUMP_SPACE_H

#include "dump/container.h"

typedef enum ps_paging {
    PS_PAGING_PIECES, /* no page tables: a triage dump */
    PS_PAGING_X86,
    PS_PAGING_PAE,
    PS_PAGING_X64,
    PS_PAGING_LA57,
    PS_PAGING_ARM64,
} ps_paging;

enum { PS_TRAIL_LIMIT = 5, PS_SPACE_CACHE = 256 };

/* One entry that a translation read. */
typedef struct ps_trail_entry {
    uint64_t address; /* physical, of the entry */
    uint64_t value;
} ps_trail_entry;

typedef struct ps_trail {
    ps_trail_entry entries[PS_TRAIL_LIMIT]; /* the topmost table's first */
    unsigned count;
    uint64_t page_size; /* of the mapping that was found */
    bool transition;    /* the page was on its way out, but still in memory */
    bool prototype;     /* found through a prototype entry */
} ps_trail;

typedef struct ps_space {
    ps_container_file *file; /* borrowed */
    ps_paging paging;
    uint64_t root;         /* physical address of the topmost table */
    uint32_t build;        /* decides how entries that are not present look; 0 unknown */
    uint64_t invalid_mask; /* that such entries are XORed with from build 17763 on */
    bool mask_known;
    struct {
        uint64_t page, physical; /* page: address >> 12, plus one so that 0 is empty */
    } cache[PS_SPACE_CACHE];
} ps_space;

/* What a search through tables may cost: they may lead to themselves without end. */
typedef struct ps_walk_budget {
    uint64_t steps; /* lookups of what may not be mapped */
    uint64_t pages; /* that are mapped */
} ps_walk_budget;

/* As much as the tables of a dump could hold. */
ps_walk_budget ps_walk_budget_of(const ps_container_file *file);

void ps_space_init(ps_space *space, ps_container_file *file, ps_paging paging, uint64_t root,
                   uint32_t build);

/* Bytes of a pointer. */
unsigned ps_space_pointer(const ps_space *space);

/* Where an address lies in physical memory.  trail may be NULL. */
ps_read_status ps_space_translate(ps_space *space, uint64_t address, uint64_t *physical,
                                  ps_trail *trail);

/* The next mapping at or after an address and before end: *begin is the address, or where a later
 * one begins, and *size reaches to that mapping's end; false where there is none, or where *steps came to
 * 0: lookups are taken from it. */
bool ps_space_next(ps_space *space, uint64_t address, uint64_t end, uint64_t *begin, uint64_t *size,
                   uint64_t *steps);

/* Up to size bytes; *got is short where the status is not PS_READ_OK. */
ps_read_status ps_space_read(ps_space *space, uint64_t address, void *buffer, size_t size,
                             size_t *got);

/* All of size bytes, or the status of the first that is missing. */
ps_read_status ps_space_take(ps_space *space, uint64_t address, void *buffer, size_t size);
/* A little-endian integer of size bytes; a pointer, sign-extended from the target's width. */
ps_read_status ps_space_uint(ps_space *space, uint64_t address, size_t size, uint64_t *value);
ps_read_status ps_space_address(ps_space *space, uint64_t address, uint64_t *value);
/* The one where size is not 0, the other where it is. */
ps_read_status ps_space_value(ps_space *space, uint64_t address, size_t size, uint64_t *value);
/* The entry behind one of a doubly linked list, which must point back at the entry before it: NULL, or
 * why the list breaks off. */
const char *ps_space_follow(ps_space *space, uint64_t entry, uint64_t before, uint64_t *next);

#endif

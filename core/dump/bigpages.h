/* bigpages.h - the table of blocks of a page or more. */
#ifndef PS_DUMP_BIGPAGES_H
#define PS_DUMP_BIGPAGES_H

#include "dump/lists.h"

/* Offsets in an entry.  The address stands first; an address that is 0 or odd is a free slot. */
typedef struct ps_big_layout {
    uint8_t pointer, size, key, type, amount;
    uint8_t amount_size; /* bytes of the field */
    uint8_t type_shift;  /* in the word at type; 0xFF: the table has no type */
    bool pages;          /* the amount is in pages, not in bytes */
    uint32_t first_build, last_build;
} ps_big_layout;

typedef struct ps_big_table {
    uint64_t address, entries;
    ps_big_layout layout;
} ps_big_table;

/* One entry; false where the slot is free or holds nothing that could be a block. */
bool ps_big_entry(const ps_big_layout *layout, const uint8_t *bytes, ps_dump_big *big);

enum { PS_BIG_LARGEST = 0x40, PS_BIG_NO_TYPE = 0xFF };

/* The layout that the PDB tells, or the build's, if at least so many blocks are in the table and agree
 * with it. */
bool ps_big_detect(ps_kernel *kernel, const ps_big_table *table, uint64_t least,
                   ps_big_layout *layout);

/* Add a table's blocks; entries that are not in the dump are a problem of it. */
bool ps_big_read(ps_big_list *list, const ps_big_table *table, ps_kernel *kernel, ps_error *err);

/* Where the table is: by symbols, else by what stands beside the tag table's variable. */
bool ps_big_find(ps_big_table *table, ps_kernel *kernel, ps_error *err);

#endif

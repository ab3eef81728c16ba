/* lists.h - what a text lists besides snapshots: blocks of pool, processes, verified drivers,
 * and items of any kind. */
#ifndef PS_TEXT_LISTS_H
#define PS_TEXT_LISTS_H

#include "poolsleuth.h"

/* Items of one kind, one struct behind the other: see items.h. */
typedef struct ps_item_list {
    void *items;
    size_t count, capacity;
    size_t beyond; /* those that were not kept */
} ps_item_list;

/* Part of a document: see ps_add_block and its like in document.h. */
typedef struct ps_lists {
    ps_block *blocks;
    size_t block_count, block_capacity;
    ps_process *processes;
    size_t process_count, process_capacity;
    ps_verified *verified;
    size_t verified_count, verified_capacity;
    ps_item_list items[PS_ITEM_KINDS];
} ps_lists;

void ps_lists_free(ps_lists *lists);

#endif

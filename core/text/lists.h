/* lists.h - what a text lists besides snapshots: blocks of pool, processes, verified drivers,
 * and items of any kind. */
#ifndef PS_TEXT_LISTS_H
#define PS_TEXT_LISTS_H

#include "base/arena.h"
#include "poolsleuth.h"

/* Items of one kind, one struct behind the other: see items.h. */
typedef struct ps_item_list {
    void *items;
    size_t count, capacity;
    size_t beyond; /* those that were not kept */
} ps_item_list;

/* What there was before an item was added: if nothing else came, its strings go with it. */
typedef struct ps_item_mark {
    ps_item_kind kind;
    ps_arena_mark arena;
    size_t problems, modules, processes;
} ps_item_mark;

/* Part of a document: see ps_add_block and its like in document.h. */
typedef struct ps_lists {
    ps_block *blocks;
    size_t block_count, block_capacity;
    ps_process *processes;
    size_t process_count, process_capacity;
    ps_verified *verified;
    size_t verified_count, verified_capacity;
    ps_item_list items[PS_ITEM_KINDS];
    ps_item_mark last; /* of the item that was added last */
} ps_lists;

void ps_lists_free(ps_lists *lists);

#endif

/* pte.h - page table entries: those of the processor and those of the memory manager. */
#ifndef PS_DUMP_PTE_H
#define PS_DUMP_PTE_H

#include "dump/space.h"

/* Walk the tables of a space that has some, from its root down to the address. */
ps_read_status ps_pte_walk(ps_space *space, uint64_t address, uint64_t *physical, ps_trail *trail);

/* Bytes that an entry covers of the table which a walk reaches with its count-th step. */
uint64_t ps_pte_span(const ps_space *space, unsigned count);

#endif

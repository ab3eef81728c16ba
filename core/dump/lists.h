/* lists.h - what has been read of the kernel's lists of an open dump. */
#ifndef PS_DUMP_LISTS_H
#define PS_DUMP_LISTS_H

#include "dump/kernel.h"

/* A list is read when it is known, even if it holds nothing. */
typedef struct ps_big_list {
    ps_dump_big *items; /* in order of their addresses */
    size_t count, capacity;
    bool known;
} ps_big_list;

typedef struct ps_process_list {
    ps_dump_process *items;
    size_t count, capacity;
    bool known;
    bool broken; /* there are more than the list of the kernel leads to */
} ps_process_list;

typedef struct ps_type_list {
    ps_dump_type *items;
    size_t count, capacity;
    bool known;
} ps_type_list;

typedef struct ps_descriptor_list {
    ps_dump_descriptor *items;
    size_t count, capacity;
    bool known;
} ps_descriptor_list;

typedef struct ps_lookaside_list {
    ps_dump_lookaside *items;
    size_t count, capacity;
    bool known;
} ps_lookaside_list;

typedef struct ps_verified_list {
    ps_dump_verified *items;
    size_t count, capacity;
    bool known;
} ps_verified_list;

typedef struct ps_verified_block_list {
    ps_dump_verified_block *items;
    size_t count, capacity;
    bool known;
} ps_verified_block_list;

typedef struct ps_session_big_list {
    ps_dump_session_big *items;
    size_t count, capacity;
    bool known;
} ps_session_big_list;

typedef struct ps_dump_lists {
    ps_big_list bigs;
    ps_session_big_list session_bigs;
    ps_process_list processes;
    ps_type_list types;
    ps_descriptor_list descriptors;
    ps_lookaside_list lookasides;
    ps_verified_list verified;
    ps_verified_block_list blocks;
} ps_dump_lists;

/* Forget what was read: it was read without a PDB that is there now. */
void ps_dump_lists_free(ps_dump_lists *lists);

/* Each reads one list; on false it is as it was. */
bool ps_bigs_read(ps_big_list *list, ps_kernel *kernel, ps_error *err);
bool ps_session_bigs_read(ps_session_big_list *list, const ps_process_list *processes,
                          ps_kernel *kernel, ps_error *err);
bool ps_processes_read(ps_process_list *list, ps_kernel *kernel, ps_error *err);
bool ps_types_read(ps_type_list *list, ps_kernel *kernel, ps_error *err);
bool ps_descriptors_read(ps_descriptor_list *list, ps_kernel *kernel, ps_error *err);
bool ps_lookasides_read(ps_lookaside_list *list, ps_kernel *kernel, ps_error *err);
bool ps_verified_read(ps_verified_list *list, ps_kernel *kernel, ps_error *err);
bool ps_verified_blocks_read(ps_verified_block_list *list, const ps_verified_list *drivers,
                             ps_kernel *kernel, ps_error *err);
bool ps_verifier_read(ps_dump_verifier *verifier, ps_kernel *kernel, ps_error *err);

/* Whose addresses the blocks of a tag hold. */
bool ps_owners_read(ps_dump_owners *owners, const ps_big_list *bigs, ps_tag tag, ps_kernel *kernel,
                    ps_error *err);

#endif

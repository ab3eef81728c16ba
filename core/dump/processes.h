/* processes.h - processes: by the kernel's list of them, else by the pool that they lie in. */
#ifndef PS_DUMP_PROCESSES_H
#define PS_DUMP_PROCESSES_H

#include "dump/lists.h"

/* Offsets in EPROCESS; those of one that is not known are PS_OFFSET_UNKNOWN. */
typedef struct ps_process_layout {
    uint64_t pid, links, name, quota, handles, parent, session, exit_time;
    uint64_t handle_count; /* in the table of handles */
} ps_process_layout;

/* By symbols, or by what is known of the build. */
bool ps_process_layout_of(const ps_kernel *kernel, ps_process_layout *is, ps_error *err);

/* Add the process at an address. */
bool ps_process_add(ps_process_list *list, ps_kernel *kernel, const ps_process_layout *is,
                    uint64_t address, ps_error *err);

/* Read the list of a dump; where it cannot be read, or breaks off, look for processes among the small
 * blocks of pool. */
bool ps_processes_find(ps_dump *dump, ps_error *err);

#endif

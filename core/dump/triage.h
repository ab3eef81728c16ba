/* triage.h - the lists of a triage dump, which stand in the file itself. */
#ifndef PS_DUMP_TRIAGE_H
#define PS_DUMP_TRIAGE_H

#include "poolsleuth.h"

typedef struct ps_triage_driver {
    const char *name; /* UTF-8 */
    uint64_t base, size;
    uint32_t checksum, timestamp;
} ps_triage_driver;

typedef struct ps_triage_unloaded {
    const char *name; /* the first twelve characters */
    uint64_t start, end;
} ps_triage_unloaded;

/* Totals of the memory manager; counts of pages but for the maxima of old builds. */
typedef struct ps_triage_memory {
    bool known; /* not all are 0, as newer builds leave them */
    uint32_t special_pool_tag, verifier_level, kernel_verifier;
    uint64_t maximum_nonpaged, allocated_nonpaged, maximum_paged, allocated_paged;
    uint64_t committed, committed_peak, commit_limit;
} ps_triage_memory;

typedef struct ps_triage {
    uint32_t service_pack;
    ps_triage_driver *drivers;
    size_t driver_count, driver_capacity;
    ps_triage_unloaded *unloaded;
    size_t unloaded_count, unloaded_capacity;
    ps_triage_memory memory;
    uint64_t prcb_offset, process_offset, thread_offset; /* raw copies in the file; 0 if absent */
    uint64_t debugger_data_offset;                       /* decoded KDBG */
    uint32_t debugger_data_size;
} ps_triage;

#endif

/* memory.c - the names of the memory totals. */
#include "poolsleuth.h"

static const char *const names[PS_MEM_FIELDS] = {
    [PS_MEM_PHYSICAL] = "physical_bytes",
    [PS_MEM_AVAILABLE] = "available_bytes",
    [PS_MEM_COMMIT] = "commit_bytes",
    [PS_MEM_COMMIT_LIMIT] = "commit_limit_bytes",
    [PS_MEM_COMMIT_PEAK] = "commit_peak_bytes",
    [PS_MEM_NONPAGED] = "nonpaged_bytes",
    [PS_MEM_PAGED] = "paged_bytes",
    [PS_MEM_NONPAGED_LIMIT] = "nonpaged_limit_bytes",
    [PS_MEM_PAGED_LIMIT] = "paged_limit_bytes",
    [PS_MEM_KERNEL_RESIDENT] = "kernel_resident_bytes",
    [PS_MEM_PAGED_RESIDENT] = "paged_resident_bytes",
    [PS_MEM_PAGE_FAULTS] = "page_faults",
    [PS_MEM_POOL_FAILURES] = "pool_failures",
    [PS_MEM_TAGGED_NONPAGED] = "tagged_nonpaged_bytes",
    [PS_MEM_TAGGED_PAGED] = "tagged_paged_bytes",
    [PS_MEM_TAGGED_NONPAGED_COUNT] = "tagged_nonpaged_diff",
    [PS_MEM_TAGGED_PAGED_COUNT] = "tagged_paged_diff",
    [PS_MEM_FREE_PTES] = "free_ptes",
    [PS_MEM_UPTIME_S] = "uptime_s",
    [PS_MEM_NONPAGED_ALLOCS] = "nonpaged_allocs",
    [PS_MEM_PAGED_ALLOCS] = "paged_allocs",
    [PS_MEM_PROCESSES] = "processes",
    [PS_MEM_THREADS] = "threads",
    [PS_MEM_HANDLES] = "handles",
    [PS_MEM_EVENTS] = "events",
    [PS_MEM_SEMAPHORES] = "semaphores",
    [PS_MEM_MUTEXES] = "mutexes",
    [PS_MEM_SECTIONS] = "sections",
};

const char *ps_memory_name(ps_memory_field field)
{
    return (unsigned)field < PS_MEM_FIELDS ? names[field] : "unknown";
}

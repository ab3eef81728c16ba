/* totals.c - totals of memory.  Newer builds moved them from variables of their own, which the
 * debugger data name, into one structure whose layout only the PDB tells. */
#include "dump/totals.h"

/* No machine has as many pages or bytes. */
static bool is_plausible(uint64_t value) { return value != 0 && value >> 50 == 0; }

static void set(ps_snapshot *snapshot, ps_memory_field memory, uint64_t value, bool pages)
{
    ps_snapshot_set_memory(snapshot, memory, pages ? value << PS_FRAME_SHIFT : value);
}

static bool read_state(ps_kernel *kernel, const char *variable, const char *structure,
                       const char *field, uint64_t *value)
{
    uint64_t address;
    uint64_t offset;

    return kernel->pdb != NULL && ps_pdb_field(kernel->pdb, structure, field, &offset) &&
           ps_kernel_symbol(kernel, variable, &address) &&
           ps_space_uint(&kernel->space, address + offset, ps_space_pointer(&kernel->space),
                         value) == PS_READ_OK &&
           is_plausible(*value);
}

/* Names of fields in the kernel's state are recalled: one that the PDB does not have is not
 * asked for. */
typedef struct total {
    ps_memory_field memory;
    bool pages;        /* the debugger data's variable counts pages */
    size_t field;      /* of the debugger data */
    const char *state; /* in _MI_SYSTEM_INFORMATION at MiState, in pages; NULL if it is not there */
    const char *system; /* in _MI_PARTITION at MiSystemPartition, in pages */
} total;

static const total totals[] = {
    {PS_MEM_NONPAGED, true, PS_KDBG_ALLOCATED_NONPAGED, "Vs.NonPagedPoolCommit", NULL},
    {PS_MEM_PAGED, true, PS_KDBG_PAGED_COMMIT, "Vs.PagedPoolInfo.PagedPoolCommit", NULL},
    {PS_MEM_NONPAGED_LIMIT, false, PS_KDBG_MAXIMUM_NONPAGED, "Vs.MaximumNonPagedPoolInPages", NULL},
    {PS_MEM_PAGED_LIMIT, false, PS_KDBG_PAGED_SIZE, "Vs.SizeOfPagedPoolInPages", NULL},
    {PS_MEM_AVAILABLE, true, PS_KDBG_AVAILABLE, NULL, "Vp.AvailablePages"},
    {PS_MEM_COMMIT, true, PS_KDBG_COMMITTED, NULL, "Vp.TotalCommittedPages"},
    {PS_MEM_COMMIT_LIMIT, true, PS_KDBG_COMMIT_LIMIT, NULL, "Vp.TotalCommitLimit"},
    {PS_MEM_COMMIT_PEAK, true, PS_KDBG_PEAK_COMMIT, NULL, "Vp.PeakCommitment"},
    {PS_MEM_PHYSICAL, true, PS_KDBG_PHYSICAL, NULL, "Vp.NumberOfPhysicalPages"},
};

static void read_total(ps_kernel *kernel, ps_snapshot *snapshot, const total *t)
{
    uint64_t value;

    if (ps_kdbg_value(kernel, t->field, ps_space_pointer(&kernel->space), &value) == PS_READ_OK &&
        is_plausible(value))
        set(snapshot, t->memory, value, t->pages);
    else if ((t->state != NULL &&
              read_state(kernel, "MiState", "_MI_SYSTEM_INFORMATION", t->state, &value)) ||
             (t->system != NULL &&
              read_state(kernel, "MiSystemPartition", "_MI_PARTITION", t->system, &value)))
        set(snapshot, t->memory, value, true);
}

void ps_totals_read(ps_kernel *kernel, ps_snapshot *snapshot)
{
    uint64_t failures;

    if (!kernel->has_space)
        return;
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++)
        read_total(kernel, snapshot, &totals[i]);
    if (ps_kernel_value(kernel, "ExPoolFailures", 4, &failures) == PS_READ_OK)
        ps_snapshot_set_memory(snapshot, PS_MEM_POOL_FAILURES, failures);
}

/* kernel.c - find the kernel in a dump: which tables map it, and where its data are. */
#include "dump/kernel.h"

#include "base/error.h"
#include "dump/find_image.h"
#include "dump/find_tables.h"
#include "dump/shared_data.h"

#include <stdlib.h>
#include <string.h>

/* The first entry of the list of loaded modules is the kernel. */
static uint64_t first_module(ps_kernel *kernel)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    uint64_t entry = 0;
    uint64_t base = 0;

    if (kernel->file->facts.loaded_modules == 0 ||
        ps_space_address(&kernel->space, kernel->file->facts.loaded_modules, &entry) !=
            PS_READ_OK ||
        ps_space_address(&kernel->space, entry + (uint64_t)pointer * 6, &base) != PS_READ_OK)
        return 0;
    return base;
}

static bool take_image(ps_kernel *kernel, uint64_t base)
{
    if (base != 0 && ps_loaded_image_read(&kernel->space, base, &kernel->image) == PS_READ_OK)
        return true;
    memset(&kernel->image, 0, sizeof kernel->image);
    return false;
}

static void find_image(ps_kernel *kernel)
{
    ps_walk_budget budget = ps_image_budget(kernel->file);

    if (kernel->image.base == 0 &&
        !take_image(kernel, ps_kdbg_field(&kernel->kdbg, PS_KDBG_KERNEL_BASE)) &&
        !take_image(kernel, first_module(kernel)) &&
        (kernel->file->facts.container == PS_CONTAINER_TRIAGE ||
         !ps_find_kernel_image(&kernel->space, 0, &kernel->image, &budget)))
        return;
    (void)ps_loaded_pdb_read(&kernel->space, &kernel->image, &kernel->wants);
}

/* The tables that a search found may be any process' and may go stale where the kernel's parts
 * differ: System's are the kernel's own.  Their address stands at the same place in all builds. */
static void prefer_system_tables(ps_kernel *kernel)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    ps_space *space = &kernel->space;
    uint64_t process = 0;
    uint64_t root = 0;
    uint64_t before = 0;
    uint64_t after = 0;
    ps_space old;

    if (!ps_kernel_symbol(kernel, "PsInitialSystemProcess", &process) ||
        ps_space_address(space, process, &process) != PS_READ_OK ||
        ps_space_uint(space, process + (pointer == 8 ? 0x28 : 0x18), pointer, &root) !=
            PS_READ_OK ||
        root == 0 || root == space->root ||
        ps_space_translate(space, kernel->image.base, &before, NULL) != PS_READ_OK)
        return;
    old = *space;
    ps_space_init(space, kernel->file, old.paging, root, old.build);
    if (ps_space_translate(space, kernel->image.base, &after, NULL) != PS_READ_OK ||
        after != before || !ps_shared_data_is_mapped(space))
        *space = old;
}

static bool find_debugger_data(ps_kernel *kernel, ps_error *err)
{
    const uint64_t said = kernel->file->facts.debugger_data;

    if (kernel->kdbg.size != 0 || ps_kdbg_read(&kernel->space, said, &kernel->kdbg))
        return true;
    find_image(kernel);
    if (ps_kdbg_find(kernel)) {
        return !kernel->file->facts.has_header ||
               ps_container_note(kernel->file, PS_NOTE, PS_NOWHERE, err,
                                 "the debugger data are not at 0x%llx, as the header says, but at "
                                 "0x%llx",
                                 (unsigned long long)said,
                                 (unsigned long long)kernel->kdbg.address);
    }
    if (kernel->image.base == 0 && kernel->file->physical != NULL) {
        if (!ps_kdbg_hunt(kernel, err))
            return false;
        if (kernel->kdbg.size != 0) {
            return ps_container_note(kernel->file, PS_NOTE, PS_NOWHERE, err,
                                     "the debugger data were found at 0x%llx by a search",
                                     (unsigned long long)kernel->kdbg.address);
        }
    }
    if (said == 0) {
        return ps_container_note(kernel->file, PS_NOTE, PS_NOWHERE, err,
                                 "no debugger data were found: they are encoded or not in the "
                                 "dump; the kernel's PDB tells how to read them");
    }
    return ps_container_note(kernel->file, PS_NOTE, PS_NOWHERE, err,
                             "the debugger data at 0x%llx cannot be read or are encoded: the "
                             "kernel's PDB tells how to read them",
                             (unsigned long long)said);
}

/* Where the kernel's lists begin, of what the header does not say. */
static void find_lists(ps_kernel *kernel)
{
    ps_dump_facts *facts = &kernel->file->facts;

    if (facts->debugger_data == 0)
        facts->debugger_data = kernel->kdbg.address;
    if (facts->loaded_modules == 0)
        facts->loaded_modules = ps_kdbg_field(&kernel->kdbg, PS_KDBG_LOADED_MODULES);
    if (facts->loaded_modules == 0)
        (void)ps_kernel_symbol(kernel, "PsLoadedModuleList", &facts->loaded_modules);
    if (facts->processes == 0)
        facts->processes = ps_kdbg_field(&kernel->kdbg, PS_KDBG_PROCESSES);
    if (facts->processes == 0)
        (void)ps_kernel_symbol(kernel, "PsActiveProcessHead", &facts->processes);
}

bool ps_kernel_open(ps_kernel *kernel, ps_container_file *file, ps_error *err)
{
    kernel->file = file;
    if (!ps_find_tables(kernel, err))
        return false;
    if (!kernel->has_space)
        return ps_modules_walk(kernel, err);
    if (!find_debugger_data(kernel, err))
        return false;
    find_image(kernel);
    if (!file->facts.has_header) {
        prefer_system_tables(kernel);
        ps_kernel_facts(kernel);
    }
    find_lists(kernel);
    return ps_modules_walk(kernel, err);
}

/* Where a PDB's symbols count from.  A kernel whose header is not in the dump cannot say which PDB it
 * wants: the debugger data must lie where the PDB has them. */
static uint64_t symbols_base(const ps_kernel *kernel)
{
    const uint64_t base = ps_kdbg_field(&kernel->kdbg, PS_KDBG_KERNEL_BASE);
    uint32_t rva;

    if (kernel->image.base != 0)
        return kernel->image.base;
    if (base == 0 || !ps_pdb_symbol(kernel->pdb, "KdDebuggerDataBlock", &rva) ||
        base + rva != kernel->kdbg.address)
        return 0;
    return base;
}

bool ps_kernel_symbol(ps_kernel *kernel, const char *name, uint64_t *address)
{
    ps_read_status status;
    uint32_t rva;

    if (kernel->pdb != NULL && ps_pdb_symbol(kernel->pdb, name, &rva)) {
        const uint64_t base = symbols_base(kernel);
        *address = base + rva;
        return base != 0;
    }
    if (kernel->image.base == 0 ||
        !ps_loaded_export(&kernel->space, &kernel->image, name, &rva, &status))
        return false;
    *address = kernel->image.base + rva;
    return true;
}

ps_read_status ps_kernel_value(ps_kernel *kernel, const char *name, size_t size, uint64_t *value)
{
    uint64_t address;

    *value = 0;
    if (!ps_kernel_symbol(kernel, name, &address))
        return PS_READ_NOT_PRESENT;
    return ps_space_value(&kernel->space, address, size, value);
}

/* From build 17763 on entries of pages that are not present are masked: where the mask is. */
static void read_mask(ps_kernel *kernel)
{
    uint64_t state;
    uint64_t hardware;
    uint64_t mask;
    uint64_t value;

    if (kernel->pdb == NULL || !ps_kernel_symbol(kernel, "MiState", &state) ||
        !ps_pdb_field(kernel->pdb, "_MI_SYSTEM_INFORMATION", "Hardware", &hardware) ||
        !ps_pdb_field(kernel->pdb, "_MI_HARDWARE_STATE", "InvalidPteMask", &mask) ||
        ps_space_uint(&kernel->space, state + hardware + mask, 8, &value) != PS_READ_OK)
        return;
    ps_space_init(&kernel->space, kernel->file, kernel->space.paging, kernel->space.root,
                  kernel->space.build);
    kernel->space.invalid_mask = value;
    kernel->space.mask_known = true;
}

/* What only symbols tell: the mask, debugger data that are encoded, and lists that these name. */
static bool use_symbols(ps_kernel *kernel, ps_error *err)
{
    if (!kernel->has_space || kernel->space.paging == PS_PAGING_PIECES)
        return true;
    if (kernel->kdbg.size == 0 && ps_kdbg_decode(kernel) &&
        !ps_container_note(kernel->file, PS_NOTE, PS_NOWHERE, err,
                           kernel->kdbg.decoded ? "the debugger data at 0x%llx were decoded"
                                                : "the debugger data were found at 0x%llx",
                           (unsigned long long)kernel->kdbg.address))
        return false;
    find_lists(kernel);
    if (!kernel->file->facts.has_header)
        ps_kernel_facts(kernel);
    read_mask(kernel);
    return ps_modules_walk(kernel, err);
}

bool ps_kernel_use_pdb(ps_kernel *kernel, ps_source *source, ps_error *err)
{
    ps_pdb *pdb;

    if (!ps_pdb_open(&pdb, source, err))
        return false;
    if (kernel->wants.guid[0] != '\0' && (strcmp(ps_pdb_guid(pdb), kernel->wants.guid) != 0 ||
                                          ps_pdb_age(pdb) != kernel->wants.age)) {
        (void)ps_fail(err, PS_EFORMAT, PS_NOWHERE, "is %s age %u, the kernel wants %s %s age %u",
                      ps_pdb_guid(pdb), (unsigned)ps_pdb_age(pdb), kernel->wants.name,
                      kernel->wants.guid, (unsigned)kernel->wants.age);
        ps_pdb_close(pdb);
        return false;
    }
    ps_pdb_close(kernel->pdb);
    kernel->pdb = pdb;
    return use_symbols(kernel, err);
}

void ps_kernel_close(ps_kernel *kernel)
{
    ps_pdb_close(kernel->pdb);
    free(kernel->modules);
    *kernel = (ps_kernel){0};
}

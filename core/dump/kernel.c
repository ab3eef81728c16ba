/* kernel.c - find the kernel in a dump: which tables map it, and where its data are. */
#include "dump/kernel.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* Memory that every process shares with the kernel at an address of its own. */
#define SHARED_DATA_64 UINT64_C(0xFFFFF78000000000)
#define SHARED_DATA_32 UINT64_C(0xFFFFFFFFFFDF0000)
enum { MAJOR_VERSION = 0x26C };

static bool shared_data_is_mapped(ps_space *space)
{
    const uint64_t base = ps_space_pointer(space) == 8 ? SHARED_DATA_64 : SHARED_DATA_32;
    uint64_t major = 0;

    return ps_space_uint(space, base + MAJOR_VERSION, 4, &major) == PS_READ_OK && major >= 3 &&
           major <= 12;
}

/* Does the list of loaded modules come back to itself one step on? */
static bool list_is_mapped(ps_space *space, uint64_t head)
{
    uint64_t first = 0;
    uint64_t back = 0;

    return head != 0 && ps_space_address(space, head, &first) == PS_READ_OK && first != 0 &&
           ps_space_address(space, first + ps_space_pointer(space), &back) == PS_READ_OK &&
           back == head;
}

static bool maps_the_kernel(ps_kernel *kernel)
{
    const ps_dump_facts *facts = &kernel->file->facts;

    return list_is_mapped(&kernel->space, facts->loaded_modules) ||
           ps_kdbg_read(&kernel->space, facts->debugger_data, &kernel->kdbg) ||
           shared_data_is_mapped(&kernel->space);
}

static bool try_tables(ps_kernel *kernel, ps_paging paging, uint64_t root)
{
    ps_space_init(&kernel->space, kernel->file, paging, root, kernel->file->facts.build);
    kernel->has_space = root != 0 && maps_the_kernel(kernel);
    return kernel->has_space;
}

static bool try_root(ps_kernel *kernel, uint64_t root)
{
    const ps_dump_facts *facts = &kernel->file->facts;

    if (facts->machine == 0xAA64)
        return try_tables(kernel, PS_PAGING_ARM64, root);
    if (facts->bits == 64)
        return try_tables(kernel, PS_PAGING_X64, root) || try_tables(kernel, PS_PAGING_LA57, root);
    return (facts->pae && try_tables(kernel, PS_PAGING_PAE, root)) ||
           try_tables(kernel, PS_PAGING_X86, root) || try_tables(kernel, PS_PAGING_PAE, root);
}

static bool find_space(ps_kernel *kernel, ps_error *err)
{
    const ps_dump_facts *facts = &kernel->file->facts;

    if (facts->container == PS_CONTAINER_TRIAGE) {
        ps_space_init(&kernel->space, kernel->file, PS_PAGING_PIECES, 0, facts->build);
        kernel->has_space = true;
        return true;
    }
    if (kernel->file->physical == NULL || facts->present_pages == 0)
        return true;
    if (try_root(kernel, facts->table_base) || try_root(kernel, kernel->file->qemu_cr3))
        return true;
    if (facts->has_header) {
        return ps_container_note(kernel->file, PS_REFUSED, PS_NOWHERE, err,
                                 "the page tables at 0x%llx do not map the kernel: no virtual "
                                 "address can be read",
                                 (unsigned long long)facts->table_base);
    }
    return ps_container_note(kernel->file, PS_REFUSED, PS_NOWHERE, err,
                             "no page tables of a kernel are known: only physical memory can be "
                             "read");
}

static void find_image(ps_kernel *kernel)
{
    uint64_t base = ps_kdbg_field(&kernel->kdbg, PS_KDBG_KERNEL_BASE);

    if (base == 0 && kernel->loaded_count > 0)
        base = kernel->modules[0].base;
    if (base == 0 || ps_loaded_image_read(&kernel->space, base, &kernel->image) != PS_READ_OK) {
        kernel->image.base = 0;
        return;
    }
    (void)ps_loaded_pdb_read(&kernel->space, &kernel->image, &kernel->wants);
}

bool ps_kernel_open(ps_kernel *kernel, ps_container_file *file, ps_error *err)
{
    kernel->file = file;
    if (!find_space(kernel, err))
        return false;
    if (kernel->has_space && kernel->kdbg.size == 0 &&
        !ps_kdbg_read(&kernel->space, file->facts.debugger_data, &kernel->kdbg) &&
        !ps_container_note(file, PS_NOTE, PS_NOWHERE, err,
                           "the debugger data at 0x%llx cannot be read or is encoded",
                           (unsigned long long)file->facts.debugger_data))
        return false;
    if (!ps_modules_walk(kernel, err))
        return false;
    if (kernel->has_space)
        find_image(kernel);
    return true;
}

bool ps_kernel_symbol(ps_kernel *kernel, const char *name, uint64_t *address)
{
    ps_read_status status;
    uint32_t rva;

    if (kernel->image.base == 0 ||
        ((kernel->pdb == NULL || !ps_pdb_symbol(kernel->pdb, name, &rva)) &&
         !ps_loaded_export(&kernel->space, &kernel->image, name, &rva, &status)))
        return false;
    *address = kernel->image.base + rva;
    return true;
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
    return true;
}

void ps_kernel_close(ps_kernel *kernel)
{
    ps_pdb_close(kernel->pdb);
    free(kernel->modules);
    *kernel = (ps_kernel){0};
}

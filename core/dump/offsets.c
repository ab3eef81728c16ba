/* offsets.c - where fields and variables of the kernel are. */
#include "dump/offsets.h"

#include "base/error.h"
#include "dump/offsets_data.h"

#include <stdio.h>
#include <string.h>

static const ps_offset_row *row_of(const ps_kernel *kernel, const char *structure,
                                   const char *field)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);

    for (size_t i = 0; i < ps_offset_row_count; i++) {
        const ps_offset_row *row = &ps_offset_rows[i];
        if (row->pointer == pointer && strcmp(row->structure, structure) == 0 &&
            strcmp(row->field, field) == 0)
            return row;
    }
    return NULL;
}

static const ps_offset_span *span_of(const ps_offset_row *row, uint32_t build)
{
    const ps_offset_span *found = NULL;

    for (size_t i = 0; row != NULL && i < PS_OFFSET_SPANS && row->spans[i].build != 0; i++)
        if (row->spans[i].build <= build)
            found = &row->spans[i];
    return found;
}

/* ARM64 kernels have layouts of their own. */
static bool has_built_in(const ps_kernel *kernel)
{
    return kernel->space.paging != PS_PAGING_ARM64 && kernel->file->facts.machine != 0xAA64;
}

bool ps_offset(const ps_kernel *kernel, const char *structure, const char *field, uint64_t *offset)
{
    const ps_offset_span *span;
    uint64_t size;

    *offset = PS_OFFSET_UNKNOWN;
    if (kernel->pdb != NULL && ps_pdb_size(kernel->pdb, structure, &size))
        return ps_pdb_field(kernel->pdb, structure, field, offset);
    if (!has_built_in(kernel))
        return false;
    span = span_of(row_of(kernel, structure, field), kernel->file->facts.build);
    if (span == NULL || span->offset == PS_OFFSET_ABSENT)
        return false;
    *offset = span->offset;
    return true;
}

bool ps_offsets(const ps_kernel *kernel, const char *structure, const ps_offset_want *wants,
                size_t count, ps_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (ps_offset(kernel, structure, wants[i].field, wants[i].offset) || wants[i].optional)
            continue;
        return ps_symbols_needed(kernel, structure, err);
    }
    return true;
}

uint32_t ps_offsets_build(const ps_kernel *kernel)
{
    static const uint16_t known[] = {2600, 3790,  6000,  6001,  6002,  7600,  7601,  9200,
                                     9600, 10240, 15063, 16299, 17134, 17763, 18362, 19041};
    uint32_t found = 0;

    if (kernel->pdb != NULL || !has_built_in(kernel))
        return 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i] <= kernel->file->facts.build)
            found = known[i];
    return found;
}

ps_wanted_text ps_wanted_pdb(const ps_kernel *kernel)
{
    const ps_loaded_pdb *wants = &kernel->wants;
    ps_wanted_text is = {""};

    if (wants->guid[0] != '\0')
        (void)snprintf(is.text, sizeof is.text, ", %.24s %s age %u", wants->name, wants->guid,
                       (unsigned)wants->age);
    return is;
}

bool ps_symbols_needed(const ps_kernel *kernel, const char *what, ps_error *err)
{
    const ps_loaded_pdb *wants = &kernel->wants;

    if (kernel->pdb != NULL)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "%s is not in the kernel's PDB", what);
    if (wants->guid[0] == '\0') {
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "%s is not known of build %u: symbols are needed, and the dump does not say "
                       "which PDB has them",
                       what, (unsigned)kernel->file->facts.build);
    }
    return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                   "%s is not known of build %u: symbols are needed, %s %s age %u", what,
                   (unsigned)kernel->file->facts.build, wants->name, wants->guid,
                   (unsigned)wants->age);
}

bool ps_holds_variables(const ps_kernel *kernel, ps_error *err)
{
    return (kernel->has_space && kernel->file->facts.container != PS_CONTAINER_TRIAGE) ||
           ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                   "this dump does not hold the kernel's variables");
}

bool ps_variable(ps_kernel *kernel, const char *name, size_t kdbg_field, uint64_t *address,
                 ps_error *err)
{
    *address = 0;
    if (!kernel->has_space)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "no virtual address of this dump can be read");
    if (ps_kernel_symbol(kernel, name, address))
        return true;
    if (kdbg_field != 0)
        *address = ps_kdbg_field(&kernel->kdbg, kdbg_field);
    return *address != 0 || ps_symbols_needed(kernel, name, err);
}

bool ps_fetch(ps_space *space, uint64_t address, size_t size, const char *what, uint64_t *value,
              ps_error *err)
{
    const ps_read_status status = ps_space_value(space, address, size, value);

    if (status == PS_READ_OK)
        return true;
    *value = 0;
    return ps_fail(err, status == PS_READ_FAILED ? PS_EIO : PS_ETRUNCATED, PS_NOWHERE,
                   "%s at 0x%llx is %s", what, (unsigned long long)address,
                   ps_read_status_text(status));
}

bool ps_variable_value(ps_kernel *kernel, const char *name, size_t size, uint64_t *value,
                       ps_error *err)
{
    uint64_t address;

    *value = 0;
    return ps_variable(kernel, name, 0, &address, err) &&
           ps_fetch(&kernel->space, address, size, name, value, err);
}

bool ps_is_kernel_address(const ps_space *space, uint64_t address)
{
    return address >= (ps_space_pointer(space) == 8 ? UINT64_C(0xFF00000000000000)
                                                    : UINT64_C(0xFFFFFFFF80000000));
}

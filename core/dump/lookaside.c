/* lookaside.c - lookaside lists, whose tag and place tell which driver uses which tag. */
#include "base/array.h"
#include "base/error.h"
#include "dump/lists.h"
#include "dump/offsets.h"

#include <stdlib.h>

enum { SIZE_LIMIT = 1 << 20 };

typedef struct layout {
    uint64_t allocates, frees, type, tag, size, links;
} layout;

static bool is_tag(uint32_t key)
{
    for (int i = 0; i < 4; i++, key >>= 8)
        if ((key & 0x7F) < ' ' || (key & 0x7F) > '~')
            return false;
    return true;
}

static bool take(ps_kernel *kernel, const layout *is, ps_dump_lookaside *found)
{
    const struct {
        uint64_t offset;
        uint32_t *value;
    } fields[] = {{is->allocates, &found->allocates},
                  {is->frees, &found->frees},
                  {is->tag, &found->tag},
                  {is->size, &found->size}};
    uint64_t value;

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (ps_space_uint(&kernel->space, found->address + fields[i].offset, 4, &value) !=
            PS_READ_OK)
            return false;
        *fields[i].value = (uint32_t)value;
    }
    if (ps_space_uint(&kernel->space, found->address + is->type, 4, &value) != PS_READ_OK)
        return false;
    found->pool = (value & 1) != 0 ? PS_POOL_PAGED : PS_POOL_NONPAGED;
    found->module = ps_kernel_module_at(kernel, found->address);
    return is_tag(found->tag) && found->size != 0 && found->size <= SIZE_LIMIT;
}

static bool add_at(ps_lookaside_list *list, ps_kernel *kernel, const layout *is, uint64_t address,
                   ps_error *err)
{
    ps_dump_lookaside found = {.address = address};

    if (!take(kernel, is, &found))
        return true;
    if (!ps_grow((void **)&list->items, &list->capacity, list->count, sizeof *list->items))
        return ps_fail_memory(err);
    list->items[list->count++] = found;
    return true;
}

static bool say_broken(ps_kernel *kernel, const char *name, uint64_t entry, const char *how,
                       ps_error *err)
{
    return ps_container_note(kernel->file, PS_REFUSED, PS_NOWHERE, err,
                             "the list %s breaks off: the entry at 0x%llx %s", name,
                             (unsigned long long)entry, how);
}

static bool walk(ps_lookaside_list *list, ps_kernel *kernel, const layout *is, const char *name,
                 ps_error *err)
{
    uint64_t head;
    uint64_t before;
    uint64_t entry;

    if (!ps_variable(kernel, name, 0, &head, err) ||
        !ps_fetch(&kernel->space, head, 0, name, &entry, err))
        return false;
    before = head;
    for (size_t i = 0; entry != head; i++) {
        uint64_t next = 0;
        const char *broken = ps_space_follow(&kernel->space, entry, before, &next);
        if (!PS_WITHIN(&kernel->file->bounds, dump_lookasides, i))
            return ps_container_limit(kernel->file, PS_LIMIT(dump_lookasides), PS_NOWHERE, err);
        if (broken != NULL)
            return say_broken(kernel, name, entry, broken, err);
        if (!add_at(list, kernel, is, entry - is->links, err))
            return false;
        before = entry;
        entry = next;
    }
    return true;
}

static bool read_all(ps_lookaside_list *list, ps_kernel *kernel, ps_error *err)
{
    layout is;
    const ps_offset_want wants[] = {
        {"TotalAllocates", &is.allocates, false},
        {"TotalFrees", &is.frees, false},
        {"Type", &is.type, false},
        {"Tag", &is.tag, false},
        {"Size", &is.size, false},
        {"ListEntry", &is.links, false},
    };

    return ps_offsets(kernel, "_GENERAL_LOOKASIDE", wants, sizeof wants / sizeof wants[0], err) &&
           walk(list, kernel, &is, "ExNPagedLookasideListHead", err) &&
           walk(list, kernel, &is, "ExPagedLookasideListHead", err);
}

bool ps_lookasides_read(ps_lookaside_list *list, ps_kernel *kernel, ps_error *err)
{
    ps_lookaside_list found = {.known = true};

    if (!ps_holds_variables(kernel, err))
        return false;
    if (read_all(&found, kernel, err)) {
        *list = found;
        return true;
    }
    free(found.items);
    return false;
}

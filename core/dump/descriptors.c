/* descriptors.c - the allocator's own pools, as builds before 19041 have them: what is in use of each,
 * whatever its tag. */
#include "base/array.h"
#include "base/error.h"
#include "dump/lists.h"
#include "dump/offsets.h"

#include <stdlib.h>

enum { POOLS = 64, PAGES_LIMIT = 1 << 28 };

/* What was allocated and given back; newer builds count both, older ones the difference. */
typedef struct counter {
    uint64_t gained, lost;
} counter;

typedef struct layout {
    unsigned pointer;
    uint64_t type, index, allocs, frees;
    counter pages, big_pages, bytes;
} layout;

static bool find_layout(const ps_kernel *kernel, layout *is, ps_error *err)
{
    const ps_offset_want wants[] = {
        {"PoolType", &is->type, false},
        {"PoolIndex", &is->index, false},
        {"RunningAllocs", &is->allocs, false},
        {"RunningDeAllocs", &is->frees, true},
        {"TotalPages", &is->pages.gained, true},
        {"TotalBigPages", &is->big_pages.gained, true},
        {"TotalBytes", &is->bytes.gained, true},
        {"PagesDeallocated", &is->pages.lost, true},
        {"BigPagesDeallocated", &is->big_pages.lost, true},
        {"BytesDeallocated", &is->bytes.lost, true},
    };

    is->pointer = ps_space_pointer(&kernel->space);
    if (!ps_offsets(kernel, "_POOL_DESCRIPTOR", wants, sizeof wants / sizeof wants[0], err))
        return false;
    if (is->frees == PS_OFFSET_UNKNOWN)
        (void)ps_offset(kernel, "_POOL_DESCRIPTOR", "RunningDeallocs", &is->frees);
    if (is->pages.gained == PS_OFFSET_UNKNOWN) {
        (void)ps_offset(kernel, "_POOL_DESCRIPTOR", "PagesAllocated", &is->pages.gained);
        (void)ps_offset(kernel, "_POOL_DESCRIPTOR", "BigPagesAllocated", &is->big_pages.gained);
        (void)ps_offset(kernel, "_POOL_DESCRIPTOR", "BytesAllocated", &is->bytes.gained);
    }
    return true;
}

static uint64_t number(ps_kernel *kernel, uint64_t address, uint64_t offset, size_t size)
{
    uint64_t value;

    if (offset == PS_OFFSET_UNKNOWN ||
        ps_space_uint(&kernel->space, address + offset, size, &value) != PS_READ_OK)
        return PS_NOT_KNOWN;
    return value;
}

static uint64_t in_use(ps_kernel *kernel, uint64_t address, const counter *c, size_t size)
{
    const uint64_t gained = number(kernel, address, c->gained, size);
    const uint64_t lost = number(kernel, address, c->lost, size);

    return gained == PS_NOT_KNOWN || c->lost == PS_OFFSET_UNKNOWN || lost == PS_NOT_KNOWN
               ? gained
               : gained - lost;
}

/* In 64-bit kernels of builds that count both ways, pages are counted in eight bytes. */
static size_t page_size_of(const layout *is)
{
    return is->pages.lost == PS_OFFSET_UNKNOWN ? 4 : is->pointer;
}

static bool take(ps_kernel *kernel, const layout *is, ps_pool pool, ps_dump_descriptor *d)
{
    const uint64_t type = number(kernel, d->address, is->type, 4);
    const uint64_t index = number(kernel, d->address, is->index, 4);

    d->pool = pool;
    d->index = (uint32_t)index;
    d->allocs = number(kernel, d->address, is->allocs, 4);
    d->frees = number(kernel, d->address, is->frees, 4);
    d->pages = in_use(kernel, d->address, &is->pages, page_size_of(is));
    d->big_pages = in_use(kernel, d->address, &is->big_pages, page_size_of(is));
    d->bytes = in_use(kernel, d->address, &is->bytes, is->pointer);
    return type != PS_NOT_KNOWN && (type & ~UINT64_C(0x201)) == 0 &&
           (type & 1) == (pool == PS_POOL_PAGED) && index < 4096 && d->allocs != PS_NOT_KNOWN &&
           d->frees != PS_NOT_KNOWN && d->pages < PAGES_LIMIT;
}

/* What does not look like a descriptor of that pool is passed over. */
static bool add(ps_descriptor_list *list, ps_kernel *kernel, const layout *is,
                const ps_dump_descriptor *maybe, ps_error *err)
{
    ps_dump_descriptor found = *maybe;

    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].address == found.address)
            return true;
    if (!ps_is_kernel_address(&kernel->space, found.address) ||
        !take(kernel, is, found.pool, &found))
        return true;
    if (!ps_grow((void **)&list->items, &list->capacity, list->count, sizeof *list->items))
        return ps_fail_memory(err);
    list->items[list->count++] = found;
    return true;
}

typedef struct place {
    const char *name;
    size_t field; /* of the debugger data; 0 if it has none */
    ps_pool pool;
    bool itself; /* the variable may be the descriptor, not a pointer to it */
    const char *count;
} place;

static bool add_place(ps_descriptor_list *list, ps_kernel *kernel, const layout *is, const place *p,
                      ps_error *err)
{
    ps_dump_descriptor d = {.pool = p->pool};
    uint64_t address = p->field != 0 ? ps_kdbg_field(&kernel->kdbg, p->field) : 0;
    uint64_t variable;
    uint64_t count = 1;

    if (!ps_kernel_symbol(kernel, p->name, &address) && address == 0)
        return true;
    d.address = address;
    if (p->itself && !add(list, kernel, is, &d, err))
        return false;
    variable = ps_kdbg_field(&kernel->kdbg, PS_KDBG_PAGED_POOLS);
    if (p->count != NULL && (ps_kernel_symbol(kernel, p->count, &variable) ||
                             (p->pool == PS_POOL_PAGED && variable != 0)))
        (void)ps_space_uint(&kernel->space, variable, 4, &count);
    for (uint64_t i = 0; i <= count && i < POOLS; i++) {
        if (ps_space_address(&kernel->space, address + i * is->pointer, &d.address) != PS_READ_OK)
            break;
        if (!add(list, kernel, is, &d, err))
            return false;
    }
    return true;
}

static bool read_all(ps_descriptor_list *list, ps_kernel *kernel, ps_error *err)
{
    static const place places[] = {
        {"NonPagedPoolDescriptor", PS_KDBG_NONPAGED_DESCRIPTOR, PS_POOL_NONPAGED, true, NULL},
        {"ExpNonPagedPoolDescriptor", 0, PS_POOL_NONPAGED, false, "ExpNumberOfNonPagedPools"},
        {"ExpPagedPoolDescriptor", PS_KDBG_PAGED_DESCRIPTORS, PS_POOL_PAGED, false,
         "ExpNumberOfPagedPools"},
        {"PoolVector", 0, PS_POOL_NONPAGED, false, NULL},
        {"PoolVector", 0, PS_POOL_PAGED, false, NULL},
    };
    layout is;

    if (!find_layout(kernel, &is, err))
        return false;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (!add_place(list, kernel, &is, &places[i], err))
            return false;
    return list->count != 0 || ps_symbols_needed(kernel, "any pool descriptor", err);
}

bool ps_descriptors_read(ps_descriptor_list *list, ps_kernel *kernel, ps_error *err)
{
    ps_descriptor_list found = {.known = true};

    if (!ps_holds_variables(kernel, err))
        return false;
    if (read_all(&found, kernel, err)) {
        *list = found;
        return true;
    }
    free(found.items);
    return false;
}

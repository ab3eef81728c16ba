/* bigpages.c - the blocks of the big-page table. */
#include "dump/bigpages.h"

#include "base/array.h"
#include "base/error.h"
#include "dump/offsets.h"

#include <stdlib.h>

enum { CHUNK = 128 };

/* The pool of a table that does not tell it: by the range of paged pool. */
typedef struct paged_range {
    uint64_t start, end;
} paged_range;

static paged_range find_paged(ps_kernel *kernel)
{
    paged_range range = {0};
    const uint64_t start = ps_kdbg_field(&kernel->kdbg, PS_KDBG_PAGED_START);
    const uint64_t end = ps_kdbg_field(&kernel->kdbg, PS_KDBG_PAGED_END);

    if (start == 0 || end == 0 ||
        ps_space_address(&kernel->space, start, &range.start) != PS_READ_OK ||
        ps_space_address(&kernel->space, end, &range.end) != PS_READ_OK)
        return (paged_range){0};
    return range;
}

static bool add(ps_big_list *list, const ps_dump_big *big, ps_error *err)
{
    if (!ps_grow((void **)&list->items, &list->capacity, list->count, sizeof *list->items))
        return ps_fail_memory(err);
    list->items[list->count++] = *big;
    return true;
}

static bool add_some(ps_big_list *list, const ps_big_layout *layout, const uint8_t *bytes,
                     size_t count, ps_error *err)
{
    for (size_t i = 0; i < count; i++) {
        ps_dump_big big;
        if (ps_big_entry(layout, bytes + i * layout->size, &big) && !add(list, &big, err))
            return false;
    }
    return true;
}

bool ps_big_read(ps_big_list *list, const ps_big_table *table, ps_kernel *kernel, ps_error *err)
{
    const size_t size = table->layout.size;
    uint8_t bytes[CHUNK * PS_BIG_LARGEST];
    uint64_t missing = 0;
    size_t done;

    for (uint64_t at = 0; at < table->entries; at += done) {
        const uint64_t left = table->entries - at;
        const size_t count = left < CHUNK ? (size_t)left : CHUNK;
        size_t got = 0;
        (void)ps_space_read(&kernel->space, table->address + at * size, bytes, count * size, &got);
        done = got / size;
        if (!add_some(list, &table->layout, bytes, done, err))
            return false;
        missing += done < count;
        done += done < count;
    }
    return missing == 0 ||
           ps_container_note(kernel->file, PS_REFUSED, PS_NOWHERE, err,
                             "%llu of %llu entries of the big-page table are not in the dump",
                             (unsigned long long)missing, (unsigned long long)table->entries);
}

static int by_address(const void *a, const void *b)
{
    const uint64_t x = ((const ps_dump_big *)a)->address;
    const uint64_t y = ((const ps_dump_big *)b)->address;

    return x < y ? -1 : x > y;
}

bool ps_bigs_read(ps_big_list *list, ps_kernel *kernel, ps_error *err)
{
    ps_big_list found = {.known = true};
    ps_big_table table;
    paged_range paged;

    if (!ps_big_find(&table, kernel, err))
        return false;
    if (!ps_big_read(&found, &table, kernel, err)) {
        free(found.items);
        return false;
    }
    paged = find_paged(kernel);
    for (size_t i = 0; table.layout.pages && i < found.count; i++)
        if (found.items[i].address >= paged.start && found.items[i].address < paged.end)
            found.items[i].pool = PS_POOL_PAGED;
    if (found.count > 1)
        qsort(found.items, found.count, sizeof *found.items, by_address);
    *list = found;
    return true;
}

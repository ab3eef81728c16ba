/* tracker_expansion.c - the table of the tags that the processors' tables had no room for, found
 * without symbols: a pointer to it stands near theirs, and it holds what no other table can.
 *
 * It is one table for all processors, so none of its counts is negative; its tags are in no other
 * table; and behind its last entry lies nothing, so that its size need not be known.
 */
#include "dump/tracker_find.h"

#include "base/array.h"
#include "base/error.h"
#include "base/reader.h"
#include "dump/offsets.h"

#include <stdlib.h>
#include <string.h>

enum { NEAR = 0x1000, LARGEST_ENTRY = 0x50, MOST = 1 << 16, SMALLEST_BLOCK = 8 };

typedef struct side {
    uint64_t allocs, frees, bytes;
} side;

static uint64_t field(const uint8_t *entry, const ps_tracker_layout *is, size_t at, size_t size)
{
    ps_reader r = ps_reader_at(entry, is->size, at, size);

    return ps_uint(&r, size);
}

/* In use never more than was taken; bytes where there are blocks, none where there are none. */
static bool holds_together(const side *s, const ps_tracker_layout *is)
{
    uint64_t used = s->allocs - s->frees;

    if (is->count_size == 4)
        used &= UINT32_MAX;
    if (used == 0)
        return s->bytes == 0;
    return used <= INT32_MAX && s->bytes >= used * SMALLEST_BLOCK && s->bytes >> 44 == 0;
}

static bool is_entry(const uint8_t *entry, const ps_tracker_layout *is)
{
    const side nonpaged = {field(entry, is, is->nonpaged_allocs, is->count_size),
                           field(entry, is, is->nonpaged_frees, is->count_size),
                           field(entry, is, is->nonpaged_bytes, is->pointer)};
    const side paged = {field(entry, is, is->paged_allocs, is->count_size),
                        field(entry, is, is->paged_frees, is->count_size),
                        field(entry, is, is->paged_bytes, is->pointer)};

    return ps_tracker_is_key((uint32_t)field(entry, is, 0, 4)) &&
           (nonpaged.allocs != 0 || paged.allocs != 0) && holds_together(&nonpaged, is) &&
           holds_together(&paged, is);
}

static bool is_empty(const uint8_t *entry, size_t size)
{
    return entry[0] == 0 && memcmp(entry, entry + 1, size - 1) == 0;
}

static bool is_known_tag(const ps_tracker *tracker, ps_tag tag)
{
    size_t low = 0;
    size_t high = tracker->sum_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (tracker->sums[middle].tag == tag)
            return true;
        if (tracker->sums[middle].tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* How many entries a table has up to its last used one, or up to the first that is mapped but not
 * there; 0 where it is no such table. */
static uint64_t measure(const ps_tracker *tracker, ps_space *space, uint64_t address)
{
    const ps_tracker_layout *is = tracker->layout;
    uint8_t entry[LARGEST_ENTRY];
    uint64_t last = 0;

    for (uint64_t i = 0; i < MOST; i++) {
        const ps_read_status status = ps_space_take(space, address + i * is->size, entry, is->size);
        if (status != PS_READ_OK)
            return status == PS_READ_NOT_PRESENT || last == 0 ? last : i + 1;
        if (is_empty(entry, is->size))
            continue;
        if (!is_entry(entry, is))
            break;
        if (is_known_tag(tracker, (ps_tag)field(entry, is, 0, 4)))
            return 0;
        last = i + 1;
    }
    return last;
}

static bool may_be_it(const ps_tracker *tracker, const ps_kernel *kernel, uint64_t address)
{
    const ps_loaded_image *image = &kernel->image;

    if (!ps_is_kernel_address(&kernel->space, address) || address % PS_FRAME_SIZE != 0 ||
        (address >= image->base && address - image->base < image->image_size))
        return false;
    for (size_t i = 0; i < tracker->table_count; i++)
        if (tracker->tables[i].address == address)
            return false;
    return true;
}

/* The one table that is pointed to around a variable; address 0 if there is none, or more. */
static ps_tracker_table find_near(const ps_tracker *tracker, ps_kernel *kernel, uint64_t variable)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    ps_tracker_table found = {0, 0};

    for (uint64_t at = variable - NEAR; at < variable + NEAR; at += pointer) {
        uint64_t address = 0;
        uint64_t entries;
        if (ps_space_address(&kernel->space, at, &address) != PS_READ_OK ||
            address == found.address || !may_be_it(tracker, kernel, address))
            continue;
        entries = measure(tracker, &kernel->space, address);
        if (entries != 0 && found.address != 0)
            return (ps_tracker_table){0, 0};
        if (entries != 0)
            found = (ps_tracker_table){address, entries};
    }
    return found;
}

bool ps_tracker_find_expansion(ps_tracker *tracker, ps_kernel *kernel, ps_error *err)
{
    const uint64_t variable = ps_tracker_variable(kernel);
    ps_tracker_table found;

    if (variable == 0)
        return true;
    found = find_near(tracker, kernel, variable);
    if (found.address == 0)
        return true;
    if (!ps_grow((void **)&tracker->tables, &tracker->table_capacity, tracker->table_count,
                 sizeof *tracker->tables))
        return ps_fail_memory(err);
    tracker->tables[tracker->table_count++] = found;
    tracker->expansion_unknown = false;
    return ps_container_note(
        kernel->file, PS_NOTE, PS_NOWHERE, err,
        "the table of the tags that did not fit was found at 0x%llx by what it "
        "holds, without symbols",
        (unsigned long long)found.address);
}

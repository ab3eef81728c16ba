/* tracker.c - the tag tables of all processors added up. */
#include "dump/tracker.h"

#include "base/array.h"
#include "base/error.h"
#include "base/reader.h"
#include "dump/tracker_find.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1 << 13, CHUNK = 64 };

/* Sums by tag: an open hash whose size is a power of two; tag 0 is a free slot. */
typedef struct bag {
    ps_tag_sums *slots;
    size_t size, count;
} bag;

static ps_tag_sums *slot_of(ps_tag_sums *slots, size_t size, ps_tag tag)
{
    size_t at = (size_t)(tag * UINT32_C(0x9E3779B1)) & (size - 1);

    while (slots[at].tag != 0 && slots[at].tag != tag)
        at = (at + 1) & (size - 1);
    return &slots[at];
}

static bool widen(bag *sums)
{
    const size_t size = sums->size == 0 ? FIRST_SLOTS : sums->size * 2;
    ps_tag_sums *slots = calloc(size, sizeof *slots);

    if (slots == NULL)
        return false;
    for (size_t i = 0; i < sums->size; i++)
        if (sums->slots[i].tag != 0)
            *slot_of(slots, size, sums->slots[i].tag) = sums->slots[i];
    free(sums->slots);
    sums->slots = slots;
    sums->size = size;
    return true;
}

static ps_tag_sums *sums_of(bag *sums, ps_tag tag)
{
    ps_tag_sums *slot;

    if (sums->count * 2 >= sums->size && !widen(sums))
        return NULL;
    slot = slot_of(sums->slots, sums->size, tag);
    if (slot->tag == 0) {
        slot->tag = tag;
        sums->count++;
    }
    return slot;
}

static uint64_t field(const uint8_t *entry, const ps_tracker_layout *layout, size_t offset,
                      size_t size)
{
    ps_reader r = ps_reader_at(entry, layout->size, offset, size);

    return ps_uint(&r, size);
}

/* Bytes of one processor's table may be negative: blocks are freed where they were not allocated.
 */
static uint64_t bytes_field(const uint8_t *entry, const ps_tracker_layout *layout, size_t offset)
{
    const uint64_t value = field(entry, layout, offset, layout->pointer);

    return layout->pointer == 8 ? value : (uint64_t)(int64_t)(int32_t)(uint32_t)value;
}

static bool add_entry(bag *sums, const uint8_t *entry, const ps_tracker_layout *layout,
                      uint64_t *used)
{
    const uint32_t key = (uint32_t)field(entry, layout, 0, 4);
    ps_tag_sums *sum;

    if (key == 0)
        return true;
    *used += 1;
    sum = sums_of(sums, key);
    if (sum == NULL)
        return false;
    sum->nonpaged_allocs += field(entry, layout, layout->nonpaged_allocs, layout->count_size);
    sum->nonpaged_frees += field(entry, layout, layout->nonpaged_frees, layout->count_size);
    sum->nonpaged_bytes += bytes_field(entry, layout, layout->nonpaged_bytes);
    sum->paged_allocs += field(entry, layout, layout->paged_allocs, layout->count_size);
    sum->paged_frees += field(entry, layout, layout->paged_frees, layout->count_size);
    sum->paged_bytes += bytes_field(entry, layout, layout->paged_bytes);
    return true;
}

typedef struct walk {
    const ps_tracker_layout *layout;
    ps_space *space;
    uint64_t used; /* entries that are not free */
} walk;

/* Up to `count` whole entries from an address on; *done is how many could be read. */
static bool add_some(walk *w, bag *sums, uint64_t address, size_t count, size_t *done)
{
    const size_t size = w->layout->size;
    uint8_t bytes[CHUNK * 0x50];
    size_t got = 0;

    (void)ps_space_read(w->space, address, bytes, count * size, &got);
    *done = got / size;
    for (size_t i = 0; i < *done; i++)
        if (!add_entry(sums, bytes + i * size, w->layout, &w->used))
            return false;
    return true;
}

/* Entries that cannot be read are counted and passed over. */
static bool add_table(ps_tracker *tracker, bag *sums, ps_space *space,
                      const ps_tracker_table *table, ps_error *err)
{
    walk w = {tracker->layout, space, 0};
    uint64_t missing = 0;
    uint64_t at = 0;

    while (at < table->entries) {
        const uint64_t left = table->entries - at;
        const size_t count = left < CHUNK ? (size_t)left : CHUNK;
        size_t done;
        if (!add_some(&w, sums, table->address + at * w.layout->size, count, &done))
            return ps_fail_memory(err);
        missing += done < count;
        at += done < count ? done + 1 : done;
    }
    tracker->entries_missing += missing;
    tracker->tables_whole += missing == 0;
    /* The last entry is for what fits nowhere. */
    tracker->full |= w.used + 1 >= table->entries;
    return true;
}

static int by_tag(const void *a, const void *b)
{
    const ps_tag x = ((const ps_tag_sums *)a)->tag;
    const ps_tag y = ((const ps_tag_sums *)b)->tag;

    return x < y ? -1 : x > y;
}

/* The used slots, packed and in order. */
static void take_sums(ps_tracker *tracker, bag *sums)
{
    size_t kept = 0;

    for (size_t i = 0; i < sums->size; i++)
        if (sums->slots[i].tag != 0)
            sums->slots[kept++] = sums->slots[i];
    if (kept > 1)
        qsort(sums->slots, kept, sizeof *sums->slots, by_tag);
    tracker->sums = sums->slots;
    tracker->sum_count = kept;
}

bool ps_tracker_add(ps_tracker *tracker, uint64_t address, uint64_t entries, ps_error *err)
{
    for (size_t i = 0; i < tracker->table_count; i++)
        if (tracker->tables[i].address == address)
            return true;
    if (!ps_grow((void **)&tracker->tables, &tracker->table_capacity, tracker->table_count,
                 sizeof *tracker->tables))
        return ps_fail_memory(err);
    tracker->tables[tracker->table_count++] = (ps_tracker_table){address, entries};
    return true;
}

bool ps_tracker_sum(ps_tracker *tracker, ps_space *space, ps_error *err)
{
    bag sums = {0};

    for (size_t i = 0; i < tracker->table_count; i++) {
        if (!add_table(tracker, &sums, space, &tracker->tables[i], err)) {
            free(sums.slots);
            return false;
        }
    }
    take_sums(tracker, &sums);
    return true;
}

static bool fail_layout(const ps_tracker *tracker, ps_space *space, ps_error *err)
{
    const uint64_t address = tracker->tables[0].address;
    uint8_t entry[16];
    size_t got = 0;
    const ps_read_status status = ps_space_read(space, address, entry, sizeof entry, &got);

    if (status != PS_READ_OK)
        return ps_fail(err, PS_ETRUNCATED, PS_NOWHERE, "the tag table at 0x%llx is %s",
                       (unsigned long long)address, ps_read_status_text(status));
    return ps_fail(err, PS_EFORMAT, PS_NOWHERE,
                   "what lies at 0x%llx has none of the layouts of tag tables that are known",
                   (unsigned long long)address);
}

/* Where the tables are full and nothing tells where the rest is, look for it, and add up again. */
static bool add_expansion(ps_tracker *tracker, ps_kernel *kernel, ps_error *err)
{
    if (!tracker->full || !tracker->expansion_unknown)
        return true;
    if (!ps_tracker_find_expansion(tracker, kernel, err))
        return false;
    if (tracker->expansion_unknown)
        return true;
    free(tracker->sums);
    tracker->sums = NULL;
    tracker->sum_count = tracker->tables_whole = 0;
    tracker->entries_missing = 0;
    return ps_tracker_sum(tracker, &kernel->space, err);
}

static bool read_all(ps_tracker *tracker, ps_kernel *kernel, ps_error *err)
{
    if (!ps_tracker_find(tracker, kernel, err))
        return false;
    for (size_t i = 0; i < tracker->table_count && tracker->layout == NULL; i++)
        tracker->layout =
            ps_tracker_detect(&kernel->space, &tracker->tables[i], kernel->file->facts.build);
    if (tracker->layout == NULL)
        return fail_layout(tracker, &kernel->space, err);
    return ps_tracker_sum(tracker, &kernel->space, err) && add_expansion(tracker, kernel, err);
}

bool ps_tracker_read(ps_tracker *tracker, ps_kernel *kernel, ps_error *err)
{
    *tracker = (ps_tracker){0};
    if (!kernel->has_space)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "no virtual address of this dump can be read");
    if (read_all(tracker, kernel, err))
        return true;
    ps_tracker_free(tracker);
    return false;
}

void ps_tracker_free(ps_tracker *tracker)
{
    free(tracker->tables);
    free(tracker->sums);
    *tracker = (ps_tracker){0};
}

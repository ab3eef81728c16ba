/* bigpages_find.c - where the big-page table is.  Without symbols: its pointer and its size stand
 * among the variables around the tag table's, and the table must look like one. */
#include "base/error.h"
#include "base/reader.h"
#include "dump/bigpages.h"
#include "dump/offsets.h"
#include "dump/tracker_find.h"

#include <stdlib.h>

enum { SMALLEST = 0x40, LEAST = 4, LARGEST = 1 << 23, NEAR = 0x1000, SIZES = 32 };

static bool find_by_symbols(ps_big_table *table, ps_kernel *kernel, uint64_t variable,
                            ps_error *err)
{
    if (!ps_fetch(&kernel->space, variable, 0, "PoolBigPageTable", &table->address, err) ||
        !ps_variable_value(kernel, "PoolBigPageTableSize", ps_space_pointer(&kernel->space),
                           &table->entries, err))
        return false;
    if (table->address == 0 || table->entries == 0)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "the kernel has no big-page table yet");
    if (table->entries > LARGEST)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "PoolBigPageTableSize is %llu",
                       (unsigned long long)table->entries);
    return ps_big_detect(kernel, table, 1, &table->layout) ||
           ps_fail(err, PS_EFORMAT, PS_NOWHERE,
                   "the big-page table at 0x%llx is not in the dump, or looks like none that is "
                   "known of build %u",
                   (unsigned long long)table->address, (unsigned)kernel->file->facts.build);
}

/* Variables near the tag table's: addresses, and numbers that could be the table's size. */
typedef struct surroundings {
    uint8_t bytes[2 * NEAR];
    size_t size;
    uint64_t counts[SIZES]; /* the largest first */
    size_t count_count;
} surroundings;

static int larger_first(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;

    return x < y ? 1 : -(x > y);
}

static uint64_t value_at(const surroundings *around, size_t at, unsigned pointer)
{
    ps_reader r = ps_reader_at(around->bytes, around->size, at, pointer);
    const uint64_t value = ps_uint(&r, pointer);

    return pointer == 8 ? value : (uint64_t)(int64_t)(int32_t)(uint32_t)value;
}

static void note_count(surroundings *around, uint64_t value)
{
    if (value < SMALLEST || value > LARGEST || (value & (value - 1)) != 0)
        return;
    for (size_t i = 0; i < around->count_count; i++)
        if (around->counts[i] == value)
            return;
    if (around->count_count < SIZES)
        around->counts[around->count_count++] = value;
}

static void look_around(surroundings *around, ps_kernel *kernel, uint64_t variable)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    const uint64_t from = variable - NEAR;

    (void)ps_space_read(&kernel->space, from, around->bytes, sizeof around->bytes, &around->size);
    if (around->size == 0) /* the page before is not there */
        (void)ps_space_read(&kernel->space, variable, around->bytes, NEAR, &around->size);
    for (size_t i = 0; i + pointer <= around->size; i += pointer)
        note_count(around, value_at(around, i, pointer));
    qsort(around->counts, around->count_count, sizeof around->counts[0], larger_first);
}

/* The largest size for which all that is used looks like blocks: what lies behind a table does
 * not.  Memory that is made up may hold as many tables as it likes: their number is bounded. */
static bool try_pointer(ps_big_table *table, const surroundings *around, ps_kernel *kernel,
                        uint64_t address, uint64_t *budget)
{
    for (size_t i = 0; i < around->count_count; i++) {
        if (around->counts[i] > *budget)
            continue;
        *budget -= around->counts[i];
        table->address = address;
        table->entries = around->counts[i];
        if (ps_big_detect(kernel, table, LEAST, &table->layout))
            return true;
    }
    return false;
}

static bool may_be_table(ps_kernel *kernel, uint64_t address, uint64_t track_table)
{
    return ps_is_kernel_address(&kernel->space, address) && address % 16 == 0 &&
           address != track_table &&
           (address < kernel->image.base ||
            address - kernel->image.base >= kernel->image.image_size);
}

static bool find_by_data(ps_big_table *table, ps_kernel *kernel, uint64_t variable, ps_error *err)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    surroundings around = {.size = 0};
    uint64_t track_table = 0;
    uint64_t budget = UINT64_C(4) * LARGEST;

    (void)ps_space_address(&kernel->space, variable, &track_table);
    look_around(&around, kernel, variable);
    for (size_t i = 0; i + pointer <= around.size; i += pointer) {
        const uint64_t address = value_at(&around, i, pointer);
        if (may_be_table(kernel, address, track_table) &&
            try_pointer(table, &around, kernel, address, &budget))
            return true;
    }
    return ps_symbols_needed(kernel, "PoolBigPageTable", err);
}

bool ps_big_find(ps_big_table *table, ps_kernel *kernel, ps_error *err)
{
    uint64_t variable = 0;

    *table = (ps_big_table){0};
    if (!kernel->has_space)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "no virtual address of this dump can be read");
    if (kernel->file->facts.container == PS_CONTAINER_TRIAGE)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "a triage dump holds no big-page table: a kernel dump does");
    if (ps_kernel_symbol(kernel, "PoolBigPageTable", &variable))
        return find_by_symbols(table, kernel, variable, err);
    variable = ps_tracker_variable(kernel);
    if (variable == 0)
        return ps_symbols_needed(kernel, "PoolBigPageTable", err);
    return find_by_data(table, kernel, variable, err);
}

/* ranges.c - pieces of virtual memory that a file holds. */
#include "dump/ranges.h"

#include "base/array.h"

bool ps_ranges_add(ps_ranges *ranges, const ps_run *run)
{
    if (run->size == 0 || run->address > UINT64_MAX - (run->size - 1))
        return true;
    if (!ps_grow((void **)&ranges->runs, &ranges->capacity, ranges->count, sizeof *ranges->runs))
        return false;
    ranges->runs[ranges->count++] = *run;
    return true;
}

static int by_address(const void *a, const void *b)
{
    const ps_run *x = a;
    const ps_run *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->size > y->size ? -1 : x->size < y->size;
}

/* Cut off what an earlier run holds up to last_byte; false if nothing is left. */
static bool cut_front(ps_run *run, uint64_t last_byte)
{
    const uint64_t cut = last_byte - run->address + 1;

    if (run->address > last_byte)
        return true;
    if (cut >= run->size)
        return false;
    run->address += cut;
    run->offset += cut;
    run->size -= cut;
    return true;
}

/* What an earlier piece holds a later one need not: both are copies of the same memory. */
void ps_ranges_tidy(ps_ranges *ranges)
{
    size_t kept = 0;
    uint64_t last_byte = 0;

    if (ranges->count > 1)
        qsort(ranges->runs, ranges->count, sizeof *ranges->runs, by_address);
    for (size_t i = 0; i < ranges->count; i++) {
        ps_run run = ranges->runs[i];
        if (kept > 0 && !cut_front(&run, last_byte))
            continue;
        last_byte = run.address + (run.size - 1);
        ranges->runs[kept++] = run;
    }
    ranges->count = kept;
}

static const ps_run *find(const ps_ranges *ranges, uint64_t address)
{
    size_t low = 0;
    size_t high = ranges->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (ranges->runs[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || address - ranges->runs[low - 1].address >= ranges->runs[low - 1].size)
        return NULL;
    return &ranges->runs[low - 1];
}

ps_read_status ps_ranges_read(const ps_ranges *ranges, uint64_t address, void *buffer, size_t size,
                              size_t *got)
{
    *got = 0;
    while (*got < size) {
        const uint64_t at = address + *got;
        const ps_run *run = at < address ? NULL : find(ranges, at);
        size_t part = size - *got;
        size_t read = 0;
        if (run == NULL)
            return PS_READ_NOT_IN_DUMP;
        if (part > run->size - (at - run->address))
            part = (size_t)(run->size - (at - run->address));
        if (!ps_source_read(ranges->source, run->offset + (at - run->address),
                            (uint8_t *)buffer + *got, part, &read, NULL))
            return PS_READ_FAILED;
        *got += read;
        if (read < part)
            return PS_READ_NOT_IN_DUMP;
    }
    return PS_READ_OK;
}

void ps_ranges_free(ps_ranges *ranges)
{
    free(ranges->runs);
    *ranges = (ps_ranges){0};
}

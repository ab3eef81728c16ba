/* index.c - rows in key order, and what counters say about restarts and wraps. */
#include "pool/index.h"

#include "base/array.h"
#include "base/error.h"

static int order(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

int ps_row_compare(const ps_row *a, const ps_row *b)
{
    int by = order(a->tag & ~PS_TAG_PROTECTED, b->tag & ~PS_TAG_PROTECTED);

    if (by == 0)
        by = order(a->pool, b->pool);
    if (by == 0)
        by = (a->session > b->session) - (a->session < b->session);
    return by;
}

static int compare(const void *left, const void *right)
{
    const ps_row *a = *(const ps_row *const *)left, *b = *(const ps_row *const *)right;
    const int by = ps_row_compare(a, b);

    return by != 0 ? by : (a > b) - (a < b);
}

bool ps_index_open(ps_index *index, const ps_snapshot *snapshot, ps_error *err)
{
    const size_t count = ps_snapshot_count(snapshot);
    size_t kept = 0;

    *index = (ps_index){0};
    index->rows = ps_alloc(0, count + 1, sizeof(const ps_row *));
    if (index->rows == NULL)
        return ps_fail_memory(err);
    for (size_t i = 0; i < count; i++)
        index->rows[i] = ps_snapshot_at(snapshot, i);
    qsort(index->rows, count, sizeof(const ps_row *), compare);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || ps_row_compare(index->rows[kept - 1], index->rows[i]) != 0)
            index->rows[kept++] = index->rows[i];
    index->count = kept;
    return true;
}

void ps_index_close(ps_index *index)
{
    free(index->rows);
    *index = (ps_index){0};
}

bool ps_counter_advance(uint64_t before, uint64_t after, uint64_t *advance, bool *wrapped)
{
    const uint64_t full = UINT64_C(1) << 32;

    *advance = after - before;
    if (after >= before)
        return true;
    if (before >= full || before - after <= full / 2)
        return false;
    *advance = after + full - before;
    *wrapped = true;
    return true;
}

bool ps_index_reboot(const ps_index *before, const ps_index *after, const ps_snapshot *first,
                     const ps_snapshot *second)
{
    uint64_t up_before, up_after, advance;
    size_t compared = 0, fell = 0, i = 0, j = 0;
    bool wrapped = false;

    if (ps_snapshot_memory(first, PS_MEM_UPTIME_S, &up_before) &&
        ps_snapshot_memory(second, PS_MEM_UPTIME_S, &up_after))
        return up_after < up_before;
    while (i < before->count && j < after->count) {
        const ps_row *a = before->rows[i], *b = after->rows[j];
        const int by = ps_row_compare(a, b);
        i += by <= 0;
        j += by >= 0;
        if (by != 0 || (a->known & b->known & PS_KNOW_ALLOCS) == 0 || a->allocs == 0)
            continue;
        compared++;
        fell += !ps_counter_advance(a->allocs, b->allocs, &advance, &wrapped);
    }
    return ps_counters_restarted(compared, fell);
}

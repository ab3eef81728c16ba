/* diff.c - what changed between two snapshots. */
#include "base/array.h"
#include "base/error.h"
#include "pool/index.h"

struct ps_diff {
    ps_change *changes;
    size_t count, capacity;
    bool reboot;
};

typedef struct side_facts {
    bool before_whole, after_whole, reboot;
} side_facts;

static void set_counter(ps_change *change, unsigned bit, uint64_t before, uint64_t after,
                        int64_t *difference)
{
    uint64_t advance;

    if (!ps_counter_advance(before, after, &advance, &change->wrapped))
        return;
    *difference = (int64_t)advance;
    change->known |= (uint8_t)bit;
}

static void subtract(ps_change *change, const ps_row *a, const ps_row *b, bool reboot)
{
    const unsigned both = a->known & b->known;

    if ((both & PS_KNOW_ALLOCS) != 0 && !reboot)
        set_counter(change, PS_KNOW_ALLOCS, a->allocs, b->allocs, &change->allocs);
    if ((both & PS_KNOW_FREES) != 0 && !reboot)
        set_counter(change, PS_KNOW_FREES, a->frees, b->frees, &change->frees);
    if ((both & PS_KNOW_DIFF) != 0) {
        change->diff = (int64_t)((uint64_t)b->diff - (uint64_t)a->diff);
        change->known |= PS_KNOW_DIFF;
    }
    if ((both & PS_KNOW_BYTES) != 0) {
        change->bytes = (int64_t)((uint64_t)b->bytes - (uint64_t)a->bytes);
        change->known |= PS_KNOW_BYTES;
    }
}

static ps_change_state state_of(const ps_change *change)
{
    const int64_t moved = (change->known & PS_KNOW_BYTES) != 0 ? change->bytes : change->diff;

    if ((change->known & (PS_KNOW_BYTES | PS_KNOW_DIFF)) == 0)
        return PS_STATE_UNKNOWN;
    if (moved == 0)
        return PS_STATE_SAME;
    return moved > 0 ? PS_STATE_GREW : PS_STATE_SHRANK;
}

/* present is a or b, whichever is there. */
static ps_change compare_rows(const ps_row *present, const ps_row *a, const ps_row *b,
                              const side_facts *facts)
{
    ps_row nothing = *present;
    ps_change change = {.tag = nothing.tag & ~PS_TAG_PROTECTED,
                        .pool = nothing.pool,
                        .session = nothing.session,
                        .before = a,
                        .after = b,
                        .state = PS_STATE_UNKNOWN};

    nothing.allocs = nothing.frees = 0;
    nothing.diff = nothing.bytes = 0;
    if (a != NULL && b != NULL) {
        subtract(&change, a, b, facts->reboot);
        change.state = state_of(&change);
    } else if (a == NULL && facts->before_whole) {
        subtract(&change, &nothing, b, facts->reboot);
        change.state = PS_STATE_NEW;
    } else if (b == NULL && facts->after_whole) {
        subtract(&change, a, &nothing, true);
        change.state = PS_STATE_VANISHED;
    }
    return change;
}

static bool push(ps_diff *diff, const ps_change *change, ps_error *err)
{
    if (!ps_grow((void **)&diff->changes, &diff->capacity, diff->count, sizeof *change))
        return ps_fail_memory(err);
    diff->changes[diff->count++] = *change;
    return true;
}

static bool join(ps_diff *diff, const ps_index *before, const ps_index *after,
                 const side_facts *facts, ps_error *err)
{
    size_t i = 0, j = 0;

    while (i < before->count || j < after->count) {
        const ps_row *a = i < before->count ? before->rows[i] : NULL;
        const ps_row *b = j < after->count ? after->rows[j] : NULL;
        const int by = i == before->count ? 1 : j == after->count ? -1 : ps_row_compare(a, b);
        ps_change change;

        change = compare_rows(by <= 0 ? a : b, by <= 0 ? a : NULL, by >= 0 ? b : NULL, facts);
        if (!push(diff, &change, err))
            return false;
        i += by <= 0;
        j += by >= 0;
    }
    return true;
}

static int by_growth(const void *left, const void *right)
{
    const ps_change *a = left, *b = right;

    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return ps_row_compare(a->before != NULL ? a->before : a->after,
                          b->before != NULL ? b->before : b->after);
}

bool ps_diff_open(ps_diff **out, const ps_snapshot *before, const ps_snapshot *after, ps_error *err)
{
    ps_index first = {0}, second = {0};
    ps_diff *diff = calloc(1, sizeof *diff);
    bool done = false;

    *out = NULL;
    if (diff == NULL)
        return ps_fail_memory(err);
    if (ps_index_open(&first, before, err) && ps_index_open(&second, after, err)) {
        side_facts facts = {.before_whole = ps_snapshot_scope(before) == PS_SCOPE_WHOLE,
                            .after_whole = ps_snapshot_scope(after) == PS_SCOPE_WHOLE};
        facts.reboot = diff->reboot = ps_index_reboot(&first, &second, before, after);
        done = join(diff, &first, &second, &facts, err);
    }
    ps_index_close(&first);
    ps_index_close(&second);
    if (!done) {
        ps_diff_close(diff);
        return false;
    }
    if (diff->count > 0)
        qsort(diff->changes, diff->count, sizeof *diff->changes, by_growth);
    *out = diff;
    return true;
}

bool ps_diff_reboot(const ps_diff *diff) { return diff->reboot; }

size_t ps_diff_count(const ps_diff *diff) { return diff->count; }

const ps_change *ps_diff_at(const ps_diff *diff, size_t index)
{
    return index < diff->count ? &diff->changes[index] : NULL;
}

void ps_diff_close(ps_diff *diff)
{
    if (diff == NULL)
        return;
    free(diff->changes);
    free(diff);
}

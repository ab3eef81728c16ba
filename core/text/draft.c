/* draft.c - the snapshot in the making. */
#include "base/array.h"
#include "base/error.h"
#include "text/document.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_HASH = 64 };

static void out_of_memory(ps_text *text) { (void)ps_fail_memory(&text->error); }

void ps_draft_start(ps_draft *draft, ps_text *text, const char *origin)
{
    *draft = (ps_draft){.text = text, .origin = origin, .time = PS_NO_TIME};
}

size_t ps_draft_count(const ps_draft *draft)
{
    return draft->rows == NULL ? 0 : ps_snapshot_count(draft->rows);
}

bool ps_draft_has(const ps_draft *draft, ps_memory_field field)
{
    return (draft->memory_known >> field & 1U) != 0;
}

void ps_draft_touch(ps_draft *draft, const ps_line *line)
{
    if (draft->first_line == 0)
        draft->first_line = line->number;
    draft->last_line = line->number;
}

void ps_draft_memory(ps_draft *draft, ps_memory_field field, uint64_t value, const ps_line *line)
{
    draft->memory[field] = value;
    draft->memory_known |= UINT32_C(1) << field;
    ps_draft_touch(draft, line);
}

/* Tag without bit 31, pool and session; never 0. */
static uint64_t key_of(const ps_row *row)
{
    const uint64_t place = (uint64_t)((uint32_t)row->session + 3U) << 1 | row->pool;

    return (place << 31 ^ (row->tag & ~PS_TAG_PROTECTED)) + 1;
}

static size_t slot_of(const uint64_t *seen, size_t size, uint64_t key)
{
    size_t slot = (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & (size - 1);

    while (seen[slot] != 0 && seen[slot] != key)
        slot = (slot + 1) & (size - 1);
    return slot;
}

static bool grow_seen(ps_draft *draft)
{
    const size_t size = draft->seen_size == 0 ? FIRST_HASH : draft->seen_size * 2;
    uint64_t *grown = calloc(size, sizeof *grown);

    if (grown == NULL)
        return false;
    for (size_t i = 0; i < draft->seen_size; i++)
        if (draft->seen[i] != 0)
            grown[slot_of(grown, size, draft->seen[i])] = draft->seen[i];
    free(draft->seen);
    draft->seen = grown;
    draft->seen_size = size;
    return true;
}

/* Note the row's key; *again is set if it was there. */
static bool note_key(ps_draft *draft, const ps_row *row, bool *again)
{
    const uint64_t key = key_of(row);
    size_t slot;

    if (draft->seen_count * 2 >= draft->seen_size && !grow_seen(draft))
        return false;
    slot = slot_of(draft->seen, draft->seen_size, key);
    *again = draft->seen[slot] == key;
    if (!*again)
        draft->seen_count++;
    draft->seen[slot] = key;
    return true;
}

void ps_draft_forget(ps_draft *draft)
{
    free(draft->seen);
    draft->seen = NULL;
    draft->seen_size = draft->seen_count = 0;
}

bool ps_draft_remember(ps_draft *draft)
{
    bool again;

    for (size_t i = 0; i < ps_draft_count(draft); i++) {
        if (note_key(draft, ps_snapshot_at(draft->rows, i), &again))
            continue;
        out_of_memory(draft->text);
        return false;
    }
    return true;
}

static void say_number(char *text, size_t size, int64_t value)
{
    char grouped[32];

    ps_group_digits(value < 0 ? -(uint64_t)value : (uint64_t)value, grouped);
    (void)snprintf(text, size, "%s%s", value < 0 ? "-" : "", grouped);
}

static void remark_contradiction(ps_text *text, const ps_row *row, const ps_line *line)
{
    const bool diff_wrong = (row->flags & PS_ROW_DIFF_MISMATCH) != 0;
    const bool average_wrong = (row->flags & PS_ROW_PER_ALLOC_MISMATCH) != 0;
    const bool average_known = (row->known & PS_KNOW_PER_ALLOC) != 0 && row->diff > 0;
    char difference[40], diff[40], average[40], per_alloc[32];
    char first[120] = "", second[120] = "";

    say_number(difference, sizeof difference, (int64_t)(row->allocs - row->frees));
    say_number(diff, sizeof diff, row->diff);
    say_number(average, sizeof average, row->diff > 0 ? row->bytes / row->diff : 0);
    ps_group_digits(row->per_alloc, per_alloc);
    if (diff_wrong) {
        (void)snprintf(first, sizeof first, "Allocs - Frees is %s but Diff says %s", difference,
                       diff);
    }
    if (average_wrong) {
        (void)snprintf(second, sizeof second, "Bytes / Diff floors to %s but Per Alloc says %s",
                       average, per_alloc);
    } else if (average_known) {
        (void)snprintf(second, sizeof second,
                       "Bytes / Diff floors to %s = Per Alloc, which supports Diff", average);
    }
    ps_remark(text, PS_FLAGGED, line, "%s%s%s", first,
              first[0] != '\0' && second[0] != '\0' ? "; " : "", second);
}

static bool open_rows(ps_draft *draft)
{
    return draft->rows != NULL || ps_snapshot_new(&draft->rows, draft->origin, &draft->text->error);
}

static bool knows(const ps_row *row, unsigned what) { return (row->known & what) == what; }

/* Does the row's own arithmetic bind every number that it has?  Each allocation takes some bytes. */
static bool is_bound(const ps_row *row)
{
    const bool counted = knows(row, PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_DIFF) &&
                         (uint32_t)(row->allocs - row->frees) == (uint32_t)row->diff;
    const bool sized = knows(row, PS_KNOW_DIFF | PS_KNOW_BYTES | PS_KNOW_PER_ALLOC) &&
                       row->diff > 0 && row->bytes >= row->diff &&
                       (uint64_t)row->bytes / (uint64_t)row->diff == row->per_alloc;
    const bool empty = counted && row->diff == 0 && row->bytes == 0 && row->per_alloc == 0;

    if ((row->known & (PS_KNOW_ALLOCS | PS_KNOW_FREES)) != 0 && !counted)
        return false;
    return (row->known & (PS_KNOW_BYTES | PS_KNOW_PER_ALLOC)) == 0 ? counted : sized || empty;
}

static void add_row(ps_draft *draft, const ps_row *row, bool bound, const ps_line *line)
{
    ps_row placed = *row;
    const ps_row *added;
    bool again = false;

    if (ps_failed(draft->text))
        return;
    if (!note_key(draft, row, &again)) {
        out_of_memory(draft->text);
        return;
    }
    if (again)
        placed.flags |= PS_ROW_DUPLICATE;
    if (!bound && (placed.flags & PS_ROW_ROUNDED) == 0)
        placed.flags |= PS_ROW_UNCONFIRMED;
    placed.line = line->number;
    placed.offset = line->offset;
    if (!open_rows(draft) || !ps_snapshot_add(draft->rows, &placed, &draft->text->error))
        return;
    draft->pools |= 1U << placed.pool;
    ps_draft_touch(draft, line);
    added = ps_snapshot_at(draft->rows, ps_snapshot_count(draft->rows) - 1);
    if ((added->flags & (PS_ROW_DIFF_MISMATCH | PS_ROW_PER_ALLOC_MISMATCH)) != 0)
        remark_contradiction(draft->text, added, line);
}

void ps_draft_row(ps_draft *draft, const ps_row *row, const ps_line *line)
{
    add_row(draft, row, is_bound(row), line);
}

void ps_draft_placed_row(ps_draft *draft, const ps_row *row, const ps_line *line)
{
    add_row(draft, row, true, line);
}

/* A snapshot's origin is fixed when it is made: where a later line changed it, the rows move. */
static void set_origin(ps_draft *draft, const char *origin)
{
    ps_snapshot *before = draft->rows;

    if (before != NULL && strcmp(ps_snapshot_origin(before), origin) == 0)
        return;
    if (!ps_snapshot_new(&draft->rows, origin, &draft->text->error)) {
        ps_snapshot_close(before);
        return;
    }
    for (size_t i = 0; before != NULL && i < ps_snapshot_count(before); i++)
        if (!ps_snapshot_add(draft->rows, ps_snapshot_at(before, i), &draft->text->error))
            break;
    ps_snapshot_close(before);
}

/* Where the source's own sums of a pool are the sums of its rows, these are bound by them; where
 * they should be and are not, one of them is wrong. */
static void hold_against_total(const ps_draft *draft, ps_pool pool, ps_scope scope)
{
    const bool paged = pool == PS_POOL_PAGED;
    const ps_memory_field of_bytes = paged ? PS_MEM_TAGGED_PAGED : PS_MEM_TAGGED_NONPAGED;
    const ps_memory_field of_counts =
        paged ? PS_MEM_TAGGED_PAGED_COUNT : PS_MEM_TAGGED_NONPAGED_COUNT;
    uint64_t bytes = 0, diff = 0;

    if (!ps_draft_has(draft, of_bytes) || !ps_draft_has(draft, of_counts))
        return;
    for (size_t i = 0; i < ps_snapshot_count(draft->rows); i++) {
        const ps_row *row = ps_snapshot_at(draft->rows, i);
        if (row->pool != pool)
            continue;
        bytes += (uint64_t)row->bytes;
        diff += (uint64_t)row->diff;
    }
    if (bytes == draft->memory[of_bytes] && diff == draft->memory[of_counts])
        ps_snapshot_bind(draft->rows, pool, true);
    else if (scope == PS_SCOPE_WHOLE)
        ps_snapshot_bind(draft->rows, pool, false);
}

static void hand_over(ps_draft *draft, ps_scope scope)
{
    ps_text *text = draft->text;
    ps_snapshot *snapshot = draft->rows;

    hold_against_total(draft, PS_POOL_NONPAGED, scope);
    hold_against_total(draft, PS_POOL_PAGED, scope);
    for (ps_memory_field field = 0; field < PS_MEM_FIELDS; field++)
        if (ps_draft_has(draft, field))
            ps_snapshot_set_memory(snapshot, field, draft->memory[field]);
    ps_snapshot_set_scope(snapshot, ps_snapshot_count(snapshot) == 0 ? PS_SCOPE_TOTALS : scope);
    ps_snapshot_set_lines(snapshot, draft->first_line, draft->last_line);
    if (draft->time != PS_NO_TIME)
        ps_snapshot_set_time(snapshot, draft->time);
    if (draft->host != NULL && !ps_snapshot_set_host(snapshot, draft->host, &text->error))
        return;
    if (!ps_grow((void **)&text->snapshots, &text->snapshot_capacity, text->snapshot_count,
                 sizeof(ps_snapshot *))) {
        out_of_memory(text);
        return;
    }
    text->snapshots[text->snapshot_count++] = snapshot;
    draft->rows = NULL;
}

/* Totals alone are given a line each by whoever wants to fill our memory: there is an end to them. */
static bool is_one_too_many(const ps_draft *draft)
{
    ps_text *text = draft->text;

    if (ps_draft_count(draft) > 0 || text->totals_count++ < text->bounds.of.text_totals)
        return false;
    ps_remark_limit(text, PS_LIMIT(text_totals),
                    &(ps_line){.text = "", .number = draft->first_line, .offset = PS_NOWHERE});
    return true;
}

void ps_draft_finish(ps_draft *draft, const char *origin, ps_scope scope)
{
    const bool holds = (draft->rows != NULL || draft->memory_known != 0) && !is_one_too_many(draft);

    if (holds && !ps_failed(draft->text))
        set_origin(draft, origin);
    if (holds && !ps_failed(draft->text))
        hand_over(draft, scope);
    ps_draft_drop(draft);
}

void ps_draft_drop(ps_draft *draft)
{
    ps_snapshot_close(draft->rows);
    free(draft->seen);
    ps_draft_start(draft, draft->text, draft->origin);
}

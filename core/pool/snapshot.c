/* snapshot.c - what each tag had allocated at one moment. */
#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"

#include <string.h>

struct ps_snapshot {
    ps_arena arena;
    const char *host;
    ps_row *rows;
    size_t count, capacity;
    uint64_t memory[PS_MEM_FIELDS];
    uint32_t memory_known;
    ps_scope scope;
    int64_t time;
    uint32_t first_line, last_line;
    char origin[];
};

bool ps_snapshot_new(ps_snapshot **out, const char *origin, ps_error *err)
{
    const size_t length = strlen(origin);
    ps_snapshot *snapshot = ps_alloc(sizeof *snapshot, length + 1, 1);

    *out = NULL;
    if (snapshot == NULL)
        return ps_fail_memory(err);
    *snapshot = (ps_snapshot){.scope = PS_SCOPE_PART, .time = PS_NO_TIME};
    memcpy(snapshot->origin, origin, length + 1);
    *out = snapshot;
    return true;
}

void ps_snapshot_close(ps_snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    ps_arena_free(&snapshot->arena);
    free(snapshot->rows);
    free(snapshot);
}

static bool knows(const ps_row *row, unsigned what) { return (row->known & what) == what; }

/* Old counters are 32 bits wide and wrap one by one, so Diff is right modulo 2^32 at least. */
static bool diff_agrees(const ps_row *row)
{
    return (uint32_t)(row->allocs - row->frees) == (uint32_t)row->diff;
}

static bool per_alloc_agrees(const ps_row *row)
{
    if (row->diff <= 0 || row->bytes < 0)
        return true;
    return (uint64_t)row->bytes / (uint64_t)row->diff == row->per_alloc;
}

static uint16_t derived_flags(const ps_row *row)
{
    unsigned flags = row->flags;

    if ((row->tag & PS_TAG_PROTECTED) != 0)
        flags |= PS_ROW_PROTECTED;
    if (knows(row, PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_DIFF) && !diff_agrees(row))
        flags |= PS_ROW_DIFF_MISMATCH;
    if (knows(row, PS_KNOW_DIFF | PS_KNOW_BYTES | PS_KNOW_PER_ALLOC) && !per_alloc_agrees(row))
        flags |= PS_ROW_PER_ALLOC_MISMATCH;
    return (uint16_t)flags;
}

bool ps_snapshot_add(ps_snapshot *snapshot, const ps_row *row, ps_error *err)
{
    const char *note = NULL;
    ps_row *slot;

    if (row->note != NULL) {
        note = ps_arena_copy(&snapshot->arena, row->note, strlen(row->note));
        if (note == NULL)
            return ps_fail_memory(err);
    }
    if (!ps_grow((void **)&snapshot->rows, &snapshot->capacity, snapshot->count, sizeof *row))
        return ps_fail_memory(err);
    slot = &snapshot->rows[snapshot->count++];
    *slot = *row;
    slot->note = note;
    slot->flags = derived_flags(row);
    return true;
}

void ps_snapshot_set_memory(ps_snapshot *snapshot, ps_memory_field field, uint64_t value)
{
    if ((unsigned)field >= PS_MEM_FIELDS)
        return;
    snapshot->memory[field] = value;
    snapshot->memory_known |= UINT32_C(1) << field;
}

void ps_snapshot_bind(ps_snapshot *snapshot, ps_pool pool, bool bound)
{
    for (size_t i = 0; i < snapshot->count; i++) {
        ps_row *row = &snapshot->rows[i];
        if (row->pool == pool && bound)
            row->flags &= (uint16_t)~PS_ROW_UNCONFIRMED;
        else if (row->pool == pool)
            row->flags |= PS_ROW_UNCONFIRMED;
    }
}

void ps_snapshot_set_scope(ps_snapshot *snapshot, ps_scope scope) { snapshot->scope = scope; }

void ps_snapshot_set_time(ps_snapshot *snapshot, int64_t time) { snapshot->time = time; }

bool ps_snapshot_set_host(ps_snapshot *snapshot, const char *host, ps_error *err)
{
    const char *copy = ps_arena_copy(&snapshot->arena, host, strlen(host));

    if (copy == NULL)
        return ps_fail_memory(err);
    snapshot->host = copy;
    return true;
}

void ps_snapshot_set_lines(ps_snapshot *snapshot, uint32_t first, uint32_t last)
{
    snapshot->first_line = first;
    snapshot->last_line = last;
}

const char *ps_snapshot_origin(const ps_snapshot *snapshot) { return snapshot->origin; }

size_t ps_snapshot_count(const ps_snapshot *snapshot) { return snapshot->count; }

const ps_row *ps_snapshot_at(const ps_snapshot *snapshot, size_t index)
{
    return index < snapshot->count ? &snapshot->rows[index] : NULL;
}

bool ps_snapshot_memory(const ps_snapshot *snapshot, ps_memory_field field, uint64_t *value)
{
    if ((unsigned)field >= PS_MEM_FIELDS || (snapshot->memory_known >> field & 1U) == 0)
        return false;
    *value = snapshot->memory[field];
    return true;
}

ps_scope ps_snapshot_scope(const ps_snapshot *snapshot) { return snapshot->scope; }

int64_t ps_snapshot_time(const ps_snapshot *snapshot) { return snapshot->time; }

const char *ps_snapshot_host(const ps_snapshot *snapshot) { return snapshot->host; }

void ps_snapshot_lines(const ps_snapshot *snapshot, uint32_t *first, uint32_t *last)
{
    *first = snapshot->first_line;
    *last = snapshot->last_line;
}

const ps_row *ps_snapshot_find(const ps_snapshot *snapshot, ps_tag tag, ps_pool pool,
                               int32_t session)
{
    for (size_t i = 0; i < snapshot->count; i++) {
        const ps_row *row = &snapshot->rows[i];
        if (((row->tag ^ tag) & ~PS_TAG_PROTECTED) == 0 && row->pool == pool &&
            row->session == session)
            return row;
    }
    return NULL;
}

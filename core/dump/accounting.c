/* accounting.c - the pool of a dump as a snapshot: sums of the tag tables, totals of memory. */
#include "dump/dump.h"

#include "base/error.h"
#include "dump/offsets.h"
#include "dump/sessions.h"
#include "dump/totals.h"
#include "dump/tracker.h"

typedef struct counters {
    uint64_t allocs, frees, bytes;
} counters;

/* A row is there when anything was ever allocated. */
static bool add_row(ps_snapshot *snapshot, const ps_tracker *tracker, ps_row *row, counters sum,
                    ps_error *err)
{
    if (sum.allocs == 0 && sum.frees == 0 && sum.bytes == 0)
        return true;
    row->allocs = sum.allocs;
    row->frees = sum.frees;
    row->diff = (int64_t)(sum.allocs - sum.frees);
    if (tracker->layout->count_size == 4) {
        row->allocs &= UINT32_MAX;
        row->frees &= UINT32_MAX;
        row->diff = (int64_t)((sum.allocs - sum.frees) & UINT32_MAX);
    }
    row->bytes = (int64_t)sum.bytes;
    row->known = PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_DIFF | PS_KNOW_BYTES;
    if (row->diff > 0 && row->bytes >= 0) {
        row->known |= PS_KNOW_PER_ALLOC;
        row->per_alloc = (uint64_t)row->bytes / (uint64_t)row->diff;
    }
    return ps_snapshot_add(snapshot, row, err);
}

static bool add_rows(ps_snapshot *snapshot, const ps_tracker *tracker, int32_t session,
                     ps_error *err)
{
    for (size_t i = 0; i < tracker->sum_count; i++) {
        const ps_tag_sums *sum = &tracker->sums[i];
        const counters nonpaged = {sum->nonpaged_allocs, sum->nonpaged_frees, sum->nonpaged_bytes};
        const counters paged = {sum->paged_allocs, sum->paged_frees, sum->paged_bytes};
        ps_row first = {.tag = sum->tag, .pool = PS_POOL_NONPAGED, .session = session};
        ps_row second = {.tag = sum->tag, .pool = PS_POOL_PAGED, .session = session};
        if (!add_row(snapshot, tracker, &first, nonpaged, err) ||
            !add_row(snapshot, tracker, &second, paged, err))
            return false;
    }
    return true;
}

/* A full table without the one that takes what no longer fits is half the truth. */
static bool is_whole(const ps_tracker *tracker)
{
    return tracker->tables_whole == tracker->table_count &&
           !(tracker->full && tracker->expansion_unknown);
}

/* Which PDB would tell where the rest is. */
static bool remark_full(ps_dump *dump, ps_error *err)
{
    const ps_wanted_text which = ps_wanted_pdb(&dump->kernel);

    return ps_container_note(&dump->file, PS_REFUSED, PS_NOWHERE, err,
                             "the tag tables are full, and the table of the tags that did not fit "
                             "is not found without the kernel's PDB%s: those tags are missing",
                             which.text);
}

static bool remark(ps_dump *dump, const ps_tracker *tracker, ps_error *err)
{
    if (tracker->full && tracker->expansion_unknown && !remark_full(dump, err))
        return false;
    if (tracker->tables_whole == tracker->table_count)
        return true;
    return ps_container_note(
        &dump->file, PS_REFUSED, PS_NOWHERE, err,
        "%zu of %zu tag tables are whole: %llu entries are not in the dump, and the sums are too "
        "small by theirs",
        tracker->tables_whole, tracker->table_count, (unsigned long long)tracker->entries_missing);
}

/* Pools of sessions stand beside the kernel's.  They are reached through the processes: where those
 * are not known, that is told once there are sessions at all. */
static bool add_sessions(ps_dump *dump, ps_snapshot *snapshot, const ps_tracker *tracker,
                         ps_error *err)
{
    const ps_dump_process *processes;
    ps_error why = {.code = PS_OK};
    ps_session_list sessions;
    size_t count;
    bool done = true;

    if (dump->file.facts.build < 6000)
        return true;
    if (!ps_dump_processes(dump, &processes, &count, &why)) {
        if (why.code == PS_ENOMEM || why.code == PS_EIO)
            return ps_fail(err, why.code, why.offset, "%s", why.text);
        return ps_container_note(&dump->file, PS_NOTE, PS_NOWHERE, err,
                                 "pools of sessions are not counted: %s", why.text);
    }
    if (!ps_sessions_read(&sessions, &dump->lists.processes, tracker, &dump->kernel, err))
        return false;
    for (size_t i = 0; i < sessions.count && done; i++)
        done = add_rows(snapshot, &sessions.items[i].tracker, (int32_t)sessions.items[i].id, err) &&
               remark(dump, &sessions.items[i].tracker, err);
    ps_sessions_free(&sessions);
    return done;
}

/* What all tags hold together: a measure where the totals of the pools are not known. */
static void set_tagged(ps_snapshot *snapshot, const ps_tracker *tracker)
{
    uint64_t nonpaged = 0;
    uint64_t paged = 0;

    if (!is_whole(tracker))
        return;
    for (size_t i = 0; i < tracker->sum_count; i++) {
        nonpaged += tracker->sums[i].nonpaged_bytes;
        paged += tracker->sums[i].paged_bytes;
    }
    if ((int64_t)nonpaged > 0)
        ps_snapshot_set_memory(snapshot, PS_MEM_TAGGED_NONPAGED, nonpaged);
    if ((int64_t)paged > 0)
        ps_snapshot_set_memory(snapshot, PS_MEM_TAGGED_PAGED, paged);
}

static bool add_tags(ps_dump *dump, ps_snapshot *snapshot, ps_error *err)
{
    ps_tracker tracker;
    ps_error why = {.code = PS_OK};
    bool done;

    if (dump->file.facts.container == PS_CONTAINER_TRIAGE)
        return ps_container_note(&dump->file, PS_REFUSED, PS_NOWHERE, err,
                                 "a triage dump holds no tag tables: a kernel dump does");
    if (!ps_tracker_read(&tracker, &dump->kernel, &why)) {
        if (why.code == PS_ENOMEM || why.code == PS_EIO)
            return ps_fail(err, why.code, why.offset, "%s", why.text);
        return ps_container_note(&dump->file, PS_REFUSED, PS_NOWHERE, err, "no pool tags: %s",
                                 why.text);
    }
    ps_snapshot_set_scope(snapshot, is_whole(&tracker) ? PS_SCOPE_WHOLE : PS_SCOPE_PART);
    set_tagged(snapshot, &tracker);
    done = add_rows(snapshot, &tracker, PS_NO_SESSION, err) && remark(dump, &tracker, err) &&
           add_sessions(dump, snapshot, &tracker, err);
    ps_tracker_free(&tracker);
    return done;
}

static void add_triage_totals(const ps_dump *dump, ps_snapshot *snapshot)
{
    const ps_triage_memory *memory = &dump->file.triage.memory;

    if (!memory->known)
        return;
    if (memory->allocated_nonpaged != 0)
        ps_snapshot_set_memory(snapshot, PS_MEM_NONPAGED,
                               memory->allocated_nonpaged << PS_FRAME_SHIFT);
    if (memory->allocated_paged != 0)
        ps_snapshot_set_memory(snapshot, PS_MEM_PAGED, memory->allocated_paged << PS_FRAME_SHIFT);
    if (memory->committed != 0)
        ps_snapshot_set_memory(snapshot, PS_MEM_COMMIT, memory->committed << PS_FRAME_SHIFT);
    if (memory->committed_peak != 0)
        ps_snapshot_set_memory(snapshot, PS_MEM_COMMIT_PEAK,
                               memory->committed_peak << PS_FRAME_SHIFT);
    if (memory->commit_limit != 0)
        ps_snapshot_set_memory(snapshot, PS_MEM_COMMIT_LIMIT,
                               memory->commit_limit << PS_FRAME_SHIFT);
}

bool ps_dump_snapshot(ps_dump *dump, ps_snapshot **out, ps_error *err)
{
    const ps_dump_facts *facts = &dump->file.facts;

    if (!ps_snapshot_new(out, "dump", err))
        return false;
    ps_snapshot_set_scope(*out, PS_SCOPE_TOTALS);
    if (facts->has_time)
        ps_snapshot_set_time(*out, facts->time);
    if (facts->has_uptime)
        ps_snapshot_set_memory(*out, PS_MEM_UPTIME_S, facts->uptime_s);
    ps_totals_read(&dump->kernel, *out);
    add_triage_totals(dump, *out);
    if (add_tags(dump, *out, err))
        return true;
    ps_snapshot_close(*out);
    *out = NULL;
    return false;
}

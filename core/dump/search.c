/* search.c - find a value or a string in the memory of a dump.
 *
 * The memory is cut into pieces whose bytes lie back to back in the file; some of them that follow
 * each other there make a job, which a worker reads at once and looks through piece by piece.
 */
#include "dump/dump.h"

#include "base/array.h"
#include "base/error.h"
#include "base/workers.h"
#include "dump/pattern.h"

#include <stdlib.h>
#include <string.h>

enum {
    PATTERN_LIMIT = 256,
    JOB_SIZE = 1 << 18,
    JOBS = 1 << 10, /* of a batch; progress is told between batches */
    PIECES = 1 << 15,
    DEFAULT_LIMIT = 10000,
};

typedef struct piece {
    uint64_t address;
    size_t at, size, beyond; /* in the job's bytes; beyond: how many more a hit may reach into */
} piece;

typedef struct job {
    uint64_t offset;
    size_t size, first, count;
} job;

typedef struct hits {
    uint64_t *addresses;
    size_t count, capacity;
} hits;

typedef struct search {
    ps_dump *dump;
    const ps_dump_query *query;
    ps_source *source;
    uint64_t cursor, end, limit;
    /* Of the source: a hole from asked on, then data. */
    uint64_t data_asked, data_begin, data_end;
    uint64_t mapped, mapped_limit;
    uint64_t steps; /* through tables, that may still be taken */
    bool any_nonzero;
    ps_pattern pattern;
    ps_run last; /* taken before: a hit may reach from it into the next */
    job *jobs;
    piece *pieces;
    size_t job_count, piece_count;
    uint8_t *buffers[PS_WORKERS_LIMIT];
    hits found[PS_WORKERS_LIMIT];
    ps_dump_found *out;
} search;

/* --- one piece of memory --------------------------------------------------------------------- */

static bool add_hit(search *s, hits *list, uint64_t address, ps_error *err)
{
    if (list->count >= s->limit)
        return true;
    if (!ps_grow((void **)&list->addresses, &list->capacity, list->count, sizeof address))
        return ps_fail_memory(err);
    list->addresses[list->count++] = address;
    return true;
}

/* Where hits of one worker go; what went wrong. */
typedef struct hit_context {
    search *s;
    hits *list;
    ps_error *err;
} hit_context;

static bool take_hit(void *context, uint64_t address)
{
    const hit_context *c = context;

    return add_hit(c->s, c->list, address, c->err);
}

static bool find_in(search *s, hits *list, const uint8_t *bytes, const piece *p, ps_error *err)
{
    const ps_stretch in = {bytes, p->address, p->size, p->beyond};
    hit_context c = {s, list, err};

    return ps_pattern_find(&s->pattern, &in, take_hit, &c);
}

/* --- workers --------------------------------------------------------------------------------- */

static bool do_job(const ps_worker *worker, size_t index, ps_error *err)
{
    search *s = worker->context;
    const job *j = &s->jobs[index];
    uint8_t **buffer = &s->buffers[worker->number];
    size_t got = 0;

    if (*buffer == NULL)
        *buffer = ps_alloc(0, JOB_SIZE + PATTERN_LIMIT, 1);
    if (*buffer == NULL)
        return ps_fail_memory(err);
    if (!ps_source_read(s->source, j->offset, *buffer, j->size, &got, err))
        return false;
    if (got < j->size)
        return ps_fail(err, PS_ETRUNCATED, j->offset + got, "the file became shorter");
    for (size_t i = 0; i < j->count; i++) {
        const piece *p = &s->pieces[j->first + i];
        if (!find_in(s, &s->found[worker->number], *buffer + p->at, p, err))
            return false;
    }
    return true;
}

/* --- pieces ---------------------------------------------------------------------------------- */

static void miss(search *s, uint64_t size, ps_read_status status)
{
    if (s->out->missing == 0)
        s->out->missing_status = status;
    s->out->missing += size;
}

static bool next_physical(search *s, ps_run *run)
{
    if (!ps_physical_next(s->dump->file.physical, s->cursor, run) || run->address >= s->end)
        return false;
    return true;
}

static bool next_range(search *s, ps_run *run)
{
    const ps_ranges *ranges = &s->dump->file.ranges;

    for (size_t i = 0; i < ranges->count; i++) {
        *run = ranges->runs[i];
        if (run->address >= s->end)
            break;
        if (run->address + (run->size - 1) < s->cursor)
            continue;
        if (run->address < s->cursor) {
            run->size -= s->cursor - run->address;
            run->offset += s->cursor - run->address;
            run->address = s->cursor;
        }
        if (run->address > s->cursor)
            miss(s, run->address - s->cursor, PS_READ_NOT_IN_DUMP);
        return true;
    }
    miss(s, s->end - s->cursor, PS_READ_NOT_IN_DUMP);
    return false;
}

/* A mapping whose page the file holds; the others are counted. */
static bool next_mapping(search *s, ps_run *run)
{
    ps_space *space = &s->dump->kernel.space;

    while (s->mapped < s->mapped_limit && s->steps > 0) {
        uint64_t size = 0;
        uint64_t physical = 0;
        uint64_t held;
        const ps_read_status here = ps_space_translate(space, s->cursor, &physical, NULL);
        const bool any = ps_space_next(space, s->cursor, s->end, &run->address, &size, &s->steps);
        if (!any) {
            run->address = s->end;
            s->out->more |= s->steps == 0;
        }
        if (run->address > s->cursor)
            miss(s, run->address - s->cursor, here);
        if (!any || ps_space_translate(space, run->address, &physical, NULL) != PS_READ_OK)
            return false;
        if (ps_physical_locate(s->dump->file.physical, physical, &run->offset, &held)) {
            run->size = size < held ? size : held;
            s->mapped += run->size;
            return true;
        }
        size = PS_FRAME_SIZE - run->address % PS_FRAME_SIZE;
        s->mapped += size;
        miss(s, size, PS_READ_NOT_IN_DUMP);
        s->cursor = run->address + size;
        if (s->cursor >= s->end || s->cursor < run->address)
            return false;
    }
    s->out->more = true;
    return false;
}

/* The next run of the memory asked for, cut to its end. */
static bool next_run(search *s, ps_run *run)
{
    bool any;

    if (s->cursor >= s->end)
        return false;
    if (s->query->physical)
        any = next_physical(s, run);
    else if (s->dump->kernel.space.paging == PS_PAGING_PIECES)
        any = next_range(s, run);
    else
        any = next_mapping(s, run);
    if (!any || run->address >= s->end) {
        s->cursor = s->end;
        return false;
    }
    if (run->size > s->end - run->address)
        run->size = s->end - run->address;
    return true;
}

/* Leave out a hole of the file at the run's beginning: only zeros are found there. */
static bool skip_hole(search *s, ps_run *run, ps_error *err)
{
    uint64_t hole;

    if (!s->any_nonzero)
        return true;
    if (run->offset < s->data_asked || run->offset >= s->data_end) {
        s->data_asked = run->offset;
        if (!ps_source_next_data(s->source, run->offset, &s->data_begin, &s->data_end, err))
            return false;
    }
    hole = s->data_begin == s->data_end ? run->size : 0;
    if (run->offset < s->data_begin)
        hole = s->data_begin - run->offset;
    hole = hole < run->size ? hole : run->size;
    *run = (ps_run){run->address + hole, run->size - hole, run->offset + hole};
    return true;
}

/* --- batches --------------------------------------------------------------------------------- */

/* A hit may lie across two pages that do not follow each other in the file. */
static bool find_seam(search *s, const ps_run *run, ps_error *err)
{
    const size_t before = s->query->size - 1;
    uint8_t bytes[PATTERN_LIMIT * 2];
    size_t got = 0;
    piece p = {.address = run->address - before, .size = before};

    if (before == 0 || s->query->physical || s->last.address + s->last.size != run->address ||
        s->last.offset + s->last.size == run->offset || s->last.size < before)
        return true;
    (void)ps_space_read(&s->dump->kernel.space, p.address, bytes, before * 2, &got);
    if (got <= before)
        return true;
    p.beyond = got - before;
    return find_in(s, &s->found[0], bytes, &p, err);
}

/* The job that a piece belongs to: the last one where the piece goes on where that one ends. */
static job *job_of(search *s, const ps_run *run, size_t size)
{
    if (s->job_count > 0) {
        job *last = &s->jobs[s->job_count - 1];
        if (last->offset + last->size == run->offset && last->size + size <= JOB_SIZE)
            return last;
    }
    s->jobs[s->job_count] = (job){.offset = run->offset, .first = s->piece_count};
    return &s->jobs[s->job_count++];
}

static void add_piece(search *s, const ps_run *run, size_t beyond)
{
    const size_t size = (size_t)run->size;
    job *j = job_of(s, run, size + beyond);
    const size_t at = (size_t)(run->offset - j->offset);

    s->pieces[s->piece_count++] = (piece){run->address, at, size, beyond};
    j->size = at + size + beyond;
    j->count++;
}

/* Cut a run into pieces while the batch has room; the cursor stands behind what was taken. */
static bool take_run(search *s, ps_run run, ps_error *err)
{
    while (run.size > 0 && s->job_count < JOBS && s->piece_count < PIECES) {
        ps_run part = run;
        uint64_t beyond;
        if (part.size > JOB_SIZE - PATTERN_LIMIT)
            part.size = JOB_SIZE - PATTERN_LIMIT;
        beyond = run.size - part.size;
        if (beyond > s->query->size - 1)
            beyond = s->query->size - 1;
        if (!find_seam(s, &part, err))
            return false;
        add_piece(s, &part, (size_t)beyond);
        s->out->searched += part.size;
        s->last = part;
        run = (ps_run){run.address + part.size, run.size - part.size, run.offset + part.size};
    }
    s->cursor = run.address;
    return true;
}

static bool fill(search *s, ps_error *err)
{
    ps_run run;

    s->job_count = s->piece_count = 0;
    while (s->job_count < JOBS && s->piece_count < PIECES && next_run(s, &run)) {
        if (!skip_hole(s, &run, err) || !take_run(s, run, err))
            return false;
    }
    return true;
}

static int by_address(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static bool gather(search *s, ps_error *err)
{
    hits all = {0};

    for (size_t i = 0; i < PS_WORKERS_LIMIT; i++) {
        all.count += s->found[i].count;
    }
    if (all.count == 0)
        return true;
    all.addresses = ps_alloc(0, all.count, sizeof *all.addresses);
    if (all.addresses == NULL)
        return ps_fail_memory(err);
    all.count = 0;
    for (size_t i = 0; i < PS_WORKERS_LIMIT; i++) {
        if (s->found[i].count > 0)
            memcpy(all.addresses + all.count, s->found[i].addresses,
                   s->found[i].count * sizeof *all.addresses);
        all.count += s->found[i].count;
    }
    qsort(all.addresses, all.count, sizeof *all.addresses, by_address);
    s->out->more = s->out->more || all.count >= s->limit;
    s->out->addresses = all.addresses;
    s->out->count = all.count < s->limit ? all.count : (size_t)s->limit;
    return true;
}

static bool is_full(const search *s)
{
    size_t count = 0;

    for (size_t i = 0; i < PS_WORKERS_LIMIT; i++)
        count += s->found[i].count;
    return count >= s->limit;
}

static bool report(search *s, uint64_t total)
{
    const ps_progress *progress = s->query->progress;

    if (progress == NULL || progress->step == NULL ||
        progress->step(progress->context, s->out->searched, total))
        return true;
    s->out->stopped = true;
    return false;
}

static bool run_batches(search *s, ps_error *err)
{
    const uint64_t held = s->dump->file.facts.present_pages << PS_FRAME_SHIFT;
    const uint64_t size = s->end - s->query->start;
    const uint64_t total = s->query->physical && held < size ? held : size;

    while (!is_full(s) && report(s, total)) {
        unsigned threads;
        if (!fill(s, err))
            return false;
        if (s->job_count == 0)
            return true;
        threads = ps_workers_threads(s->query->threads, s->job_count);
        if (!ps_workers_run(do_job, s, s->job_count, threads, NULL, err))
            return false;
    }
    return true;
}

/* --- the whole ------------------------------------------------------------------------------- */

static bool is_nonzero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return true;
    return false;
}

static bool begin(search *s, ps_error *err)
{
    const ps_dump_query *query = s->query;
    ps_dump *dump = s->dump;
    const uint64_t most = query->physical && dump->file.physical != NULL
                              ? ps_physical_end(dump->file.physical)
                              : UINT64_MAX;

    if (query->size == 0 || query->size > PATTERN_LIMIT || query->step == 0)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "a pattern of %zu bytes is not searched for",
                       query->size);
    if (query->physical ? dump->file.physical == NULL : !dump->kernel.has_space)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "the dump holds no %s memory",
                       query->physical ? "physical" : "virtual");
    s->source = dump->file.physical != NULL ? ps_physical_source(dump->file.physical)
                                            : dump->file.ranges.source;
    s->cursor = query->start;
    s->end = query->length < most - query->start ? query->start + query->length : most;
    if (query->start > most)
        s->end = s->cursor;
    s->limit = query->limit != 0 ? query->limit : DEFAULT_LIMIT;
    s->mapped_limit = (dump->file.facts.present_pages * 4 + (1 << 20)) << PS_FRAME_SHIFT;
    s->steps = ps_walk_budget_of(&dump->file).steps;
    ps_pattern_init(&s->pattern, query->pattern, query->size, query->step, query->start);
    s->any_nonzero = is_nonzero(query->pattern, query->size);
    s->jobs = ps_alloc(0, JOBS, sizeof *s->jobs);
    s->pieces = ps_alloc(0, PIECES, sizeof *s->pieces);
    return (s->jobs != NULL && s->pieces != NULL) || ps_fail_memory(err);
}

bool ps_dump_search(ps_dump *dump, const ps_dump_query *query, ps_dump_found *found, ps_error *err)
{
    search *s = calloc(1, sizeof *s);
    bool done;

    *found = (ps_dump_found){0};
    if (s == NULL)
        return ps_fail_memory(err);
    s->dump = dump;
    s->query = query;
    s->out = found;
    done = begin(s, err) && run_batches(s, err) && gather(s, err);
    for (size_t i = 0; i < PS_WORKERS_LIMIT; i++) {
        free(s->buffers[i]);
        free(s->found[i].addresses);
    }
    free(s->jobs);
    free(s->pieces);
    free(s);
    return done;
}

void ps_dump_found_free(ps_dump_found *found)
{
    if (found == NULL)
        return;
    free(found->addresses);
    *found = (ps_dump_found){0};
}

/* sweep.c - read physical memory from its beginning to its end through one window. */
#include "dump/sweep.h"

#include "base/array.h"
#include "base/error.h"

enum { WINDOW = 1 << 18 };

typedef struct sweep {
    ps_container_file *file;
    ps_source *source;
    ps_sweep_visit visit;
    void *context;
    uint8_t *window;
    uint64_t asked, begin, end; /* of the source: a hole from asked to begin, then data to end */
    uint64_t left; /* bytes to read: no more than the source has, however often it is named */
    bool stopped;
} sweep;

/* Where data begin at or after an offset; holes are asked for once each. */
static bool skip_hole(sweep *s, uint64_t *offset, ps_error *err)
{
    if (*offset >= s->end || *offset < s->asked) {
        s->asked = *offset;
        if (!ps_source_next_data(s->source, *offset, &s->begin, &s->end, err))
            return false;
    }
    if (s->begin == s->end)
        *offset = UINT64_MAX;
    else if (*offset < s->begin)
        *offset = s->begin;
    return true;
}

static bool report(sweep *s, uint64_t offset, ps_error *err)
{
    const ps_progress *progress = &s->file->progress;

    return progress->step == NULL ||
           progress->step(progress->context, offset, s->file->facts.file_size) ||
           ps_fail(err, PS_ECANCELLED, PS_NOWHERE, "cancelled");
}

/* A window's pages; what is short of a page at the end of the file is left out. */
static bool show(sweep *s, uint64_t address, uint64_t offset, size_t size, ps_error *err)
{
    size_t got = 0;

    s->left -= size < s->left ? size : s->left;
    s->stopped = s->left == 0;
    if (!report(s, offset, err) || !ps_source_read(s->source, offset, s->window, size, &got, err))
        return false;
    for (size_t at = 0; got - at >= PS_FRAME_SIZE; at += PS_FRAME_SIZE) {
        if (!s->visit(s->context, address + at, s->window + at)) {
            s->stopped = true;
            return true;
        }
    }
    return true;
}

/* A run of whole pages at a page's boundary. */
static bool show_run(sweep *s, const ps_run *run, ps_error *err)
{
    uint64_t done = 0;

    while (done < run->size && !s->stopped) {
        uint64_t offset = run->offset + done;
        uint64_t left;
        if (!skip_hole(s, &offset, err))
            return false;
        if (offset - run->offset >= run->size)
            return true;
        done = (offset - run->offset) & ~(uint64_t)(PS_FRAME_SIZE - 1);
        left = run->size - done;
        left = left < WINDOW ? left : WINDOW;
        if (!show(s, run->address + done, run->offset + done, (size_t)left, err))
            return false;
        done += left;
    }
    return true;
}

static bool show_runs(sweep *s, ps_error *err)
{
    uint64_t address = 0;
    ps_run run;

    while (!s->stopped && ps_physical_next(s->file->physical, address, &run)) {
        const uint64_t cut = (0 - run.address) & (PS_FRAME_SIZE - 1);
        address = run.address + run.size;
        if (run.size <= cut)
            continue;
        run = (ps_run){run.address + cut, (run.size - cut) & ~(uint64_t)(PS_FRAME_SIZE - 1),
                       run.offset + cut};
        if (!show_run(s, &run, err))
            return false;
        if (address == 0)
            break;
    }
    return true;
}

bool ps_sweep(ps_container_file *file, ps_sweep_visit visit, void *context, ps_error *err)
{
    sweep s = {.file = file, .visit = visit, .context = context};
    bool done;

    if (file->physical == NULL)
        return true;
    s.source = ps_physical_source(file->physical);
    s.left = ps_source_size(s.source);
    s.window = ps_alloc(0, WINDOW, 1);
    if (s.window == NULL)
        return ps_fail_memory(err);
    done = show_runs(&s, err);
    free(s.window);
    return done;
}

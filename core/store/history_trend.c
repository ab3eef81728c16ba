/* history_trend.c - a trend that is fed from the history. */
#include "base/array.h"
#include "store/history.h"

/* Which snapshots are taken: at most one in `every` seconds. */
typedef struct choice {
    int64_t every, last;
    bool any;
} choice;

static bool is_chosen(choice *c, int64_t time)
{
    if (c->any && c->every > 0 && time - c->last < c->every)
        return false;
    c->any = true;
    c->last = time;
    return true;
}

typedef struct gathering {
    ps_history_trend *out;
    size_t capacity;
    choice choice;
    bool no_memory;
} gathering;

static bool gather_time(void *context, const ps_history_snapshot *snapshot)
{
    gathering *g = context;

    if (!is_chosen(&g->choice, snapshot->time))
        return true;
    g->no_memory =
        !ps_grow((void **)&g->out->times, &g->capacity, g->out->count, sizeof *g->out->times);
    if (!g->no_memory)
        g->out->times[g->out->count++] = snapshot->time;
    return !g->no_memory;
}

typedef struct feeding {
    ps_trend *trend;
    choice choice;
} feeding;

static bool feed(void *context, const ps_reel *reel, const ps_frame *frame, ps_error *err)
{
    feeding *f = context;
    ps_snapshot *snapshot;
    bool done;

    if (!is_chosen(&f->choice, frame->time))
        return true;
    if (!ps_reel_snapshot(reel, &snapshot, err))
        return false;
    done = ps_trend_feed(f->trend, snapshot, err);
    ps_snapshot_close(snapshot);
    return done;
}

bool ps_history_trend_open(ps_history_trend *out, ps_history *history, const char *host,
                           const int64_t range[2], int64_t every, ps_error *err)
{
    gathering g = {.out = out, .choice = {.every = every}};
    feeding f = {.choice = {.every = every}};
    const history_range both = {.from = range[0], .to = range[1]};

    *out = (ps_history_trend){0};
    if (!ps_history_snapshots(history, host, range, gather_time, &g, err)) {
        ps_history_trend_close(out);
        return g.no_memory ? ps_fail_memory(err) : false;
    }
    if (ps_trend_begin(&out->trend, out->times, out->count, err)) {
        f.trend = out->trend;
        if (history_walk(history, host, &both, feed, &f, err) && ps_trend_finish(out->trend, err))
            return true;
    }
    ps_history_trend_close(out);
    return false;
}

void ps_history_trend_close(ps_history_trend *trend)
{
    ps_trend_close(trend->trend);
    free(trend->times);
    *trend = (ps_history_trend){0};
}

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

/* The place of a snapshot in the order that was given; false where it keeps its own. */
static bool find_in_order(const ps_history_trend_of *of, int64_t id, size_t *place)
{
    for (size_t i = 0; i < of->order_count; i++) {
        if (of->order[i] == id) {
            *place = i;
            return true;
        }
    }
    return false;
}

/* --- the times ------------------------------------------------------------------------------- */

typedef struct gathering {
    const ps_history_trend_of *of;
    ps_history_trend *out;
    size_t capacity;
    size_t *places; /* of out->times, where those in order stand */
    int64_t *times; /* in order */
    size_t met;
    choice choice;
    bool no_memory;
} gathering;

static bool gather_time(void *context, const ps_history_snapshot *snapshot)
{
    gathering *g = context;
    size_t place;

    if (!is_chosen(&g->choice, snapshot->time))
        return true;
    g->no_memory =
        !ps_grow((void **)&g->out->times, &g->capacity, g->out->count, sizeof *g->out->times);
    if (g->no_memory)
        return false;
    if (g->met < g->of->order_count && find_in_order(g->of, snapshot->id, &place)) {
        g->places[g->met++] = g->out->count;
        g->times[place] = snapshot->time;
    }
    g->out->times[g->out->count++] = snapshot->time;
    return true;
}

static bool gather_times(gathering *g, ps_history *history, ps_error *err)
{
    const ps_history_trend_of *of = g->of;

    if (!ps_history_snapshots(history, of->host, (const int64_t[2]){of->from, of->to}, gather_time,
                              g, err))
        return g->no_memory ? ps_fail_memory(err) : false;
    if (g->met != of->order_count) {
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE,
                       "%s: %zu snapshots are in an order, %zu of them are there", history->path,
                       of->order_count, g->met);
    }
    for (size_t i = 0; i < g->met; i++)
        g->out->times[g->places[i]] = g->times[i];
    return true;
}

static bool list_times(ps_history_trend *out, ps_history *history, const ps_history_trend_of *of,
                       ps_error *err)
{
    gathering g = {.of = of, .out = out, .choice = {.every = of->every}};
    bool done;

    if (of->order_count > 0) {
        g.places = ps_alloc(0, of->order_count, sizeof *g.places);
        g.times = ps_alloc(0, of->order_count, sizeof *g.times);
    }
    done = (of->order_count == 0 || (g.places != NULL && g.times != NULL))
               ? gather_times(&g, history, err)
               : ps_fail_memory(err);
    free(g.places);
    free(g.times);
    return done;
}

/* --- the snapshots --------------------------------------------------------------------------- */

typedef struct feeding {
    const ps_history_trend_of *of;
    ps_trend *trend;
    choice choice;
    ps_snapshot **held; /* those in order, until their turn comes */
    size_t next, waiting;
} feeding;

static bool feed_one(feeding *f, ps_snapshot *snapshot, ps_error *err)
{
    const bool done = ps_trend_feed(f->trend, snapshot, err);

    ps_snapshot_close(snapshot);
    return done;
}

/* What waits is fed as far as the order has come. */
static bool hold(feeding *f, ps_snapshot *snapshot, size_t place, ps_error *err)
{
    f->held[place] = snapshot;
    f->waiting++;
    while (f->next < f->of->order_count && f->held[f->next] != NULL) {
        ps_snapshot *ready = f->held[f->next];

        f->held[f->next++] = NULL;
        f->waiting--;
        if (!feed_one(f, ready, err))
            return false;
    }
    return true;
}

static bool feed(void *context, const ps_reel *reel, const ps_frame *frame, ps_error *err)
{
    feeding *f = context;
    ps_snapshot *snapshot;
    size_t place;

    if (!is_chosen(&f->choice, frame->time))
        return true;
    if (!ps_reel_snapshot(reel, &snapshot, err))
        return false;
    if (f->next < f->of->order_count && find_in_order(f->of, frame->id, &place))
        return hold(f, snapshot, place, err);
    if (f->waiting > 0) {
        ps_snapshot_close(snapshot);
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE,
                       "snapshots in an order have others between them");
    }
    return feed_one(f, snapshot, err);
}

static bool feed_all(ps_history_trend *out, ps_history *history, const ps_history_trend_of *of,
                     ps_error *err)
{
    const history_range both = {.from = of->from, .to = of->to};
    feeding f = {.of = of, .trend = out->trend, .choice = {.every = of->every}};
    bool done;

    if (of->order_count > 0) {
        f.held = calloc(of->order_count, sizeof(ps_snapshot *));
        if (f.held == NULL)
            return ps_fail_memory(err);
    }
    done = history_walk(history, of->host, &both, feed, &f, err);
    for (size_t i = 0; i < of->order_count; i++)
        ps_snapshot_close(f.held[i]);
    free(f.held);
    return done;
}

/* --- both ------------------------------------------------------------------------------------ */

bool ps_history_trend_ordered(ps_history_trend *out, ps_history *history,
                              const ps_history_trend_of *of, ps_error *err)
{
    *out = (ps_history_trend){0};
    if (list_times(out, history, of, err) &&
        ps_trend_begin(&out->trend, out->times, out->count, err) &&
        feed_all(out, history, of, err) && ps_trend_finish(out->trend, err))
        return true;
    ps_history_trend_close(out);
    return false;
}

bool ps_history_trend_open(ps_history_trend *out, ps_history *history, const char *host,
                           const int64_t range[2], int64_t every, ps_error *err)
{
    const ps_history_trend_of of = {.host = host, .from = range[0], .to = range[1], .every = every};

    return ps_history_trend_ordered(out, history, &of, err);
}

void ps_history_trend_close(ps_history_trend *trend)
{
    if (trend == NULL)
        return;
    ps_trend_close(trend->trend);
    free(trend->times);
    *trend = (ps_history_trend){0};
}

/* --- the count as a clock -------------------------------------------------------------------- */

typedef struct counting {
    ps_history_count_visit visit;
    void *context;
} counting;

static bool count_one(void *context, const ps_reel *reel, const ps_frame *frame, ps_error *err)
{
    const counting *c = context;
    ps_snapshot *snapshot;
    uint64_t allocs = 0;
    bool known = false, wanted;

    if (!ps_reel_snapshot(reel, &snapshot, err))
        return false;
    for (size_t i = 0; i < ps_snapshot_count(snapshot); i++) {
        const ps_row *row = ps_snapshot_at(snapshot, i);

        if ((row->known & PS_KNOW_ALLOCS) == 0)
            continue;
        allocs += row->allocs;
        known = true;
    }
    ps_snapshot_close(snapshot);
    wanted = c->visit(c->context, frame->id, known ? &allocs : NULL);
    return wanted || ps_fail(err, PS_ECANCELLED, PS_NOWHERE, "stopped");
}

bool ps_history_counts(ps_history *history, const char *host, const int64_t range[2],
                       ps_history_count_visit visit, void *context, ps_error *err)
{
    const history_range both = {.from = range[0], .to = range[1]};
    counting c = {.visit = visit, .context = context};

    return history_walk(history, host, &both, count_one, &c, err);
}

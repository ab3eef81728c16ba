/* trend_finish.c - slopes and tests of what a trend has followed, its rows in order, lock-step. */
#include "pool/trend.h"

#include "base/array.h"
#include "base/error.h"
#include "pool/index.h"
#include "pool/judge.h"

#include <math.h>

static const double seconds_per_hour = 3600;

/* A column as a series, and room to judge it in. */
typedef struct workbench {
    double *values, *times;
    uint32_t *runs;
    ps_workroom room;
} workbench;

static void close_bench(workbench *bench)
{
    free(bench->values);
    free(bench->times);
    free(bench->runs);
    ps_workroom_close(&bench->room);
}

static bool open_bench(workbench *bench, size_t count, ps_error *err)
{
    *bench = (workbench){.values = ps_alloc(0, count, sizeof *bench->values),
                         .times = ps_alloc(0, count, sizeof *bench->times),
                         .runs = ps_alloc(0, count, sizeof *bench->runs)};
    if (bench->values != NULL && bench->times != NULL && bench->runs != NULL &&
        ps_workroom_make(&bench->room, count, err))
        return true;
    close_bench(bench);
    return ps_fail_memory(err);
}

/* The known values of a column. */
static ps_series gather(const ps_trend *trend, size_t place, const workbench *bench)
{
    const double *column = ps_trend_column(trend, place);
    ps_series series = {.values = bench->values, .times = bench->times, .runs = bench->runs};

    for (size_t k = 0; k < trend->next_thin; k++) {
        const size_t i = ps_trend_thin_index(trend, k);
        if (isnan(column[k]))
            continue;
        bench->times[series.count] = trend->clock == NULL ? (double)i : trend->clock[i];
        bench->runs[series.count] = trend->runs[i];
        bench->values[series.count++] = column[k];
    }
    return series;
}

static ps_context context_of(const ps_trend *trend, const ps_trend_row *row)
{
    const bool timed = trend->clock != NULL && trend->fed > 0;

    return (ps_context){
        .span_s = timed ? trend->clock[trend->fed - 1] * seconds_per_hour : 0,
        .hours_per_time = timed ? 1 : 0,
        .intervals = row->intervals,
        .rises = row->rises,
        .falls = row->falls,
        .growth = (double)row->growth,
        .freed_ratio = row->has_freed && row->allocs > 0 ? (double)row->frees / (double)row->allocs
                                                         : (double)NAN,
    };
}

static ps_trend_row row_of(const ps_followed *followed)
{
    const ps_moved *moved = &followed->moved;

    return (ps_trend_row){
        .tag = followed->last.tag & ~PS_TAG_PROTECTED,
        .pool = followed->last.pool,
        .session = followed->last.session,
        .points = moved->points,
        .intervals = moved->intervals,
        .rises = moved->rises,
        .falls = moved->falls,
        .first_bytes = moved->first,
        .last_bytes = moved->last,
        .least_bytes = moved->least,
        .most_bytes = moved->most,
        .growth = moved->growth,
        .diff_growth = moved->diff_growth,
        .has_diff = moved->has_diff_growth,
        .has_freed = moved->has_freed,
        .allocs = moved->allocs,
        .frees = moved->frees,
        .wrapped = moved->wrapped,
        .last = &followed->last,
    };
}

static void measure(const ps_trend *trend, size_t place, workbench *bench)
{
    ps_trend_row *row = &trend->rows[place];
    const ps_series series = gather(trend, place, bench);
    ps_context context;

    *row = row_of(&trend->followed[place]);
    context = context_of(trend, row);
    row->has_rate = trend->clock != NULL && series.count >= 2;
    ps_judge_in(&series, &context, &trend->thresholds, &row->judged, &bench->room);
}

static bool was_tested(const ps_trend_row *row)
{
    return row->judged.points >= PS_MANY_POINTS && row->least_bytes < row->most_bytes;
}

static bool never_freed(const ps_trend *trend, const ps_trend_row *row)
{
    return row->has_freed && row->allocs > 0 &&
           (double)row->frees < trend->thresholds.never_freed * (double)row->allocs;
}

/* Among thousands of tags some rise by chance: no word that accuses is left. */
static bool doubt_word(ps_judgement *judged)
{
    if (judged->word != PS_WORD_LEAK && judged->word != PS_WORD_SUSPECT &&
        judged->word != PS_WORD_GROWING_CACHE)
        return false;
    judged->word = PS_WORD_LOAD;
    judged->confidence = PS_MEDIUM;
    judged->reason = "among so many tags one rises like this by chance";
    return true;
}

/* Those that are never freed need no such doubt. */
static void doubt(const ps_trend *trend, ps_trend_row *row)
{
    if (was_tested(row) && row->judged.p > trend->limit && !never_freed(trend, row))
        row->by_chance = doubt_word(&row->judged);
}

static bool weigh_family(ps_trend *trend, ps_error *err)
{
    double *ps = ps_alloc(0, trend->row_count + 1, sizeof *ps);

    if (ps == NULL)
        return ps_fail_memory(err);
    for (size_t i = 0; i < trend->row_count; i++)
        if (was_tested(&trend->rows[i]))
            ps[trend->tested++] = trend->rows[i].judged.p;
    trend->limit = ps_discovery_limit(ps, trend->tested, trend->thresholds.false_discovery);
    free(ps);
    for (size_t i = 0; i < trend->row_count; i++)
        doubt(trend, &trend->rows[i]);
    return true;
}

typedef struct ordered {
    ps_trend_row row;
    uint32_t place;
} ordered;

static int by_growth(const void *left, const void *right)
{
    const ps_trend_row *a = &((const ordered *)left)->row, *b = &((const ordered *)right)->row;

    if (a->growth != b->growth)
        return a->growth > b->growth ? -1 : 1;
    return ps_row_compare(a->last, b->last);
}

/* Sort the rows, remembering where each one's column is. */
static bool sort_rows(ps_trend *trend, ps_error *err)
{
    const size_t count = trend->row_count;
    ordered *items = ps_alloc(0, count + 1, sizeof *items);

    if (items == NULL)
        return ps_fail_memory(err);
    for (size_t i = 0; i < count; i++)
        items[i] = (ordered){.row = trend->rows[i], .place = (uint32_t)i};
    qsort(items, count, sizeof *items, by_growth);
    for (size_t i = 0; i < count; i++) {
        trend->rows[i] = items[i].row;
        trend->places[i] = items[i].place;
    }
    free(items);
    return true;
}

bool ps_trend_finish(ps_trend *trend, ps_error *err)
{
    const size_t count = trend->followed_count;
    workbench bench;

    if (!ps_trend_may_go_on(trend, err))
        return false;
    trend->rows = ps_alloc(0, count + 1, sizeof *trend->rows);
    trend->places = ps_alloc(0, count + 1, sizeof *trend->places);
    if (trend->rows == NULL || trend->places == NULL)
        return ps_fail_memory(err);
    if (!open_bench(&bench, PS_THIN_TO, err))
        return false;
    for (size_t i = 0; i < count; i++)
        measure(trend, i, &bench);
    close_bench(&bench);
    trend->row_count = count;
    return weigh_family(trend, err) && sort_rows(trend, err);
}

void ps_trend_set_thresholds(ps_trend *trend, const ps_thresholds *thresholds)
{
    trend->thresholds = thresholds != NULL ? *thresholds : ps_thresholds_default();
}

size_t ps_trend_tested(const ps_trend *trend, double *limit)
{
    *limit = trend->limit;
    return trend->tested;
}

bool ps_trend_judge(const ps_trend *trend, size_t index, const ps_thresholds *thresholds,
                    ps_judgement *out, ps_error *err)
{
    workbench bench;
    ps_context context;
    ps_series series;

    if (index >= trend->row_count)
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "row %zu of %zu", index, trend->row_count);
    if (!open_bench(&bench, PS_THIN_TO, err))
        return false;
    context = context_of(trend, &trend->rows[index]);
    series = gather(trend, trend->places[index], &bench);
    ps_judge_in(&series, &context, thresholds != NULL ? thresholds : &trend->thresholds, out,
                &bench.room);
    close_bench(&bench);
    if (trend->rows[index].by_chance)
        doubt_word(out);
    return true;
}

size_t ps_trend_count(const ps_trend *trend) { return trend->row_count; }

const ps_trend_row *ps_trend_at(const ps_trend *trend, size_t index)
{
    return index < trend->row_count ? &trend->rows[index] : NULL;
}

bool ps_trend_reboot_before(const ps_trend *trend, size_t index)
{
    return index > 0 && index < trend->fed && trend->runs[index] != trend->runs[index - 1];
}

bool ps_trend_lockstep(const ps_trend *trend, size_t a, size_t b, double *ratio, double *residual)
{
    ps_lockstep found;

    if (a >= trend->row_count || b >= trend->row_count ||
        !ps_lockstep_of(ps_trend_column(trend, trend->places[a]) + trend->thinned,
                        ps_trend_column(trend, trend->places[b]) + trend->thinned, trend->thin_runs,
                        trend->next_thin, &found))
        return false;
    *ratio = found.ratio;
    *residual = found.residual;
    return true;
}

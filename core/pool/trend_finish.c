/* trend_finish.c - slopes and tests of what a trend has followed, its rows in order, lock-step. */
#include "pool/trend.h"

#include "base/array.h"
#include "base/error.h"
#include "pool/index.h"

#include <math.h>

typedef struct workbench {
    ps_point *points;
    double *room;
} workbench;

/* Values of the column that are from snapshots fed. */
static size_t gather_points(const ps_trend *trend, size_t place, ps_point *points)
{
    const double *column = ps_trend_column(trend, place);
    size_t made = 0;

    for (size_t k = 0; k < trend->next_thin; k++) {
        const size_t i = ps_trend_thin_index(trend, k);
        if (isnan(column[k]))
            continue;
        points[made++] = (ps_point){
            .time = trend->clock == NULL ? (double)i : trend->clock[i],
            .value = column[k],
            .run = trend->runs[i],
        };
    }
    return made;
}

static void measure(const ps_trend *trend, size_t place, const workbench *bench)
{
    ps_trend_row *row = &trend->followed[place].row;
    const ps_point *points = bench->points;
    const size_t made = gather_points(trend, place, bench->points), half = made / 2;
    const ps_slope whole = ps_slope_of(points, made, bench->room);

    row->last = &trend->followed[place].last;
    row->has_rate = trend->clock != NULL && made >= 2;
    row->z = whole.z;
    row->p = whole.p;
    row->slope = whole.slope;
    row->low = whole.low;
    row->high = whole.high;
    row->early = ps_slope_of(points, half + 1 < made ? half + 1 : made, bench->room).slope;
    row->late = ps_slope_of(points + half, made - half, bench->room).slope;
    if (made > 0)
        row->late_growth = row->late * (points[made - 1].time - points[half].time);
}

typedef struct ordered {
    const ps_trend_row *row;
    uint32_t place;
} ordered;

static int by_growth(const void *left, const void *right)
{
    const ps_trend_row *a = ((const ordered *)left)->row, *b = ((const ordered *)right)->row;

    if (a->growth != b->growth)
        return a->growth > b->growth ? -1 : 1;
    return ps_row_compare(a->last, b->last);
}

static bool sort_rows(ps_trend *trend, ps_error *err)
{
    const size_t count = trend->followed_count;
    ordered *items = ps_alloc(0, count + 1, sizeof *items);

    trend->rows = ps_alloc(0, count + 1, sizeof *trend->rows);
    trend->places = ps_alloc(0, count + 1, sizeof *trend->places);
    if (items == NULL || trend->rows == NULL || trend->places == NULL) {
        free(items);
        return ps_fail_memory(err);
    }
    for (size_t i = 0; i < count; i++)
        items[i] = (ordered){.row = &trend->followed[i].row, .place = (uint32_t)i};
    qsort(items, count, sizeof *items, by_growth);
    for (size_t i = 0; i < count; i++) {
        trend->rows[i] = *items[i].row;
        trend->places[i] = items[i].place;
    }
    trend->row_count = count;
    free(items);
    return true;
}

bool ps_trend_finish(ps_trend *trend, ps_error *err)
{
    workbench bench = {.points = ps_alloc(0, trend->thinned + 1, sizeof *bench.points),
                       .room = ps_slope_room(trend->thinned + 1)};
    bool done = bench.points != NULL && bench.room != NULL;

    if (trend->rows != NULL)
        done = ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "the trend is finished already");
    else if (!done)
        (void)ps_fail_memory(err);
    for (size_t i = 0; done && i < trend->followed_count; i++)
        measure(trend, i, &bench);
    done = done && sort_rows(trend, err);
    free(bench.points);
    free(bench.room);
    return done;
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

/* The step into value k of a column, NAN where it is unknown or crosses a restart. */
static double step_into(const ps_trend *trend, const double *moves, size_t k)
{
    if (trend->runs[ps_trend_thin_index(trend, k)] !=
        trend->runs[ps_trend_thin_index(trend, k - 1)])
        return (double)NAN;
    return moves[k] - moves[k - 1];
}

bool ps_trend_lockstep(const ps_trend *trend, size_t a, size_t b, double *ratio, double *residual)
{
    const double *of_a, *of_b;
    double sum_a = 0, sum_b = 0, moved = 0, left = 0;
    size_t steps = 0;

    if (a >= trend->row_count || b >= trend->row_count)
        return false;
    of_a = ps_trend_column(trend, trend->places[a]) + trend->thinned;
    of_b = ps_trend_column(trend, trend->places[b]) + trend->thinned;
    for (size_t k = 1; k < trend->next_thin; k++) {
        const double step_a = step_into(trend, of_a, k), step_b = step_into(trend, of_b, k);
        if (isnan(step_a) || isnan(step_b))
            continue;
        sum_a += step_a;
        sum_b += step_b;
        moved += fabs(step_b);
        steps++;
    }
    if (steps < 3 || !(fabs(sum_a) > 0) || !(moved > 0))
        return false;
    *ratio = sum_b / sum_a;
    for (size_t k = 1; k < trend->next_thin; k++) {
        const double step_a = step_into(trend, of_a, k), step_b = step_into(trend, of_b, k);
        if (!isnan(step_a) && !isnan(step_b))
            left += fabs(step_b - *ratio * step_a);
    }
    *residual = left / moved;
    return true;
}

/* trend.c - how each tag moved over a series of snapshots.
 *
 * All snapshots are indexed by key; then key after key is taken from all indices at once, so that
 * memory is one pointer a row and not a matrix.
 */
#include "base/array.h"
#include "base/error.h"
#include "pool/index.h"
#include "pool/slope.h"

#include <math.h>

enum { THIN_TO = 256 };

static const double seconds_per_hour = 3600;

struct ps_trend {
    const ps_snapshot *const *snapshots;
    const int64_t *times;
    size_t count;
    ps_index *indices;
    size_t *cursors;
    uint32_t *runs;        /* of the machine, one a snapshot */
    const ps_row **column; /* the rows of the key at hand, one a snapshot, NULL where absent */
    ps_point *points;
    double *room;
    size_t thinned; /* kept columns have this many values */
    ps_trend_row *rows;
    double *moves;   /* thinned allocations in use, `thinned` values a row; NAN where unknown */
    size_t *move_of; /* row index to its place in moves, as rows get sorted */
    size_t row_count, row_capacity, move_capacity, of_capacity;
};

static size_t thin_index(const ps_trend *trend, size_t k)
{
    return trend->thinned < 2 ? k : k * (trend->count - 1) / (trend->thinned - 1);
}

static bool prepare(ps_trend *trend, ps_error *err)
{
    const size_t count = trend->count;

    trend->thinned = count < THIN_TO ? count : THIN_TO;
    trend->indices = calloc(count + 1, sizeof *trend->indices);
    trend->cursors = calloc(count + 1, sizeof *trend->cursors);
    trend->runs = calloc(count + 1, sizeof *trend->runs);
    trend->column = calloc(count + 1, sizeof(const ps_row *));
    trend->points = calloc(trend->thinned + 1, sizeof *trend->points);
    trend->room = ps_slope_room(trend->thinned + 1);
    if (trend->indices == NULL || trend->cursors == NULL || trend->runs == NULL ||
        trend->column == NULL || trend->points == NULL || trend->room == NULL)
        return ps_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        if (!ps_index_open(&trend->indices[i], trend->snapshots[i], err))
            return false;
        if (i == 0)
            continue;
        trend->runs[i] = trend->runs[i - 1];
        if (ps_index_reboot(&trend->indices[i - 1], &trend->indices[i], trend->snapshots[i - 1],
                            trend->snapshots[i]))
            trend->runs[i]++;
    }
    return true;
}

/* Gather the rows of the least key that is left; false when all are taken. */
static bool next_column(ps_trend *trend)
{
    const ps_row *least = NULL;

    for (size_t i = 0; i < trend->count; i++) {
        const ps_index *index = &trend->indices[i];
        if (trend->cursors[i] < index->count &&
            (least == NULL || ps_row_compare(index->rows[trend->cursors[i]], least) < 0))
            least = index->rows[trend->cursors[i]];
    }
    for (size_t i = 0; least != NULL && i < trend->count; i++) {
        const ps_index *index = &trend->indices[i];
        const bool has = trend->cursors[i] < index->count &&
                         ps_row_compare(index->rows[trend->cursors[i]], least) == 0;
        trend->column[i] = has ? index->rows[trend->cursors[i]] : NULL;
        trend->cursors[i] += has;
    }
    return least != NULL;
}

/* A tag that a whole snapshot does not list has nothing allocated. */
static bool value_at(const ps_trend *trend, size_t i, unsigned what, int64_t *value)
{
    const ps_row *row = trend->column[i];

    *value = 0;
    if (row == NULL)
        return ps_snapshot_scope(trend->snapshots[i]) == PS_SCOPE_WHOLE;
    *value = what == PS_KNOW_DIFF ? row->diff : row->bytes;
    return (row->known & what) != 0;
}

static void add_counters(const ps_row *before, const ps_row *after, ps_trend_row *row)
{
    const unsigned wanted = PS_KNOW_ALLOCS | PS_KNOW_FREES;
    const bool had = before != NULL && (before->known & wanted) == wanted;
    uint64_t allocs, frees;

    if (after == NULL || (after->known & wanted) != wanted || (before != NULL && !had))
        return;
    if (!ps_counter_advance(had ? before->allocs : 0, after->allocs, &allocs, &row->wrapped) ||
        !ps_counter_advance(had ? before->frees : 0, after->frees, &frees, &row->wrapped))
        return;
    row->allocs += allocs;
    row->frees += frees;
    row->has_freed = true;
}

static void add_bytes(ps_trend_row *row, int64_t bytes)
{
    if (row->points == 0)
        row->first_bytes = row->least_bytes = row->most_bytes = bytes;
    if (bytes < row->least_bytes)
        row->least_bytes = bytes;
    if (bytes > row->most_bytes)
        row->most_bytes = bytes;
    row->last_bytes = bytes;
    row->points++;
}

static void add_interval(ps_trend_row *row, int64_t before, int64_t after)
{
    row->intervals++;
    row->rises += after > before;
    row->falls += after < before;
    row->growth = (int64_t)((uint64_t)row->growth + (uint64_t)after - (uint64_t)before);
}

/* Walk the column once: growth, counters, extremes. */
static void walk_column(const ps_trend *trend, ps_trend_row *row)
{
    size_t previous = SIZE_MAX;
    int64_t bytes, before = 0, diff, diff_before;

    for (size_t i = 0; i < trend->count; i++) {
        const bool same_run = previous != SIZE_MAX && trend->runs[i] == trend->runs[previous];
        if (trend->column[i] != NULL)
            row->last = trend->column[i];
        if (!value_at(trend, i, PS_KNOW_BYTES, &bytes))
            continue;
        add_bytes(row, bytes);
        if (same_run) {
            add_interval(row, before, bytes);
            add_counters(trend->column[previous], trend->column[i], row);
        }
        if (same_run && value_at(trend, i, PS_KNOW_DIFF, &diff) &&
            value_at(trend, previous, PS_KNOW_DIFF, &diff_before)) {
            row->diff_growth += diff - diff_before;
            row->has_diff = true;
        }
        before = bytes;
        previous = i;
    }
}

static size_t gather_points(const ps_trend *trend)
{
    size_t made = 0;
    int64_t bytes;

    for (size_t k = 0; k < trend->thinned; k++) {
        const size_t i = thin_index(trend, k);
        if (!value_at(trend, i, PS_KNOW_BYTES, &bytes))
            continue;
        trend->points[made++] = (ps_point){
            .time = trend->times == NULL
                        ? (double)i
                        : (double)(trend->times[i] - trend->times[0]) / seconds_per_hour,
            .value = (double)bytes,
            .run = trend->runs[i],
        };
    }
    return made;
}

static void measure_slope(const ps_trend *trend, ps_trend_row *row)
{
    const size_t made = gather_points(trend);
    const size_t half = made / 2;
    const ps_slope whole = ps_slope_of(trend->points, made, trend->room);

    row->has_rate = trend->times != NULL && made >= 2;
    row->z = whole.z;
    row->p = whole.p;
    row->slope = whole.slope;
    row->low = whole.low;
    row->high = whole.high;
    row->early = ps_slope_of(trend->points, half + 1 < made ? half + 1 : made, trend->room).slope;
    row->late = ps_slope_of(trend->points + half, made - half, trend->room).slope;
    if (made > 0)
        row->late_growth = row->late * (trend->points[made - 1].time - trend->points[half].time);
}

static bool keep_moves(ps_trend *trend, ps_error *err)
{
    const size_t values = trend->row_count * trend->thinned;
    const size_t item = sizeof *trend->moves * (trend->thinned + 1);
    int64_t diff;

    if (!ps_grow((void **)&trend->moves, &trend->move_capacity, trend->row_count, item))
        return ps_fail_memory(err);
    for (size_t k = 0; k < trend->thinned; k++)
        trend->moves[values + k] =
            value_at(trend, thin_index(trend, k), PS_KNOW_DIFF, &diff) ? (double)diff : (double)NAN;
    return true;
}

static bool add_row(ps_trend *trend, ps_error *err)
{
    ps_trend_row row = {0};
    const ps_row *some = NULL;

    for (size_t i = 0; i < trend->count && some == NULL; i++)
        some = trend->column[i];
    if (some == NULL)
        return true;
    row.tag = some->tag & ~PS_TAG_PROTECTED;
    row.pool = some->pool;
    row.session = some->session;
    walk_column(trend, &row);
    measure_slope(trend, &row);
    if (!keep_moves(trend, err))
        return false;
    if (!ps_grow((void **)&trend->rows, &trend->row_capacity, trend->row_count, sizeof row))
        return ps_fail_memory(err);
    trend->rows[trend->row_count++] = row;
    return true;
}

static int by_growth(const ps_trend_row *a, const ps_trend_row *b)
{
    if (a->growth != b->growth)
        return a->growth > b->growth ? -1 : 1;
    return ps_row_compare(a->last, b->last);
}

typedef struct ordered {
    ps_trend_row row;
    size_t place;
} ordered;

static int compare_ordered(const void *left, const void *right)
{
    const ordered *a = left, *b = right;

    return by_growth(&a->row, &b->row);
}

/* Sort the rows, remembering where each one's moves are. */
static bool sort_rows(ps_trend *trend, ps_error *err)
{
    ordered *items = ps_alloc(0, trend->row_count + 1, sizeof *items);

    trend->move_of = ps_alloc(0, trend->row_count + 1, sizeof *trend->move_of);
    if (items == NULL || trend->move_of == NULL) {
        free(items);
        return ps_fail_memory(err);
    }
    for (size_t i = 0; i < trend->row_count; i++)
        items[i] = (ordered){.row = trend->rows[i], .place = i};
    qsort(items, trend->row_count, sizeof *items, compare_ordered);
    for (size_t i = 0; i < trend->row_count; i++) {
        trend->rows[i] = items[i].row;
        trend->move_of[i] = items[i].place;
    }
    free(items);
    return true;
}

static bool build(ps_trend *trend, ps_error *err)
{
    if (!prepare(trend, err))
        return false;
    while (next_column(trend))
        if (!add_row(trend, err))
            return false;
    return sort_rows(trend, err);
}

bool ps_trend_open(ps_trend **out, const ps_snapshot *const *snapshots, const int64_t *times,
                   size_t count, ps_error *err)
{
    ps_trend *trend = calloc(1, sizeof *trend);

    *out = NULL;
    if (trend == NULL)
        return ps_fail_memory(err);
    trend->snapshots = snapshots;
    trend->times = times;
    trend->count = count;
    if (!build(trend, err)) {
        ps_trend_close(trend);
        return false;
    }
    *out = trend;
    return true;
}

size_t ps_trend_count(const ps_trend *trend) { return trend->row_count; }

const ps_trend_row *ps_trend_at(const ps_trend *trend, size_t index)
{
    return index < trend->row_count ? &trend->rows[index] : NULL;
}

bool ps_trend_reboot_before(const ps_trend *trend, size_t index)
{
    return index > 0 && index < trend->count && trend->runs[index] != trend->runs[index - 1];
}

/* The step into kept value k, NAN where it is unknown or crosses a restart. */
static double step_into(const ps_trend *trend, const double *moves, size_t k)
{
    if (trend->runs[thin_index(trend, k)] != trend->runs[thin_index(trend, k - 1)])
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
    of_a = trend->moves + trend->move_of[a] * trend->thinned;
    of_b = trend->moves + trend->move_of[b] * trend->thinned;
    for (size_t k = 1; k < trend->thinned; k++) {
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
    for (size_t k = 1; k < trend->thinned; k++) {
        const double step_a = step_into(trend, of_a, k), step_b = step_into(trend, of_b, k);
        if (!isnan(step_a) && !isnan(step_b))
            left += fabs(step_b - *ratio * step_a);
    }
    *residual = left / moved;
    return true;
}

void ps_trend_close(ps_trend *trend)
{
    if (trend == NULL)
        return;
    for (size_t i = 0; trend->indices != NULL && i < trend->count; i++)
        ps_index_close(&trend->indices[i]);
    free(trend->indices);
    free(trend->cursors);
    free(trend->runs);
    free(trend->column);
    free(trend->points);
    free(trend->room);
    free(trend->rows);
    free(trend->moves);
    free(trend->move_of);
    free(trend);
}

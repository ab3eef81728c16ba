/* trend.c - follows every tag through a series, one snapshot at a time.
 *
 * Rows mostly come in the order of the snapshot before, so that finding a tag is one comparison; a
 * hash table serves the rest.  `absent` is the state of a tag that has never been seen: a new tag
 * starts as its copy.
 */
#include "pool/trend.h"

#include "base/array.h"
#include "base/error.h"
#include "pool/index.h"

#include <math.h>
#include <string.h>

enum {
    COUNTERS = PS_KNOW_ALLOCS | PS_KNOW_FREES,
    HALVED_AT_LEAST = 8, /* tags, before their sizes may tell of a restart */
    CLOCK_SLACK_S = 3900 /* a clock may be set by an hour */
};

static const double seconds_per_hour = 3600;

size_t ps_trend_thin_index(const ps_trend *trend, size_t k)
{
    return trend->thinned < 2 ? k : k * (trend->count - 1) / (trend->thinned - 1);
}

const double *ps_trend_column(const ps_trend *trend, size_t place)
{
    return trend->columns + place * 2 * trend->thinned;
}

static uint64_t key_of(const ps_row *row)
{
    return (uint64_t)(uint32_t)row->session << 32 | (uint64_t)(row->pool & 1U) << 31 |
           (row->tag & ~PS_TAG_PROTECTED);
}

static size_t hash_of(uint64_t key)
{
    key ^= key >> 31;
    key *= UINT64_C(0x9e3779b97f4a7c15);
    key ^= key >> 29;
    key *= UINT64_C(0xbf58476d1ce4e5b9);
    return (size_t)(key ^ key >> 32);
}

static void put_slot(ps_trend *trend, uint32_t place)
{
    size_t at = hash_of(trend->followed[place].key) & (trend->slot_count - 1);

    while (trend->slots[at] != 0)
        at = (at + 1) & (trend->slot_count - 1);
    trend->slots[at] = place + 1;
}

static bool grow_slots(ps_trend *trend, ps_error *err)
{
    const size_t wanted = trend->slot_count == 0 ? 64 : trend->slot_count * 2;

    if (trend->followed_count * 2 < trend->slot_count)
        return true;
    free(trend->slots);
    trend->slots = calloc(wanted, sizeof *trend->slots);
    trend->slot_count = trend->slots == NULL ? 0 : wanted;
    if (trend->slots == NULL)
        return ps_fail_memory(err);
    for (size_t i = 0; i < trend->followed_count; i++)
        put_slot(trend, (uint32_t)i);
    return true;
}

static bool add_followed(ps_trend *trend, const ps_row *row, uint32_t *place, ps_error *err)
{
    const size_t column = 2 * trend->thinned * sizeof *trend->columns;
    const size_t count = trend->followed_count;
    ps_followed *followed;

    if (count >= UINT32_MAX - 1)
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "more than %zu tags in a series", count);
    if (!ps_grow((void **)&trend->followed, &trend->followed_capacity, count, sizeof *followed) ||
        !ps_grow((void **)&trend->columns, &trend->column_capacity, count, column) ||
        !grow_slots(trend, err))
        return ps_fail_memory(err);
    followed = &trend->followed[count];
    *followed = trend->absent;
    followed->key = key_of(row);
    memcpy(trend->columns + count * 2 * trend->thinned, trend->absent_column, column);
    trend->followed_count++;
    *place = (uint32_t)count;
    put_slot(trend, *place);
    return true;
}

static bool find_followed(ps_trend *trend, const ps_row *row, uint32_t *place, ps_error *err)
{
    const uint64_t key = key_of(row);
    size_t at = hash_of(key);

    while (trend->slot_count > 0) {
        at &= trend->slot_count - 1;
        if (trend->slots[at] == 0)
            break;
        *place = trend->slots[at] - 1;
        if (trend->followed[*place].key == key)
            return true;
        at++;
    }
    return add_followed(trend, row, place, err);
}

/* Lay the rows beside the tags that they are of; the first of equal keys counts. */
static bool match_rows(ps_trend *trend, const ps_snapshot *snapshot, ps_error *err)
{
    const size_t count = ps_snapshot_count(snapshot);

    for (size_t i = 0; i < trend->followed_count; i++)
        trend->followed[i].now = NULL;
    for (size_t i = 0; i < count; i++) {
        const ps_row *row = ps_snapshot_at(snapshot, i);
        const bool listed = i < trend->order_count;
        uint32_t place = listed ? trend->order[i] : 0;
        if ((!listed || trend->followed[place].key != key_of(row)) &&
            !find_followed(trend, row, &place, err))
            return false;
        if (!ps_grow((void **)&trend->order, &trend->order_capacity, i, sizeof place))
            return ps_fail_memory(err);
        trend->order[i] = place;
        if (trend->followed[place].now == NULL)
            trend->followed[place].now = row;
    }
    trend->order_count = count;
    return true;
}

/* Counters fall together only at a start; sizes tell where there are no counters. */
static bool counters_fell(const ps_trend *trend)
{
    size_t compared = 0, fell = 0, sized = 0, halved = 0;
    uint64_t advance;
    bool wrapped = false;

    for (size_t i = 0; i < trend->followed_count; i++) {
        const ps_followed *followed = &trend->followed[i];
        const ps_row *last = &followed->last, *now = followed->now;
        if (now == NULL || followed->met == 0 ||
            trend->runs[followed->met - 1] != trend->runs[trend->fed - 1])
            continue;
        if ((last->known & now->known & PS_KNOW_ALLOCS) != 0 && last->allocs > 0) {
            compared++;
            fell += !ps_counter_advance(last->allocs, now->allocs, &advance, &wrapped);
        }
        if ((last->known & now->known & PS_KNOW_BYTES) != 0 && last->bytes > 0) {
            sized++;
            halved += now->bytes < last->bytes / 2;
        }
    }
    if (compared > 0)
        return fell * 4 > compared;
    return sized >= HALVED_AT_LEAST && halved * 5 >= sized * 3;
}

/* Uptime decides where it is known: it falls, or is shorter than the time that went by. */
static bool restarted(ps_trend *trend, const ps_snapshot *snapshot)
{
    const uint64_t before = trend->uptime_s;
    const bool knew = trend->has_uptime;
    double gone = 0;

    trend->has_uptime = ps_snapshot_memory(snapshot, PS_MEM_UPTIME_S, &trend->uptime_s);
    if (trend->fed == 0)
        return false;
    if (!knew || !trend->has_uptime)
        return counters_fell(trend);
    if (trend->clock != NULL)
        gone = (trend->clock[trend->fed] - trend->clock[trend->fed - 1]) * seconds_per_hour;
    return trend->uptime_s < before || gone > (double)trend->uptime_s + CLOCK_SLACK_S;
}

static bool in_this_run(const ps_trend *trend, size_t number)
{
    return number > 0 && trend->runs[number - 1] == trend->runs[trend->fed];
}

/* Count from the newest row of this run, or from nothing where a whole snapshot did not list it. */
static void add_counters(const ps_trend *trend, ps_followed *followed, const ps_row *now)
{
    const bool seen = in_this_run(trend, followed->met);
    const ps_row *last = &followed->last;
    uint64_t allocs, frees;

    if ((now->known & COUNTERS) != COUNTERS || (seen && (last->known & COUNTERS) != COUNTERS) ||
        (!seen && !in_this_run(trend, followed->previous)))
        return;
    if (!ps_counter_advance(seen ? last->allocs : 0, now->allocs, &allocs,
                            &followed->moved.wrapped) ||
        !ps_counter_advance(seen ? last->frees : 0, now->frees, &frees, &followed->moved.wrapped))
        return;
    followed->moved.allocs += allocs;
    followed->moved.frees += frees;
    followed->moved.has_freed = true;
}

static void add_bytes(ps_moved *moved, int64_t bytes)
{
    if (moved->points == 0)
        moved->first = moved->least = moved->most = bytes;
    if (bytes < moved->least)
        moved->least = bytes;
    if (bytes > moved->most)
        moved->most = bytes;
    moved->last = bytes;
    moved->points++;
}

static void add_interval(ps_moved *moved, int64_t before, int64_t after)
{
    moved->intervals++;
    moved->rises += after > before;
    moved->falls += after < before;
    moved->growth = (int64_t)((uint64_t)moved->growth + (uint64_t)after - (uint64_t)before);
}

/* A tag that a whole snapshot does not list has nothing allocated. */
static void take_value(const ps_trend *trend, ps_followed *followed, bool whole)
{
    const ps_row *now = followed->now;
    const unsigned known = now == NULL ? whole ? PS_KNOW_BYTES | PS_KNOW_DIFF : 0 : now->known;
    const int64_t bytes = now == NULL ? 0 : now->bytes, diff = now == NULL ? 0 : now->diff;
    const bool has_diff = (known & PS_KNOW_DIFF) != 0;
    ps_moved *moved = &followed->moved;

    if ((known & PS_KNOW_BYTES) == 0)
        return;
    if (in_this_run(trend, followed->previous)) {
        add_interval(moved, moved->last, bytes);
        if (has_diff && followed->has_diff) {
            moved->diff_growth =
                (int64_t)((uint64_t)moved->diff_growth + (uint64_t)diff - (uint64_t)followed->diff);
            moved->has_diff_growth = true;
        }
    }
    add_bytes(moved, bytes);
    followed->diff = diff;
    followed->has_diff = has_diff;
    followed->previous = (uint32_t)trend->fed + 1;
}

static void take_row(const ps_trend *trend, ps_followed *followed, bool whole)
{
    if (followed->now != NULL)
        add_counters(trend, followed, followed->now);
    take_value(trend, followed, whole);
    if (followed->now == NULL)
        return;
    followed->last = *followed->now;
    followed->last.note = NULL;
    followed->met = (uint32_t)trend->fed + 1;
}

static double known_or_nan(const ps_row *row, unsigned what, bool whole)
{
    if (row == NULL)
        return whole ? 0 : (double)NAN;
    if ((row->known & what) == 0)
        return (double)NAN;
    return (double)(what == PS_KNOW_DIFF ? row->diff : row->bytes);
}

static void take_column(const ps_trend *trend, double *column, const ps_row *row, bool whole)
{
    column[trend->next_thin] = known_or_nan(row, PS_KNOW_BYTES, whole);
    column[trend->next_thin + trend->thinned] = known_or_nan(row, PS_KNOW_DIFF, whole);
}

static void take_columns(ps_trend *trend, bool whole)
{
    if (trend->next_thin >= trend->thinned ||
        ps_trend_thin_index(trend, trend->next_thin) != trend->fed)
        return;
    for (size_t i = 0; i < trend->followed_count; i++)
        take_column(trend, trend->columns + i * 2 * trend->thinned, trend->followed[i].now, whole);
    take_column(trend, trend->absent_column, NULL, whole);
    trend->thin_runs[trend->next_thin++] = trend->runs[trend->fed];
}

/* Texts of rows are seldom there and seldom change: one copy each. */
static bool take_note(ps_trend *trend, ps_followed *followed, const char *before, ps_error *err)
{
    const char *note = followed->now->note;

    if (note == NULL)
        return true;
    if (before == NULL || strcmp(before, note) != 0)
        before = ps_arena_copy(&trend->notes, note, strlen(note));
    followed->last.note = before;
    return before != NULL || ps_fail_memory(err);
}

static bool take_snapshot(ps_trend *trend, const ps_snapshot *snapshot, ps_error *err)
{
    const bool whole = ps_snapshot_scope(snapshot) == PS_SCOPE_WHOLE;

    if (trend->fed >= trend->count)
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "more than the %zu snapshots announced",
                       trend->count);
    if (!match_rows(trend, snapshot, err))
        return false;
    trend->runs[trend->fed] = trend->fed == 0 ? 0 : trend->runs[trend->fed - 1];
    trend->runs[trend->fed] += restarted(trend, snapshot);
    for (size_t i = 0; i < trend->followed_count; i++) {
        ps_followed *followed = &trend->followed[i];
        const char *note = followed->last.note;
        take_row(trend, followed, whole);
        if (followed->now != NULL && !take_note(trend, followed, note, err))
            return false;
    }
    take_row(trend, &trend->absent, whole);
    take_columns(trend, whole);
    trend->fed++;
    return true;
}

bool ps_trend_may_go_on(const ps_trend *trend, ps_error *err)
{
    if (trend->failed)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "the trend lacks a snapshot that failed");
    return trend->rows == NULL ||
           ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "the trend is finished already");
}

bool ps_trend_feed(ps_trend *trend, const ps_snapshot *snapshot, ps_error *err)
{
    if (!ps_trend_may_go_on(trend, err))
        return false;
    trend->failed = !take_snapshot(trend, snapshot, err);
    return !trend->failed;
}

static int ascending(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* The middle one of the steps forward, 0 if there are none; sorts steps. */
static int64_t usual_step(int64_t *steps, size_t count)
{
    size_t backward = 0;

    qsort(steps, count, sizeof *steps, ascending);
    while (backward < count && steps[backward] <= 0)
        backward++;
    return backward < count ? steps[backward + (count - backward) / 2] : 0;
}

/* Hours since the first snapshot.  A clock that was set back went on by the usual step. */
static bool read_clock(ps_trend *trend, const int64_t *times, ps_error *err)
{
    int64_t *steps = ps_alloc(0, trend->count + 1, sizeof *steps);
    double now = 0;
    int64_t usual;

    trend->clock = ps_alloc(0, trend->count + 1, sizeof *trend->clock);
    if (steps == NULL || trend->clock == NULL) {
        free(steps);
        return ps_fail_memory(err);
    }
    for (size_t i = 1; i < trend->count; i++)
        steps[i - 1] = (int64_t)((uint64_t)times[i] - (uint64_t)times[i - 1]);
    usual = trend->count < 2 ? 0 : usual_step(steps, trend->count - 1);
    free(steps);
    trend->clock[0] = 0;
    for (size_t i = 1; i < trend->count; i++) {
        const int64_t step = (int64_t)((uint64_t)times[i] - (uint64_t)times[i - 1]);
        now += (double)(step < 0 ? usual : step);
        trend->clock[i] = now / seconds_per_hour;
    }
    return true;
}

static bool prepare(ps_trend *trend, const int64_t *times, ps_error *err)
{
    trend->thinned = trend->count > PS_THIN_TO ? PS_THIN_TO : trend->count > 0 ? trend->count : 1;
    trend->runs = calloc(trend->count + 1, sizeof *trend->runs);
    trend->thin_runs = ps_alloc(0, trend->thinned, sizeof *trend->thin_runs);
    trend->absent_column = ps_alloc(0, 2 * trend->thinned, sizeof *trend->absent_column);
    if (trend->runs == NULL || trend->thin_runs == NULL || trend->absent_column == NULL)
        return ps_fail_memory(err);
    for (size_t i = 0; i < 2 * trend->thinned; i++)
        trend->absent_column[i] = (double)NAN;
    return times == NULL || read_clock(trend, times, err);
}

bool ps_trend_begin(ps_trend **out, const int64_t *times, size_t count, ps_error *err)
{
    ps_trend *trend = calloc(1, sizeof *trend);

    *out = NULL;
    if (trend == NULL)
        return ps_fail_memory(err);
    if (count >= UINT32_MAX) {
        free(trend);
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "%zu snapshots are too many", count);
    }
    trend->count = count;
    trend->thresholds = ps_thresholds_default();
    if (!prepare(trend, times, err)) {
        ps_trend_close(trend);
        return false;
    }
    *out = trend;
    return true;
}

bool ps_trend_open(ps_trend **out, const ps_snapshot *const *snapshots, const int64_t *times,
                   size_t count, ps_error *err)
{
    ps_trend *trend = NULL;
    bool done = ps_trend_begin(&trend, times, count, err);

    *out = NULL;
    if (trend == NULL)
        return false;
    for (size_t i = 0; done && i < count; i++)
        done = ps_trend_feed(trend, snapshots[i], err);
    if (!done || !ps_trend_finish(trend, err)) {
        ps_trend_close(trend);
        return false;
    }
    *out = trend;
    return true;
}

void ps_trend_close(ps_trend *trend)
{
    if (trend == NULL)
        return;
    ps_arena_free(&trend->notes);
    free(trend->clock);
    free(trend->runs);
    free(trend->thin_runs);
    free(trend->absent_column);
    free(trend->followed);
    free(trend->columns);
    free(trend->order);
    free(trend->slots);
    free(trend->rows);
    free(trend->places);
    free(trend);
}

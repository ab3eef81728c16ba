/* sen.c - Theil and Sen's slope: order statistics of the slopes of all pairs, without sorting them.
 *
 * A sample of pairs brackets the ranks that are wanted; one pass over all pairs counts those under
 * the bracket and keeps those in it, and selection among the kept gives the exact answer.
 */
#include "pool/series.h"

#include "base/error.h"

#include <math.h>

enum { SAMPLE = 1024, SAMPLE_FROM = 8 * SAMPLE, TRIES = 8 * SAMPLE, MARGIN = 56 };

/* Ranks that are wanted, 0-based and rising: ends of the interval, and the upper of the two in the
 * middle; with what stands there. */
typedef struct order {
    size_t low, middle, high;
    bool even; /* the one below the middle counts too */
    double at_low, at_middle, at_high;
} order;

/* splitmix64, from a fixed seed: the same series always gives the same steps. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static size_t sample_slopes(const ps_series *series, double *slopes)
{
    uint64_t state = 1;
    size_t made = 0;

    for (unsigned i = 0; i < TRIES && made < SAMPLE; i++) {
        const uint64_t random = next_random(&state);
        const size_t a = (size_t)((random & UINT32_MAX) * series->count >> 32);
        const size_t b = (size_t)((random >> 32) * series->count >> 32);
        const double dt = ps_time_at(series, a) - ps_time_at(series, b);
        if (ps_run_at(series, a) == ps_run_at(series, b) && (dt > 0 || dt < 0))
            slopes[made++] = (series->values[a] - series->values[b]) / dt;
    }
    return made;
}

/* Pairs of positive distance. */
static size_t count_pairs(const ps_series *series)
{
    size_t pairs = 0;

    for (size_t begin = 0, end; begin < series->count; begin = end) {
        end = ps_run_end(series, begin);
        for (size_t i = begin, same = begin; i < end; i++) {
            if (ps_time_at(series, i) > ps_time_at(series, same))
                same = i;
            pairs += same - begin;
        }
    }
    return pairs;
}

/* Slopes between two limits, and how many lie under them. */
typedef struct sieve {
    double low, high;
    double *kept;
    size_t made, under;
} sieve;

static void sieve_run(const ps_series *run, sieve *s)
{
    size_t made = s->made, under = s->under;

    for (size_t i = 0; i < run->count; i++) {
        const double value = run->values[i], time = ps_time_at(run, i);
        for (size_t j = i + 1; j < run->count; j++) {
            const double dt = ps_time_at(run, j) - time;
            const double slope = (run->values[j] - value) / dt;
            s->kept[made] = slope;
            made += (dt > 0) & (slope >= s->low) & (slope <= s->high);
            under += (dt > 0) & (slope < s->low);
        }
    }
    s->made = made;
    s->under = under;
}

static void sieve_slopes(const ps_series *series, sieve *s)
{
    for (size_t begin = 0, end; begin < series->count; begin = end) {
        ps_series run;
        end = ps_run_end(series, begin);
        run = ps_part_of(series, begin, end - begin);
        sieve_run(&run, s);
    }
}

/* The middle first: the ends of the interval are then on either side of it. */
static void take_ranks(order *wanted, double *slopes, size_t count, size_t under)
{
    const size_t middle = wanted->middle - under, low = wanted->low - under;
    const size_t high = wanted->high - under;
    const double upper = ps_select(slopes, count, middle);
    double lower = upper;

    if (wanted->even) {
        lower = slopes[0];
        for (size_t i = 1; i < middle; i++)
            lower = slopes[i] > lower ? slopes[i] : lower;
    }
    wanted->at_middle = (lower + upper) / 2;
    wanted->at_high =
        high > middle ? ps_select(slopes + middle, count - middle, high - middle) : upper;
    wanted->at_low = low < middle ? ps_select(slopes, middle, low) : upper;
}

/* Between which slopes all wanted ranks should lie, by a sample. */
static bool bracket(const ps_series *series, const order *wanted, size_t pairs, double limits[2],
                    double *slopes)
{
    const size_t made = sample_slopes(series, slopes);
    const double part = (double)made / (double)pairs;
    const double low = (double)wanted->low * part - MARGIN;
    const double high = (double)wanted->high * part + MARGIN;

    if (made < SAMPLE)
        return false;
    limits[0] = low < 0 ? -HUGE_VAL : ps_select(slopes, made, (size_t)low);
    limits[1] = high >= (double)made ? HUGE_VAL : ps_select(slopes, made, (size_t)high);
    return true;
}

static void order_slopes(const ps_series *series, order *wanted, size_t pairs, ps_workroom *room)
{
    const sieve all = {.low = -HUGE_VAL, .high = HUGE_VAL, .kept = room->pairs};
    double limits[2];
    sieve s = all;

    if (pairs >= SAMPLE_FROM && bracket(series, wanted, pairs, limits, room->pairs)) {
        s.low = limits[0];
        s.high = limits[1];
        sieve_slopes(series, &s);
        if (wanted->low >= s.under + wanted->even && wanted->high < s.under + s.made) {
            take_ranks(wanted, room->pairs, s.made, s.under);
            return;
        }
        s = all;
    }
    sieve_slopes(series, &s);
    take_ranks(wanted, room->pairs, s.made, s.under);
}

/* 0-based rank from a 1-based one that may lie outside. */
static size_t clamp_rank(double rank, size_t count)
{
    if (!(rank > 1))
        return 0;
    return rank >= (double)count ? count - 1 : (size_t)rank - 1;
}

static double intercept_of(const ps_series *series, double slope, ps_workroom *room)
{
    for (size_t i = 0; i < series->count; i++)
        room->values[i] = series->values[i] - slope * ps_time_at(series, i);
    return ps_median(room->values, series->count);
}

/* Every k-th point, so many that all pairs can be looked at. */
static ps_series thin(const ps_series *series, double *values, double *times, uint32_t *runs)
{
    const size_t step = (series->count + PS_PAIRS_OF - 1) / PS_PAIRS_OF;
    ps_series thinned = {.values = values, .times = times, .runs = runs};

    for (size_t i = 0; i < series->count; i += step) {
        values[thinned.count] = series->values[i];
        times[thinned.count] = ps_time_at(series, i);
        runs[thinned.count++] = ps_run_at(series, i);
    }
    return thinned;
}

ps_sen ps_sen_slope(const ps_series *series, double deviation, double z, ps_workroom *room)
{
    ps_sen sen = {0};
    ps_series used = *series;
    order wanted = {0};
    size_t pairs;

    if (series->count > PS_PAIRS_OF)
        used = thin(series, room->scratch, room->residual, room->phases);
    pairs = count_pairs(&used);
    sen.pairs = pairs;
    if (pairs > 0) {
        const double reach = z * deviation * pow((double)used.count / (double)series->count, 1.5);
        wanted.middle = pairs / 2;
        wanted.even = pairs % 2 == 0;
        wanted.low = clamp_rank(floor(((double)pairs - reach) / 2 + 0.5), pairs);
        wanted.high = clamp_rank(floor(((double)pairs + reach) / 2 + 0.5) + 1, pairs);
        wanted.low = wanted.low < wanted.middle ? wanted.low : wanted.middle;
        wanted.high = wanted.high > wanted.middle ? wanted.high : wanted.middle;
        order_slopes(&used, &wanted, pairs, room);
        sen.low = wanted.at_low;
        sen.slope = wanted.at_middle;
        sen.high = wanted.at_high;
    }
    sen.intercept = intercept_of(series, sen.slope, room);
    return sen;
}

bool ps_sen_of(const ps_series *series, double z, ps_sen *out, ps_error *err)
{
    ps_workroom room;
    double deviation;

    if (!ps_workroom_open(&room, series, err))
        return false;
    deviation = sqrt(ps_kendall_plain(series, &room).variance);
    *out = ps_sen_slope(series, deviation, z, &room);
    ps_workroom_close(&room);
    return true;
}

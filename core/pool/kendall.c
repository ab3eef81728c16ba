/* kendall.c - Mann-Kendall's test of a trend, with ties, over several runs, and Hamed and Rao's
 * correction for autocorrelation.
 *
 * S is found by counting inversions in a merge sort, so that its cost is n log n; the sorted values
 * show the ties on the way.  Formulas: Kendall 1975; Hamed and Rao 1998.  The factor of the latter
 * is not let under 1: it would make tests of what swings to and fro too eager.
 */
#include "pool/series.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

enum { LEAST_FOR_LAGS = 8 };

static const double z_95 = 1.959963984540054;
static const double rounding = 1e-9;

/* Merge two sorted neighbours into to; the number of strict inversions between them. */
static uint64_t merge(const double *from, double *to, size_t left, size_t middle, size_t right)
{
    uint64_t inversions = 0;
    size_t i = left, j = middle;

    for (size_t k = left; k < right; k++) {
        if (j >= right || (i < middle && from[i] <= from[j])) {
            to[k] = from[i++];
        } else {
            to[k] = from[j++];
            inversions += middle - i;
        }
    }
    return inversions;
}

/* Sort count values; *values is left pointing at the sorted ones of the two arrays. */
static uint64_t count_inversions(double **values, double *other, size_t count)
{
    uint64_t inversions = 0;

    for (size_t width = 1; width < count; width *= 2) {
        double *from = *values;
        for (size_t at = 0; at < count; at += 2 * width) {
            const size_t middle = at + width < count ? at + width : count;
            const size_t end = middle + width < count ? middle + width : count;
            inversions += merge(from, other, at, middle, end);
        }
        *values = other;
        other = from;
    }
    return inversions;
}

typedef struct pair_sums {
    double s, variance, pairs, tied;
} pair_sums;

static void add_run(const double *values, size_t n, pair_sums *sums, ps_workroom *room)
{
    double *sorted = room->values;
    const double pairs = (double)n * ((double)n - 1) / 2;
    double variance = (double)n * ((double)n - 1) * (2 * (double)n + 5), tied = 0;
    uint64_t inversions;
    size_t same = 1;

    memcpy(sorted, values, n * sizeof *values);
    inversions = count_inversions(&sorted, room->scratch, n);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && !(sorted[i] > sorted[i - 1])) {
            same++;
            continue;
        }
        variance -= (double)same * ((double)same - 1) * (2 * (double)same + 5);
        tied += (double)same * ((double)same - 1) / 2;
        same = 1;
    }
    sums->s += pairs - tied - 2 * (double)inversions;
    sums->variance += variance / 18;
    sums->pairs += pairs;
    sums->tied += tied;
}

void ps_kendall_test(ps_kendall *kendall)
{
    const double deviation = sqrt(kendall->variance * kendall->correction);

    kendall->z = 0;
    if (deviation > 0 && kendall->s > 0)
        kendall->z = (kendall->s - 1) / deviation;
    else if (deviation > 0 && kendall->s < 0)
        kendall->z = (kendall->s + 1) / deviation;
    kendall->p = erfc(kendall->z / sqrt(2)) / 2;
    kendall->p_two = erfc(fabs(kendall->z) / sqrt(2));
}

ps_kendall ps_kendall_plain(const ps_series *series, ps_workroom *room)
{
    ps_kendall kendall = {.correction = 1};
    pair_sums sums = {0};

    for (size_t begin = 0, end; begin < series->count; begin = end) {
        end = ps_run_end(series, begin);
        add_run(series->values + begin, end - begin, &sums, room);
    }
    kendall.s = sums.s;
    kendall.variance = sums.variance;
    if (sums.pairs > sums.tied)
        kendall.tau = sums.s / sqrt(sums.pairs * (sums.pairs - sums.tied));
    ps_kendall_test(&kendall);
    return kendall;
}

static double range_of(const double *values, size_t count)
{
    double least = values[0], most = values[0];

    for (size_t i = 1; i < count; i++) {
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    return most - least;
}

/* The factor for one run of n points; of a line that leaves nothing but what rounding does, 1. */
static double run_correction(const ps_series *run, double slope, ps_workroom *room)
{
    const double n = (double)run->count, limit = z_95 / sqrt(n);
    double sum = 0, factor;

    for (size_t i = 0; i < run->count; i++)
        room->values[i] = run->values[i] - slope * ps_time_at(run, i);
    if (range_of(room->values, run->count) <= rounding * range_of(run->values, run->count))
        return 1;
    ps_rank(room->values, run->count, room->scratch, room);
    if (!ps_autocorrelate(room->scratch, run->count, room))
        return 1;
    for (size_t k = 1; k < run->count; k++) {
        const double left = n - (double)k;
        if (fabs(room->lags[k]) > limit)
            sum += left * (left - 1) * (left - 2) * room->lags[k];
    }
    factor = 1 + 2 / (n * (n - 1) * (n - 2)) * sum;
    return factor > 1 ? factor : 1;
}

double ps_kendall_correction(const ps_series *series, double slope, ps_workroom *room)
{
    double plain = 0, corrected = 0;

    for (size_t begin = 0, end; begin < series->count; begin = end) {
        ps_series run;
        pair_sums sums = {0};
        end = ps_run_end(series, begin);
        run = ps_part_of(series, begin, end - begin);
        add_run(run.values, run.count, &sums, room);
        plain += sums.variance;
        corrected +=
            sums.variance * (run.count < LEAST_FOR_LAGS ? 1 : run_correction(&run, slope, room));
    }
    return plain > 0 ? corrected / plain : 1;
}

bool ps_kendall_of(const ps_series *series, bool corrected, ps_kendall *out, ps_error *err)
{
    ps_workroom room;

    if (!ps_workroom_open(&room, series, err))
        return false;
    *out = ps_kendall_plain(series, &room);
    if (corrected) {
        const double slope = ps_sen_slope(series, 0, 0, &room).slope;
        out->correction = ps_kendall_correction(series, slope, &room);
        ps_kendall_test(out);
    }
    ps_workroom_close(&room);
    return true;
}

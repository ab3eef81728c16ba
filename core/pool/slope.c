/* slope.c - Theil-Sen and Mann-Kendall over the pairs within each run of the machine. */
#include "pool/slope.h"

#include "base/array.h"

#include <math.h>

static const double z_95 = 1.959963984540054;

double *ps_slope_room(size_t count)
{
    return count > UINT32_MAX ? NULL : ps_alloc(sizeof(double), count * count / 2, sizeof(double));
}

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* Slopes of all pairs, and S of Mann-Kendall on the way. */
static size_t pair_slopes(const ps_point *points, size_t count, double *slopes, double *s)
{
    size_t made = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count && points[j].run == points[i].run; j++) {
            const double dy = points[j].value - points[i].value;
            const double dt = points[j].time - points[i].time;
            *s += (dy > 0) - (dy < 0);
            if (dt > 0)
                slopes[made++] = dy / dt;
        }
    }
    return made;
}

/* Variance of S for one run of n values, less what ties take away; sorts the values in room. */
static double run_variance(const ps_point *points, size_t n, double *room)
{
    double variance = (double)n * (double)(n - 1) * (double)(2 * n + 5);
    size_t same = 1;

    for (size_t i = 0; i < n; i++)
        room[i] = points[i].value;
    qsort(room, n, sizeof *room, ascending);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && !(room[i] > room[i - 1])) {
            same++;
            continue;
        }
        variance -= (double)same * (double)(same - 1) * (double)(2 * same + 5);
        same = 1;
    }
    return variance / 18;
}

static double total_variance(const ps_point *points, size_t count, double *room)
{
    double variance = 0;
    size_t begin = 0;

    for (size_t i = 1; i <= count; i++) {
        if (i < count && points[i].run == points[begin].run)
            continue;
        variance += run_variance(points + begin, i - begin, room);
        begin = i;
    }
    return variance;
}

static double median(const double *sorted, size_t count)
{
    const double upper = sorted[count / 2];

    return count % 2 == 1 ? upper : (sorted[count / 2 - 1] + upper) / 2;
}

/* The rank-th of the sorted slopes, 1-based and clamped. */
static double ranked(const double *sorted, size_t count, double rank)
{
    if (rank < 1)
        return sorted[0];
    return rank >= (double)count ? sorted[count - 1] : sorted[(size_t)rank - 1];
}

ps_slope ps_slope_of(const ps_point *points, size_t count, double *room)
{
    ps_slope result = {.p = 0.5};
    double reach;
    size_t made;

    if (count < 2)
        return result;
    result.variance = total_variance(points, count, room);
    made = pair_slopes(points, count, room, &result.s);
    if (result.variance > 0 && result.s > 0)
        result.z = (result.s - 1) / sqrt(result.variance);
    else if (result.variance > 0 && result.s < 0)
        result.z = (result.s + 1) / sqrt(result.variance);
    result.p = erfc(result.z / sqrt(2)) / 2;
    if (made == 0)
        return result;
    qsort(room, made, sizeof *room, ascending);
    reach = z_95 * sqrt(result.variance);
    result.slope = median(room, made);
    result.low = ranked(room, made, floor(((double)made - reach) / 2 + 0.5));
    result.high = ranked(room, made, floor(((double)made + reach) / 2 + 0.5) + 1);
    return result;
}

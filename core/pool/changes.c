/* changes.c - where a level changed: Pettitt's test, Page and Hinkley's alarm, a step against a line,
 * and the least values of windows.
 */
#include "pool/series.h"

#include <math.h>

enum { KNOTS = 16, LEAST_TO_FIT = 8 }; /* places of a bend that are tried: all but the ends */

/* U after k points is 2 R - k (n + 1), R being the sum of their ranks (Pettitt 1979). */
ps_pettitt ps_pettitt_in(const ps_series *series, ps_workroom *room)
{
    const double n = (double)series->count;
    ps_pettitt found = {.p = 1};
    double sum = 0;

    if (series->count < 2)
        return found;
    ps_rank(series->values, series->count, room->scratch, room);
    for (size_t k = 0; k + 1 < series->count; k++) {
        sum += 2 * room->scratch[k] - (n + 1);
        if (fabs(sum) > fabs(found.u)) {
            found.u = sum;
            found.after = k + 1;
        }
    }
    found.p = 2 * exp(-6 * found.u * found.u / (n * n * n + n * n));
    if (found.p > 1)
        found.p = 1;
    return found;
}

bool ps_pettitt_of(const ps_series *series, ps_pettitt *out, ps_error *err)
{
    ps_workroom room;

    if (!ps_workroom_open(&room, series, err))
        return false;
    *out = ps_pettitt_in(series, &room);
    ps_workroom_close(&room);
    return true;
}

size_t ps_page_hinkley(const double *values, size_t count, double delta, double lambda)
{
    double mean = 0, sum = 0, least = 0;

    for (size_t i = 0; i < count; i++) {
        mean += (values[i] - mean) / (double)(i + 1);
        sum += values[i] - mean - delta;
        least = sum < least ? sum : least;
        if (sum - least > lambda)
            return i + 1;
    }
    return 0;
}

static double least_of(const double *values, size_t count)
{
    double least = values[0];

    for (size_t i = 1; i < count; i++)
        least = values[i] < least ? values[i] : least;
    return least;
}

/* Add a window's least value to the third that it is in, if that is the first or the last. */
static void add_to_thirds(ps_minima *minima, size_t window, double least)
{
    const size_t third = minima->windows < 3 ? 1 : minima->windows / 3;

    if (window < third)
        minima->first += least / (double)third;
    if (window + third >= minima->windows)
        minima->last += least / (double)third;
}

ps_minima ps_minima_of(const ps_series *series, size_t width)
{
    ps_minima minima = {0};
    size_t window = 0;

    for (size_t begin = 0, end; width > 0 && begin < series->count; begin = end) {
        end = ps_run_end(series, begin);
        minima.windows += (end - begin) / width;
    }
    for (size_t begin = 0, end; minima.windows > 0 && begin < series->count; begin = end) {
        double before = 0;
        end = ps_run_end(series, begin);
        for (size_t at = begin; at + width <= end; at += width) {
            const double least = least_of(series->values + at, width);
            minima.rises += at > begin && least > before;
            minima.falls += at > begin && least < before;
            minima.steps += at > begin;
            add_to_thirds(&minima, window++, least);
            before = least;
        }
    }
    return minima;
}

/* What is left of the values behind the best single step, by sums from both ends. */
static double best_step(const double *values, size_t count, size_t *after)
{
    double whole = 0, squares = 0, left = 0, best = 0;

    for (size_t i = 0; i < count; i++) {
        whole += values[i];
        squares += values[i] * values[i];
    }
    squares -= whole * whole / (double)count;
    for (size_t k = 1; k < count; k++) {
        const double n = (double)k, rest = (double)(count - k);
        double gain;
        left += values[k - 1];
        gain = left / n - (whole - left) / rest;
        gain = gain * gain * n * rest / (double)count;
        if (gain > best) {
            best = gain;
            *after = k;
        }
    }
    return squares > best ? squares - best : 0;
}

void ps_join_runs(const ps_series *series, double *joined)
{
    double shift = 0;

    for (size_t i = 0; i < series->count; i++) {
        if (i > 0 && ps_run_at(series, i) != ps_run_at(series, i - 1))
            shift += series->values[i] - series->values[i - 1];
        joined[i] = series->values[i] - shift - series->values[0];
    }
}

/* What a bend at the knot takes away of the residuals of a line. */
static double bend_gain(const ps_series *series, const double *residual, size_t knot)
{
    const double bend = ps_time_at(series, knot);
    const size_t count = series->count;
    double n = (double)count, time = 0, hinge = 0, tt = 0, th = 0, hh = 0, with = 0, left;

    for (size_t i = 0; i < count; i++) {
        time += ps_time_at(series, i) / n;
        hinge += i > knot ? (ps_time_at(series, i) - bend) / n : 0;
    }
    for (size_t i = 0; i < count; i++) {
        const double t = ps_time_at(series, i) - time;
        const double h = (i > knot ? ps_time_at(series, i) - bend : 0) - hinge;
        tt += t * t;
        th += t * h;
        hh += h * h;
        with += h * residual[i];
    }
    left = tt > 0 ? hh - th * th / tt : 0;
    return left > 0 ? with * with / left : 0;
}

ps_fits ps_fit_shapes(const ps_series *series, ps_workroom *room)
{
    ps_series joined = {.values = room->values, .times = series->times, .count = series->count};
    ps_fits fits = {0};
    double gain = 0;
    ps_ols ols;

    if (series->count < LEAST_TO_FIT)
        return fits;
    ps_join_runs(series, room->values);
    fits.step = best_step(room->values, series->count, &fits.after);
    ols = ps_ols_of(&joined);
    ps_residuals(&joined, ols.slope, room->residual);
    for (size_t i = 0; i < series->count; i++)
        fits.line += room->residual[i] * room->residual[i];
    for (size_t k = 1; k < KNOTS; k++) {
        const double bend = bend_gain(&joined, room->residual, k * series->count / KNOTS);
        gain = bend > gain ? bend : gain;
    }
    fits.bend = fits.line > gain ? fits.line - gain : 0;
    return fits;
}

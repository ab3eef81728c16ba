/* drift.c - least squares, and a test of drift that a wandering level does not deceive.
 *
 * Kendall's test takes a level that wanders (a random walk, or nearly one) for a trend.  Here the
 * persistence of the residuals is estimated, corrected for its bias, and taken out before the slope
 * is tested; where it cannot be told from 1 the steps themselves are tested (after Perron and Yabu
 * 2009, who show that this is right for both kinds of series).
 */
#include "pool/series.h"

#include <math.h>

enum { LEAST_POINTS = 5 };

static const double certain = 1e6; /* t of a line without any misfit */

typedef struct moments {
    double n, time, value, tt, tv, vv; /* sums of squares about the means */
} moments;

static void add_point(moments *m, double time, double value)
{
    const double dt = time - m->time, dv = value - m->value;

    m->n += 1;
    m->time += dt / m->n;
    m->value += dv / m->n;
    m->tt += dt * (time - m->time);
    m->tv += dt * (value - m->value);
    m->vv += dv * (value - m->value);
}

static void pool(moments *all, const moments *run)
{
    if (!(run->n > 0))
        return;
    all->n += run->n - 1;
    all->tt += run->tt;
    all->tv += run->tv;
    all->vv += run->vv;
}

ps_ols ps_ols_of(const ps_series *series)
{
    moments all = {0}, run = {0}, sums = {0};
    ps_ols ols = {0};
    double left;

    for (size_t i = 0; i < series->count; i++) {
        const double time = ps_time_at(series, i);
        if (i > 0 && ps_run_at(series, i) != ps_run_at(series, i - 1)) {
            pool(&sums, &run);
            run = (moments){0};
        }
        add_point(&run, time, series->values[i]);
        add_point(&all, time, series->values[i]);
    }
    pool(&sums, &run);
    if (!(sums.tt > 0))
        return (ps_ols){.intercept = all.value};
    ols.slope = sums.tv / sums.tt;
    ols.intercept = all.value - ols.slope * all.time;
    left = sums.vv - ols.slope * sums.tv;
    left = left > 0 ? left : 0;
    ols.r2 = sums.vv > 0 ? 1 - left / sums.vv : 0;
    if (sums.n > 1)
        ols.error = sqrt(left / (sums.n - 1) / sums.tt);
    return ols;
}

static double persistence_of(const ps_series *series, const double *residual)
{
    const double n = (double)series->count;
    double with_last = 0, squares = 0, raw;

    for (size_t i = 1; i < series->count; i++) {
        if (ps_run_at(series, i) != ps_run_at(series, i - 1))
            continue;
        with_last += residual[i] * residual[i - 1];
        squares += residual[i - 1] * residual[i - 1];
    }
    if (!(squares > 0))
        return 0;
    raw = with_last / squares;
    raw += (2 + 4 * raw) / n;
    if (raw >= 1 - 2 / sqrt(n))
        return 1;
    return raw > 0 ? raw : 0;
}

/* Regress what persistence leaves of the values on what it leaves of the times. */
static ps_drift regress(const ps_series *series, double persistence, size_t spent)
{
    moments run = {0}, sums = {0};
    ps_drift drift = {.persistence = persistence, .p = 0.5};
    double left, freedom;

    for (size_t i = 1; i < series->count; i++) {
        if (ps_run_at(series, i) != ps_run_at(series, i - 1)) {
            pool(&sums, &run);
            run = (moments){0};
            continue;
        }
        add_point(&run, ps_time_at(series, i) - persistence * ps_time_at(series, i - 1),
                  series->values[i] - persistence * series->values[i - 1]);
    }
    pool(&sums, &run);
    freedom = sums.n - 1 - (double)spent;
    if (!(sums.tt > 0) || !(freedom > 1))
        return drift;
    drift.slope = sums.tv / sums.tt;
    left = sums.vv - drift.slope * sums.tv;
    if (left > 0)
        drift.z = drift.slope / sqrt(left / freedom / sums.tt);
    else if (drift.slope > 0 || drift.slope < 0)
        drift.z = copysign(certain, drift.slope);
    return drift;
}

/* Steps of a walk, each over the square root of the time that it took, less the drift. */
static size_t take_steps(const ps_series *series, double slope, double *steps)
{
    size_t made = 0;

    for (size_t i = 1; i < series->count; i++) {
        const double dt = ps_time_at(series, i) - ps_time_at(series, i - 1);
        if (ps_run_at(series, i) == ps_run_at(series, i - 1) && dt > 0)
            steps[made++] = (series->values[i] - series->values[i - 1] - slope * dt) / sqrt(dt);
    }
    return made;
}

/* Sum of squares, widened by what neighbouring steps share (Newey and West's weights). */
static double spread_of(const double *steps, size_t count)
{
    const size_t reach = (size_t)cbrt((double)count);
    double plain = 0, shared = 0;

    for (size_t i = 0; i < count; i++)
        plain += steps[i] * steps[i];
    for (size_t lag = 1; lag <= reach; lag++) {
        double sum = 0;
        for (size_t i = lag; i < count; i++)
            sum += steps[i] * steps[i - lag];
        shared += 2 * sum * (1 - (double)lag / (double)(reach + 1));
    }
    return shared > 0 ? plain + shared : plain;
}

static ps_drift walk(const ps_series *series, size_t spent, double *steps)
{
    ps_drift drift = {.persistence = 1, .p = 0.5};
    double moved = 0, gone = 0, spread;
    size_t made;

    for (size_t i = 1; i < series->count; i++) {
        const double dt = ps_time_at(series, i) - ps_time_at(series, i - 1);
        if (ps_run_at(series, i) != ps_run_at(series, i - 1) || !(dt > 0))
            continue;
        moved += series->values[i] - series->values[i - 1];
        gone += dt;
    }
    if (!(gone > 0))
        return drift;
    drift.slope = moved / gone;
    made = take_steps(series, drift.slope, steps);
    if (made < LEAST_POINTS || made <= spent + 2)
        return drift;
    spread = spread_of(steps, made) / (double)(made - 1 - spent) * gone;
    if (spread > 0)
        drift.z = moved / sqrt(spread);
    else if (moved > 0 || moved < 0)
        drift.z = copysign(certain, moved);
    return drift;
}

/* Student's t as the normal value of the same probability, nearly (Wallace 1959). */
static double normal_of(double t, double freedom)
{
    const double z = sqrt(freedom * log1p(t * t / freedom));

    return copysign(z * (8 * freedom + 1) / (8 * freedom + 3), t);
}

ps_drift ps_drift_of(const ps_series *series, size_t spent, ps_workroom *room)
{
    const ps_ols ols = ps_ols_of(series);
    double persistence, freedom = (double)series->count - 2 - (double)spent;
    ps_drift drift;

    if (series->count < LEAST_POINTS)
        return (ps_drift){.p = 0.5, .slope = ols.slope};
    ps_residuals(series, ols.slope, room->residual);
    persistence = persistence_of(series, room->residual);
    drift =
        persistence < 1 ? regress(series, persistence, spent) : walk(series, spent, room->residual);
    drift.z = normal_of(drift.z, freedom > 1 ? freedom : 1);
    drift.p = erfc(drift.z / sqrt(2)) / 2;
    return drift;
}

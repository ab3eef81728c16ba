/* seasonal.c - periods: finding one, testing and measuring across it (Hirsch and Slack 1984), and
 * taking it out of the values.
 */
#include "pool/series.h"

#include "base/error.h"

#include <math.h>

enum { LEAST_PERIODS = 3, MOST_PHASES = 24, LEAST_LAG = 3, MOST_LAG = 500 };

static const size_t most_work = 100000000; /* points times phases */

static const double z_95 = 1.959963984540054;
static const double periodic = 0.35; /* so much of what a line leaves must the period explain */

/* Values (and times) of one phase inside one run, at the front of the arrays. */
static size_t take_phase(const ps_series *run, const uint32_t *phases, uint32_t phase,
                         double *values, double *times)
{
    size_t made = 0;

    for (size_t i = 0; i < run->count; i++) {
        if (phases[i] != phase)
            continue;
        values[made] = run->values[i];
        times[made++] = ps_time_at(run, i);
    }
    return made;
}

typedef struct phase_sums {
    ps_kendall kendall;
    size_t slopes, capacity;
} phase_sums;

static void add_slopes(const double *values, const double *times, size_t count, phase_sums *sums,
                       double *slopes)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            const double dt = times[j] - times[i];
            if (dt > 0 && sums->slopes < sums->capacity)
                slopes[sums->slopes++] = (values[j] - values[i]) / dt;
        }
    }
}

static size_t most_phase(const uint32_t *phases, size_t count)
{
    size_t most = 0;

    for (size_t i = 0; i < count; i++)
        most = phases[i] > most ? phases[i] : most;
    return most;
}

static void add_run(const ps_series *run, const uint32_t *phases, phase_sums *sums,
                    ps_workroom *room)
{
    const size_t most = most_phase(phases, run->count);

    for (size_t phase = 0; phase <= most; phase++) {
        const size_t made =
            take_phase(run, phases, (uint32_t)phase, room->residual, room->adjusted);
        const ps_series part = {.values = room->residual, .count = made};
        ps_kendall one;
        if (made < 2)
            continue;
        one = ps_kendall_plain(&part, room);
        sums->kendall.s += one.s;
        sums->kendall.variance += one.variance;
        add_slopes(room->residual, room->adjusted, made, sums, room->pairs);
    }
}

static double at_rank(double *slopes, size_t count, double rank)
{
    const double last = (double)count - 1;

    rank = rank < 0 ? 0 : rank > last ? last : rank;
    return ps_select(slopes, count, (size_t)rank);
}

ps_seasonal ps_seasonal_by(const ps_series *series, const uint32_t *phases, ps_workroom *room)
{
    phase_sums sums = {.kendall = {.correction = 1}};
    ps_seasonal seasonal = {0};
    const size_t paired = series->count < PS_PAIRS_OF ? series->count + 1 : PS_PAIRS_OF + 1;
    double reach;

    sums.capacity = paired * paired / 2;
    for (size_t begin = 0, end; begin < series->count; begin = end) {
        ps_series run;
        end = ps_run_end(series, begin);
        run = ps_part_of(series, begin, end - begin);
        add_run(&run, phases + begin, &sums, room);
    }
    ps_kendall_test(&sums.kendall);
    seasonal.s = sums.kendall.s;
    seasonal.variance = sums.kendall.variance;
    seasonal.z = sums.kendall.z;
    seasonal.p = sums.kendall.p;
    seasonal.p_two = sums.kendall.p_two;
    seasonal.pairs = sums.slopes;
    if (sums.slopes == 0)
        return seasonal;
    reach = z_95 * sqrt(seasonal.variance);
    seasonal.slope = ps_median(room->pairs, sums.slopes);
    seasonal.low =
        at_rank(room->pairs, sums.slopes, floor(((double)sums.slopes - reach) / 2 + 0.5) - 1);
    seasonal.high =
        at_rank(room->pairs, sums.slopes, floor(((double)sums.slopes + reach) / 2 + 0.5));
    return seasonal;
}

bool ps_seasonal_of(const ps_series *series, size_t period, ps_seasonal *out, ps_error *err)
{
    ps_workroom room;

    if (period == 0)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "a period has 1 point or more");
    if (series->count / period > PS_PAIRS_OF || series->count > most_work / period)
        return ps_fail(err, PS_ELIMIT, PS_NOWHERE, "%zu points in periods of %zu are too many",
                       series->count, period);
    if (!ps_workroom_open(&room, series, err))
        return false;
    for (size_t i = 0; i < series->count; i++)
        room.phases[i] = (uint32_t)(i % period);
    *out = ps_seasonal_by(series, room.phases, &room);
    out->period = period;
    ps_workroom_close(&room);
    return true;
}

/* Phases by the index inside each run. */
static void phases_by_index(const ps_series *series, size_t period, uint32_t *phases)
{
    size_t begin = 0;

    for (size_t i = 0; i < series->count; i++) {
        if (ps_run_at(series, i) != ps_run_at(series, begin))
            begin = i;
        phases[i] = (uint32_t)((i - begin) % period);
    }
}

static void phases_by_clock(const ps_series *series, double period, size_t count, uint32_t *phases)
{
    for (size_t i = 0; i < series->count; i++) {
        const double turns = ps_time_at(series, i) / period;
        const double place = (turns - floor(turns)) * (double)count + 1e-6;
        phases[i] = place < (double)count ? (uint32_t)place : 0;
    }
}

/* Medians of room->residual, phase by phase, into room->lags. */
static void phase_levels(const ps_series *series, size_t count, ps_workroom *room)
{
    for (size_t phase = 0; phase < count; phase++) {
        size_t made = 0;
        for (size_t i = 0; i < series->count; i++)
            if (room->phases[i] == phase)
                room->values[made++] = room->residual[i];
        room->lags[phase] = ps_median(room->values, made);
    }
}

/* Share of what a line leaves that phase_levels explain, less what chance explains. */
static double explained(const ps_series *series, size_t count, ps_workroom *room)
{
    const double n = (double)series->count;
    double whole = 0, left = 0;

    for (size_t i = 0; i < series->count; i++) {
        const double value = room->residual[i], rest = value - room->lags[room->phases[i]];
        whole += value * value;
        left += rest * rest;
    }
    return whole > 0 ? 1 - left / whole * (n - 1) / (n - (double)count) : 0;
}

static bool is_period(const ps_series *series, size_t count, ps_workroom *room)
{
    const double slope = ps_seasonal_by(series, room->phases, room).slope;

    ps_residuals(series, slope, room->residual);
    phase_levels(series, count, room);
    return explained(series, count, room) > periodic;
}

static double usual_step(const ps_series *series, ps_workroom *room)
{
    size_t made = 0;

    for (size_t i = 1; i < series->count; i++)
        if (ps_run_at(series, i) == ps_run_at(series, i - 1))
            room->values[made++] = ps_time_at(series, i) - ps_time_at(series, i - 1);
    return ps_median(room->values, made);
}

static size_t daily_phases(const ps_series *series, double day, ps_workroom *room)
{
    const double step = usual_step(series, room);
    const double span = ps_time_at(series, series->count - 1) - ps_time_at(series, 0);
    double phases;

    if (!(day > 0) || !(step > 0) || span + step < LEAST_PERIODS * day)
        return 0;
    phases = floor(day / step + 0.5);
    phases = phases > MOST_PHASES ? MOST_PHASES : phases;
    if (phases < LEAST_LAG || phases * LEAST_PERIODS > (double)series->count)
        return 0;
    phases_by_clock(series, day, (size_t)phases, room->phases);
    return is_period(series, (size_t)phases, room) ? (size_t)phases : 0;
}

/* The lag at which what a line leaves is most like itself, if it stands out. */
static size_t striking_lag(const ps_series *series, ps_workroom *room)
{
    size_t most = series->count / LEAST_PERIODS, best = 0;

    if (most > MOST_LAG)
        most = MOST_LAG;
    if (!ps_autocorrelate(room->residual, series->count, room))
        return 0;
    for (size_t lag = LEAST_LAG; lag < most; lag++) {
        const double here = room->lags[lag];
        if (here > periodic && here >= room->lags[lag - 1] && here >= room->lags[lag + 1] &&
            here > room->lags[(lag + 1) / 2] + 0.2 && (best == 0 || here > room->lags[best]))
            best = lag;
    }
    return best;
}

size_t ps_find_period(const ps_series *series, double day, ps_workroom *room)
{
    const size_t daily = series->count < 2 ? 0 : daily_phases(series, day, room);
    size_t lag;

    if (daily > 0 || series->count / LEAST_PERIODS < LEAST_LAG)
        return daily;
    ps_residuals(series, ps_ols_of(series).slope, room->residual);
    lag = striking_lag(series, room);
    if (lag == 0)
        return 0;
    phases_by_index(series, lag, room->phases);
    return is_period(series, lag, room) ? lag : 0;
}

void ps_deseason(const ps_series *series, double slope, size_t period, ps_workroom *room)
{
    double mean = 0;

    ps_residuals(series, slope, room->residual);
    phase_levels(series, period, room);
    for (size_t phase = 0; phase < period; phase++)
        mean += room->lags[phase] / (double)period;
    for (size_t i = 0; i < series->count; i++)
        room->adjusted[i] = series->values[i] - room->lags[room->phases[i]] + mean;
}

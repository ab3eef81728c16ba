/* series.h - room to work in, and small sums, for the statistics of one series. */
#ifndef PS_POOL_SERIES_H
#define PS_POOL_SERIES_H

#include "poolsleuth.h"

/* More points than this are thinned before all pairs of them are looked at. */
enum { PS_PAIRS_OF = 2000 };

/* Up to so many points autocorrelations are summed directly. */
enum { PS_DIRECT_LAGS = 2000 };

typedef struct ps_ranked {
    double value;
    size_t index;
} ps_ranked;

/* Room for series of up to count points. */
typedef struct ps_workroom {
    size_t count;
    double *pairs;  /* slopes of all pairs of at most PS_PAIRS_OF points */
    double *values; /* 5 x count: a copy, scratch, and what remains of it */
    double *scratch;
    double *residual;
    double *lags;
    double *adjusted;
    double *waves; /* for long series only: see ps_wave_count */
    ps_ranked *ranked;
    uint32_t *phases;
} ps_workroom;

bool ps_workroom_make(ps_workroom *room, size_t count, ps_error *err);
/* Room for this series, once its values are finite and its times do not fall. */
bool ps_workroom_open(ps_workroom *room, const ps_series *series, ps_error *err);
void ps_workroom_close(ps_workroom *room);

static inline double ps_time_at(const ps_series *series, size_t i)
{
    return series->times == NULL ? (double)i : series->times[i];
}

static inline uint32_t ps_run_at(const ps_series *series, size_t i)
{
    return series->runs == NULL ? 0 : series->runs[i];
}

/* One past the last point of the run that begins at begin. */
static inline size_t ps_run_end(const ps_series *series, size_t begin)
{
    size_t end = begin;

    while (end < series->count && ps_run_at(series, end) == ps_run_at(series, begin))
        end++;
    return end;
}

/* A part of a series. */
static inline ps_series ps_part_of(const ps_series *series, size_t begin, size_t count)
{
    return (ps_series){.values = series->values + begin,
                       .times = series->times == NULL ? NULL : series->times + begin,
                       .runs = series->runs == NULL ? NULL : series->runs + begin,
                       .count = count};
}

/* How many complex numbers the autocorrelation of count values needs; 0 where it is summed. */
size_t ps_wave_count(size_t count);

/* Autocorrelations at all lags into room->lags; takes the mean off the values.  False of constant
 * values. */
bool ps_autocorrelate(double *values, size_t count, ps_workroom *room);

/* For qsort: doubles, the least first. */
int ps_ascending(const void *left, const void *right);

/* The value that stands at rank (0-based) when sorted; shuffles the values.  None may be NAN. */
double ps_select(double *values, size_t count, size_t rank);

/* The middle of the values, 0 of none; shuffles them. */
double ps_median(double *values, size_t count);

/* Kendall's S and what its variance is, without correction, run by run. */
ps_kendall ps_kendall_plain(const ps_series *series, ps_workroom *room);

/* How much autocorrelation of what remains after slope widens the variance: 1 or more (Hamed and
 * Rao).  Leaves the autocorrelations of the ranks of the longest run in room->lags. */
double ps_kendall_correction(const ps_series *series, double slope, ps_workroom *room);

/* z and p from s, variance and correction. */
void ps_kendall_test(ps_kendall *kendall);

/* Median slope over all pairs inside runs, with Sen's interval from the standard deviation of S. */
ps_sen ps_sen_slope(const ps_series *series, double deviation, double z, ps_workroom *room);

/* Kendall's S and the median slope over pairs of equal phase; phases of series->count points. */
ps_seasonal ps_seasonal_by(const ps_series *series, const uint32_t *phases, ps_workroom *room);

/* Phases by the time of day (day in units of the times, 0 if unknown), or else by a period that
 * autocorrelation shows; in room->phases.  The number of phases, 0 where the series has no period. */
size_t ps_find_period(const ps_series *series, double day, ps_workroom *room);

/* The values less the median of their phase, around slope, into room->adjusted. */
void ps_deseason(const ps_series *series, double slope, size_t period, ps_workroom *room);

/* Is there a drift beyond what a wandering level brings about?  spent: parameters fitted before. */
ps_drift ps_drift_of(const ps_series *series, size_t spent, ps_workroom *room);

/* How well three shapes fit: a line, one step, a line with one bend. */
typedef struct ps_fits {
    double line, step, bend; /* sums of squares left; all 0 under 8 points */
    size_t after;            /* the step is behind that many points */
} ps_fits;
ps_fits ps_fit_shapes(const ps_series *series, ps_workroom *room);

ps_pettitt ps_pettitt_in(const ps_series *series, ps_workroom *room);

/* What a line of this slope leaves, each run about its own mean. */
void ps_residuals(const ps_series *series, double slope, double *residual);

/* Values of all runs joined end to end, so that only movements inside runs are left. */
void ps_join_runs(const ps_series *series, double *joined);

/* Ranks from 1, equal values share their mean rank, into ranks; uses room->ranked. */
void ps_rank(const double *values, size_t count, double *ranks, ps_workroom *room);

#endif

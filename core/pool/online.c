/* online.c - a series seen point by point, in fixed memory.
 *
 * Sums for least squares are updated as Welford does.  A buffer keeps points evenly spread over all:
 * when it is full every second one goes and the stride doubles, so that tests and slopes are exact up
 * to KEPT points and see the whole history ever after.  Minima of windows merge two by two.
 */
#include "base/error.h"
#include "pool/series.h"

#include <math.h>
#include <stdlib.h>

enum { KEPT = 256, WINDOWS = 16 };

struct ps_online {
    uint64_t count, stride, alarm_at;
    double time, value, tt, tv, vv; /* means, and sums of squares about them */
    double least, most;
    double delta, lambda, sum, lowest; /* of the alarm */
    double times[KEPT], values[KEPT];
    size_t kept;
    double minima[WINDOWS];
    uint64_t window, filled; /* points a window, and in the one at hand */
    size_t windows;          /* begun */
};

bool ps_online_new(ps_online **out, double delta, double lambda, ps_error *err)
{
    ps_online *online = calloc(1, sizeof *online);

    *out = online;
    if (online == NULL)
        return ps_fail_memory(err);
    online->stride = online->window = 1;
    online->delta = delta;
    online->lambda = lambda;
    return true;
}

static void add_squares(ps_online *o, double time, double value)
{
    const double dt = time - o->time, dv = value - o->value;

    o->time += dt / (double)o->count;
    o->value += dv / (double)o->count;
    o->tt += dt * (time - o->time);
    o->tv += dt * (value - o->value);
    o->vv += dv * (value - o->value);
}

static void add_alarm(ps_online *o, double value)
{
    o->sum += value - o->value - o->delta;
    o->lowest = o->sum < o->lowest ? o->sum : o->lowest;
    if (o->alarm_at == 0 && o->sum - o->lowest > o->lambda)
        o->alarm_at = o->count;
}

static void keep_point(ps_online *o, double time, double value)
{
    if ((o->count - 1) % o->stride != 0)
        return;
    if (o->kept == KEPT) {
        for (size_t i = 0; i < KEPT / 2; i++) {
            o->times[i] = o->times[2 * i];
            o->values[i] = o->values[2 * i];
        }
        o->kept = KEPT / 2;
        o->stride *= 2;
        if ((o->count - 1) % o->stride != 0)
            return;
    }
    o->times[o->kept] = time;
    o->values[o->kept++] = value;
}

static void add_minimum(ps_online *o, double value)
{
    if (o->windows == WINDOWS && o->filled == o->window) {
        for (size_t i = 0; i < WINDOWS / 2; i++)
            o->minima[i] = fmin(o->minima[2 * i], o->minima[2 * i + 1]);
        o->windows = WINDOWS / 2;
        o->window *= 2;
        o->filled = o->window;
    }
    if (o->windows == 0 || o->filled == o->window) {
        o->minima[o->windows++] = value;
        o->filled = 0;
    }
    o->minima[o->windows - 1] = fmin(o->minima[o->windows - 1], value);
    o->filled++;
}

void ps_online_add(ps_online *online, double time, double value)
{
    if (!isfinite(time) || !isfinite(value))
        return;
    if (online->kept > 0 && time < online->times[online->kept - 1])
        return;
    if (online->count++ == 0)
        online->least = online->most = value;
    online->least = fmin(online->least, value);
    online->most = fmax(online->most, value);
    add_squares(online, time, value);
    add_alarm(online, value);
    keep_point(online, time, value);
    add_minimum(online, value);
}

static ps_ols line_of(const ps_online *o)
{
    ps_ols line = {.intercept = o->value};
    double left;

    if (!(o->tt > 0))
        return line;
    line.slope = o->tv / o->tt;
    line.intercept = o->value - line.slope * o->time;
    left = fmax(o->vv - line.slope * o->tv, 0);
    line.r2 = o->vv > 0 ? 1 - left / o->vv : 0;
    line.error = o->count > 2 ? sqrt(left / (double)(o->count - 2) / o->tt) : 0;
    return line;
}

static size_t whole_windows(const ps_online *o)
{
    return o->windows > 0 && o->filled < o->window ? o->windows - 1 : o->windows;
}

bool ps_online_read(const ps_online *online, ps_online_result *out, ps_error *err)
{
    const ps_series kept = {
        .values = online->values, .times = online->times, .count = online->kept};
    const ps_series minima = {.values = online->minima, .count = whole_windows(online)};

    *out = (ps_online_result){.count = online->count,
                              .line = line_of(online),
                              .mean = online->value,
                              .least = online->least,
                              .most = online->most,
                              .minima = ps_minima_of(&minima, 1),
                              .alarm_at = online->alarm_at,
                              .kept = online->kept,
                              .stride = online->stride};
    return ps_kendall_of(&kept, true, &out->trend, err) &&
           ps_sen_of(&kept, 1.959963984540054, &out->slope, err);
}

void ps_online_close(ps_online *online) { free(online); }

/* models.h - made-up series of known kind: what a leak looks like, and what only looks like one.
 *
 * 96 snapshots, one an hour, of a tag that holds about 100 MiB; noise is in MiB.  Every draw comes
 * from a fixed seed.
 */
#ifndef POOLSLEUTH_TESTS_MODELS_H
#define POOLSLEUTH_TESTS_MODELS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_POINTS = 96, MODEL_DAY = 24 };

static const double model_mib = 1048576;

typedef struct draws {
    uint64_t state;
} draws;

/* Uniform in (0, 1). */
static inline double draw_uniform(draws *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return ((double)((z ^ z >> 31) >> 11) + 0.5) / 9007199254740992.0;
}

static inline double draw_normal(draws *d)
{
    const double u = draw_uniform(d), v = draw_uniform(d);

    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

typedef void model(double *y, size_t n, double noise, draws *d);

static inline void model_white(double *y, size_t n, double noise, draws *d)
{
    for (size_t i = 0; i < n; i++)
        y[i] = 100 + noise * draw_normal(d);
}

/* What stays of the last deviation; the deviation starts as it goes on. */
static inline void model_ar(double *y, size_t n, double noise, draws *d, double stays)
{
    double x = noise * draw_normal(d) / sqrt(1 - stays * stays);

    for (size_t i = 0; i < n; i++) {
        y[i] = 100 + x;
        x = stays * x + noise * draw_normal(d);
    }
}

static inline void model_ar9(double *y, size_t n, double noise, draws *d)
{
    model_ar(y, n, noise, d, 0.9);
}

static inline void model_ar5(double *y, size_t n, double noise, draws *d)
{
    model_ar(y, n, noise, d, 0.5);
}

static inline void model_walk(double *y, size_t n, double noise, draws *d)
{
    double x = 100;

    for (size_t i = 0; i < n; i++)
        y[i] = x += noise * draw_normal(d);
}

/* A cache that fills up to 30 % more; how fast is drawn. */
static inline void model_warm_up(double *y, size_t n, double noise, draws *d)
{
    const double pace = (double)n * (0.05 + 0.2 * draw_uniform(d));

    for (size_t i = 0; i < n; i++)
        y[i] = 100 + 30 * (1 - exp(-(double)i / pace)) + noise * draw_normal(d);
}

static inline double daily(size_t i, double start)
{
    return 10 * sin(6.283185307179586 * ((double)i / MODEL_DAY + start));
}

static inline void model_daily(double *y, size_t n, double noise, draws *d)
{
    const double start = draw_uniform(d);

    for (size_t i = 0; i < n; i++)
        y[i] = 100 + daily(i, start) + noise * draw_normal(d);
}

/* Fills by 20 % and is trimmed, over and over. */
static inline void model_sawtooth(double *y, size_t n, double noise, draws *d)
{
    const size_t tooth = 8 + (size_t)(13 * draw_uniform(d)), start = (size_t)(20 * draw_uniform(d));

    for (size_t i = 0; i < n; i++)
        y[i] = 100 + 20 * (double)((i + start) % tooth) / (double)tooth + noise * draw_normal(d);
}

/* One step of 10 %, anywhere but at the very ends. */
static inline void model_step(double *y, size_t n, double noise, draws *d)
{
    const size_t at = (size_t)((double)n * (0.1 + 0.8 * draw_uniform(d)));

    for (size_t i = 0; i < n; i++)
        y[i] = 100 + (i >= at ? 10 : 0) + noise * draw_normal(d);
}

static inline void model_leak(double *y, size_t n, double noise, draws *d)
{
    for (size_t i = 0; i < n; i++)
        y[i] = 100 + 10 * (double)i / (double)n + noise * draw_normal(d);
}

static inline void model_daily_leak(double *y, size_t n, double noise, draws *d)
{
    const double start = draw_uniform(d);

    for (size_t i = 0; i < n; i++)
        y[i] = 100 + 10 * (double)i / (double)n + daily(i, start) + noise * draw_normal(d);
}

/* 10 % in all, but only from 9 to 17 o'clock; the first hour is drawn. */
static inline void model_office_leak(double *y, size_t n, double noise, draws *d)
{
    const size_t first = (size_t)(MODEL_DAY * draw_uniform(d));
    double x = 100;

    for (size_t i = 0; i < n; i++) {
        const size_t hour = (first + i) % MODEL_DAY;
        y[i] = x + noise * draw_normal(d);
        x += hour >= 9 && hour < 17 ? 10.0 * 3 / (double)n : 0;
    }
}

static inline void model_small_leak(double *y, size_t n, double noise, draws *d)
{
    for (size_t i = 0; i < n; i++)
        y[i] = 100 + 3 * (double)i / (double)n + noise * draw_normal(d);
}

/* 10 % in some 20 jumps, each as large as chance has it; nothing is ever freed. */
static inline void model_jumpy_leak(double *y, size_t n, double noise, draws *d)
{
    double x = 100;

    (void)noise;
    for (size_t i = 0; i < n; i++) {
        y[i] = x;
        x += draw_uniform(d) < 20.0 / (double)n ? -0.5 * log(draw_uniform(d)) : 0;
    }
}

/* A leak with load on top: one snapshot in 20 holds up to 40 % more. */
static inline void model_spiky_leak(double *y, size_t n, double noise, draws *d)
{
    model_leak(y, n, noise, d);
    for (size_t i = 0; i < n; i++)
        y[i] += draw_uniform(d) < 0.05 ? 40 * draw_uniform(d) : 0;
}

/* Load that a leak is not: one snapshot in 20 holds up to 40 % more. */
static inline void model_spikes(double *y, size_t n, double noise, draws *d)
{
    model_white(y, n, noise, d);
    for (size_t i = 0; i < n; i++)
        y[i] += draw_uniform(d) < 0.05 ? 40 * draw_uniform(d) : 0;
}

/* 10 % over noise that lingers. */
static inline void model_lingering_leak(double *y, size_t n, double noise, draws *d)
{
    model_ar5(y, n, noise, d);
    for (size_t i = 0; i < n; i++)
        y[i] += 10 * (double)i / (double)n;
}

/* 20 % that begins half way. */
static inline void model_late_leak(double *y, size_t n, double noise, draws *d)
{
    model_white(y, n, noise, d);
    for (size_t i = n / 2; i < n; i++)
        y[i] += 20 * (double)(i - n / 2) / (double)n;
}

#endif

/* autocorrelation.c - how like itself a series is at every lag: directly, or by two Fourier transforms
 * where it is long.
 */
#include "pool/series.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

size_t ps_wave_count(size_t count)
{
    size_t waves = 1;

    if (count <= PS_DIRECT_LAGS || count > SIZE_MAX / 64)
        return 0;
    while (waves < 2 * count)
        waves *= 2;
    return waves;
}

static void swap_reversed(double *waves, size_t count)
{
    for (size_t i = 1, j = 0; i < count; i++) {
        size_t bit = count / 2;
        while ((j & bit) != 0) {
            j ^= bit;
            bit /= 2;
        }
        j |= bit;
        if (i < j) {
            const double re = waves[2 * i], im = waves[2 * i + 1];
            waves[2 * i] = waves[2 * j];
            waves[2 * i + 1] = waves[2 * j + 1];
            waves[2 * j] = re;
            waves[2 * j + 1] = im;
        }
    }
}

/* One butterfly: a and b are complex, b turned by the angle's cosine and sine. */
static void cross(double *a, double *b, double cosine, double sine)
{
    const double re = b[0] * cosine - b[1] * sine, im = b[0] * sine + b[1] * cosine;

    b[0] = a[0] - re;
    b[1] = a[1] - im;
    a[0] += re;
    a[1] += im;
}

/* Fourier transform of count complex numbers in place, count a power of 2 (Cooley and Tukey). */
static void transform(double *waves, size_t count)
{
    swap_reversed(waves, count);
    for (size_t half = 1; half < count; half *= 2) {
        for (size_t k = 0; k < half; k++) {
            const double angle = -pi * (double)k / (double)half;
            const double cosine = cos(angle), sine = sin(angle);
            for (size_t at = k; at < count; at += 2 * half)
                cross(waves + 2 * at, waves + 2 * (at + half), cosine, sine);
        }
    }
}

static void by_waves(const double *values, size_t count, double *lags, double *waves)
{
    const size_t size = ps_wave_count(count);

    memset(waves, 0, size * 2 * sizeof *waves);
    for (size_t i = 0; i < count; i++)
        waves[2 * i] = values[i];
    transform(waves, size);
    for (size_t i = 0; i < size; i++) {
        waves[2 * i] = waves[2 * i] * waves[2 * i] + waves[2 * i + 1] * waves[2 * i + 1];
        waves[2 * i + 1] = 0;
    }
    transform(waves, size);
    for (size_t k = 0; k < count; k++)
        lags[k] = waves[2 * k] / (double)size;
}

bool ps_autocorrelate(double *values, size_t count, ps_workroom *room)
{
    double mean = 0, whole = 0;

    for (size_t i = 0; i < count; i++)
        mean += values[i] / (double)count;
    for (size_t i = 0; i < count; i++) {
        values[i] -= mean;
        whole += values[i] * values[i];
    }
    if (!(whole > 0))
        return false;
    if (ps_wave_count(count) > 0) {
        by_waves(values, count, room->lags, room->waves);
    } else {
        for (size_t k = 0; k < count; k++) {
            room->lags[k] = 0;
            for (size_t i = k; i < count; i++)
                room->lags[k] += values[i] * values[i - k];
        }
    }
    for (size_t k = 0; k < count; k++)
        room->lags[k] /= whole;
    return true;
}

/* lockstep.c - do two series move together: the ratio of their growth, and what it leaves. */
#include "poolsleuth.h"

#include <math.h>

enum { LEAST_STEPS = 3 };

/* The step into point k, NAN where it is unknown or crosses a restart. */
static double step_into(const double *values, const uint32_t *runs, size_t k)
{
    if (runs != NULL && runs[k] != runs[k - 1])
        return (double)NAN;
    return values[k] - values[k - 1];
}

typedef struct step_sums {
    double a, b, moved, aa, bb, ab;
    size_t steps;
} step_sums;

static step_sums add_steps(const double *a, const double *b, const uint32_t *runs, size_t count)
{
    step_sums sums = {0};

    for (size_t k = 1; k < count; k++) {
        const double of_a = step_into(a, runs, k), of_b = step_into(b, runs, k);
        if (isnan(of_a) || isnan(of_b))
            continue;
        sums.a += of_a;
        sums.b += of_b;
        sums.moved += fabs(of_b);
        sums.aa += of_a * of_a;
        sums.bb += of_b * of_b;
        sums.ab += of_a * of_b;
        sums.steps++;
    }
    return sums;
}

bool ps_lockstep_of(const double *a, const double *b, const uint32_t *runs, size_t count,
                    ps_lockstep *out)
{
    const step_sums sums = add_steps(a, b, runs, count);
    const double n = (double)sums.steps;
    double left = 0, of_a, of_b;

    *out = (ps_lockstep){.steps = sums.steps};
    if (sums.steps < LEAST_STEPS || !(fabs(sums.a) > 0) || !(sums.moved > 0))
        return false;
    out->ratio = sums.b / sums.a;
    for (size_t k = 1; k < count; k++) {
        const double rest = step_into(b, runs, k) - out->ratio * step_into(a, runs, k);
        left += isnan(rest) ? 0 : fabs(rest);
    }
    out->residual = left / sums.moved;
    of_a = sums.aa - sums.a * sums.a / n;
    of_b = sums.bb - sums.b * sums.b / n;
    if (of_a > 0 && of_b > 0)
        out->correlation = (sums.ab - sums.a * sums.b / n) / sqrt(of_a * of_b);
    return true;
}

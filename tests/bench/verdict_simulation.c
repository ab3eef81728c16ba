/* verdict_simulation.c - how often each kind of series is called a leak, by the rule that this
 * program started from and by the one it has.
 *
 * Usage: verdict_simulation [RUNS].
 */
#include "models.h"
#include "poolsleuth.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct kind {
    const char *name;
    model *make;
    double noise;
    double most, least; /* share of LEAK that is allowed, at the far end of its error */
} kind;

static const kind kinds[] = {
    {"white noise", model_white, 1, 0.01, 0},
    {"AR(.5)", model_ar5, 1, 0.01, 0},
    {"AR(.9)", model_ar9, 1, 0.05, 0},
    {"random walk", model_walk, 1, 0.15, 0},
    {"warm-up", model_warm_up, 1, 0.08, 0},
    {"daily cycle", model_daily, 1, 0.01, 0},
    {"sawtooth", model_sawtooth, 1, 0.01, 0},
    {"one step", model_step, 1, 0.05, 0},
    {"10 % leak", model_leak, 1, 1, 0.99},
    {"10 % leak, daily cycle", model_daily_leak, 1, 1, 0.99},
    {"office-hours leak", model_office_leak, 1, 1, 0.99},
    {"3 % leak", model_small_leak, 0.6, 1, 0.90},
    {"load with spikes", model_spikes, 1, 0.01, 0},
    {"10 % leak with spikes", model_spiky_leak, 1, 1, 0},
    {"10 % leak in AR(.5)", model_lingering_leak, 1, 1, 0},
    {"10 % leak in jumps", model_jumpy_leak, 1, 1, 0},
    {"10 % leak, begins late", model_late_leak, 1, 1, 0},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static void fill(const kind *of, size_t run, double *y, double *times)
{
    draws d = {.state = UINT64_C(0x5eed) + run * 1000003 + (uint64_t)(of - kinds) * 7919};

    of->make(y, MODEL_POINTS, of->noise, &d);
    for (size_t i = 0; i < MODEL_POINTS; i++) {
        y[i] *= model_mib;
        times[i] = (double)i;
    }
}

static bool must(bool done)
{
    if (!done)
        exit(1);
    return done;
}

/* The rule at the start: significant by Hamed and Rao, grown by 2 % and 1 MiB, not decelerating,
 * 70 % of the window minima rising. */
static ps_word first_rule(const ps_series *series)
{
    const ps_series late = {.values = series->values + MODEL_POINTS / 2, .count = MODEL_POINTS / 2};
    ps_kendall trend;
    ps_sen slope, second;
    ps_seasonal seasonal, half;
    ps_minima minima;
    ps_judgement judged;
    double z, b;
    size_t width = MODEL_POINTS / 8;

    must(ps_kendall_of(series, true, &trend, NULL) && ps_sen_of(series, 1.96, &slope, NULL));
    must(ps_sen_of(&late, 1.96, &second, NULL));
    must(ps_seasonal_of(&late, MODEL_DAY, &half, NULL));
    must(ps_seasonal_of(series, MODEL_DAY, &seasonal, NULL));
    must(ps_series_judge(series, &(ps_context){.hours_per_time = 1, .growth = NAN}, NULL, &judged,
                         NULL));
    z = judged.period == MODEL_DAY ? seasonal.z : trend.z;
    b = judged.period == MODEL_DAY ? seasonal.slope : slope.slope;
    if (judged.period == MODEL_DAY) {
        width = MODEL_DAY;
        second.slope = half.slope;
    }
    if (z <= 2.326 || b * MODEL_POINTS < 0.02 * 100 * model_mib)
        return PS_WORD_LOAD;
    if (second.slope < 0.4 * b)
        return PS_WORD_GROWING_CACHE;
    minima = ps_minima_of(series, width);
    return (double)minima.rises >= 0.7 * (double)minima.steps ? PS_WORD_LEAK : PS_WORD_SUSPECT;
}

static ps_word our_rule(const ps_series *series)
{
    const ps_context context = {
        .hours_per_time = 1, .span_s = MODEL_POINTS * 3600.0, .growth = NAN, .freed_ratio = NAN};
    ps_judgement judged;

    must(ps_series_judge(series, &context, NULL, &judged, NULL));
    return judged.word;
}

static double error_of(double share, size_t runs)
{
    const double n = (double)runs, z = 1.959963984540054;
    /* Wilson's half width over z, which is not 0 where the share is */
    return sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n);
}

static bool print_row(const kind *of, const size_t words[PS_WORDS], size_t runs)
{
    const double leak = (double)words[PS_WORD_LEAK] / (double)runs, error = error_of(leak, runs);
    const double quiet = (double)(words[PS_WORD_NO_LEAK] + words[PS_WORD_LOAD]) / (double)runs;
    const double cache =
        (double)(words[PS_WORD_GROWING_CACHE] + words[PS_WORD_PLATEAU]) / (double)runs;
    const bool holds = (of->most >= 1 || leak + 1.96 * error <= of->most) &&
                       (of->least <= 0 || leak - 1.96 * error >= of->least);

    printf("%-24s %6.3f %6.3f %6.3f %6.3f  %6.4f +- %.4f  %s\n", of->name, quiet,
           (double)words[PS_WORD_BURST] / (double)runs, cache,
           (double)words[PS_WORD_SUSPECT] / (double)runs, leak, error, holds ? "holds" : "FAILS");
    return holds;
}

static bool table(const char *title, ps_word (*rule)(const ps_series *), size_t runs)
{
    double y[MODEL_POINTS], times[MODEL_POINTS];
    bool all = true;

    printf("%s\n%-24s %6s %6s %6s %6s  %6s\n", title, "", "quiet", "burst", "cache", "susp.",
           "leak");
    for (size_t k = 0; k < KINDS; k++) {
        size_t words[PS_WORDS] = {0};
        for (size_t run = 0; run < runs; run++) {
            const ps_series series = {.values = y, .times = times, .count = MODEL_POINTS};
            fill(&kinds[k], run, y, times);
            words[rule(&series)]++;
        }
        all = print_row(&kinds[k], words, runs) && all;
    }
    return all;
}

int main(int argc, char **argv)
{
    const size_t runs = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 2000;

    (void)table("the rule at the start", first_rule, runs);
    return table("the rule as it is", our_rule, runs) ? 0 : 1;
}

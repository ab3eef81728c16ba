/* pool_statistics_test.c - the statistics of a series against values computed with SciPy and by hand. */
#include "poolsleuth.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

static const double a[] = {1024, 1030, 1041, 1038, 1052, 1063, 1060, 1075, 1079, 1090, 1101, 1097,
                           1112, 1120, 1131, 1129, 1140, 1155, 1150, 1162, 1171, 1180, 1178, 1193};
static const double b[] = {500, 503, 499, 501, 500, 502, 498, 501, 503, 500,
                           499, 502, 500, 501, 499, 500, 502, 498, 501, 500};
static const double e[] = {50, 52, 51, 49, 50, 53, 50, 48, 51, 52,
                           80, 82, 79, 81, 83, 80, 82, 81, 79, 84};
static const double f[] = {1000, 1100, 1200, 1300, 1400, 150, 260, 350, 455, 560};
static const uint32_t f_runs[] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1};

static const double z_95 = 1.959963984540054;

#define SERIES(array)                                                                              \
    (ps_series) { .values = (array), .count = sizeof(array) / sizeof *(array) }

/* To the digits that are given: an absolute error of half the last, or six figures. */
static void near(double got, double wanted)
{
    const double borne = fabs(wanted) < 1e-3 && wanted != 0 ? fabs(wanted) * 1e-5 : 6e-7;

    if (!(fabs(got - wanted) <= borne))
        print_error("%.9g is not %.9g\n", got, wanted);
    assert_true(fabs(got - wanted) <= borne);
}

static ps_kendall kendall_of(const ps_series *series)
{
    ps_kendall kendall = {0};

    assert_true(ps_kendall_of(series, false, &kendall, NULL));
    return kendall;
}

static ps_sen sen_of(const ps_series *series)
{
    ps_sen sen = {0};

    assert_true(ps_sen_of(series, z_95, &sen, NULL));
    return sen;
}

static ps_pettitt pettitt_of(const ps_series *series)
{
    ps_pettitt change = {0};

    assert_true(ps_pettitt_of(series, &change, NULL));
    return change;
}

static void a_rise_has_these_numbers(void **state)
{
    const ps_series series = SERIES(a);
    const ps_kendall kendall = kendall_of(&series);
    const ps_sen sen = sen_of(&series);
    const ps_ols line = ps_ols_of(&series);
    const ps_pettitt change = pettitt_of(&series);

    (void)state;
    near(kendall.s, 264);
    near(kendall.variance, 1625.333333333);
    near(kendall.z, 6.523558);
    near(kendall.p_two, 6.86588e-11);
    near(kendall.tau, 0.956522);
    near(sen.slope, 7.366029);
    near(sen.intercept, 1023.509569);
    near(sen.low, 7.1);
    near(sen.high, 7.6);
    assert_int_equal(sen.pairs, 276);
    near(line.slope, 7.363043);
    near(line.intercept, 1022.45);
    near(line.r2, 0.994036);
    near(line.error, 0.121593);
    near(change.u, -144);
    assert_int_equal(change.after, 12);
    near(change.p, 0.000353774);
    assert_int_equal(ps_page_hinkley(a, 24, 2, 60), 8);
}

static void a_rise_has_a_rising_floor(void **state)
{
    const ps_series series = SERIES(a);
    const ps_minima minima = ps_minima_of(&series, 4);

    (void)state;
    assert_int_equal(minima.windows, 6);
    assert_int_equal(minima.rises, 5);
    assert_int_equal(minima.falls, 0);
    near(minima.first, (1024 + 1052) / 2.0);
    near(minima.last, (1140 + 1171) / 2.0);
}

static void a_rise_meets_its_limit(void **state)
{
    const ps_series series = SERIES(a);
    const ps_sen sen = sen_of(&series);
    const ps_forecast forecast = ps_forecast_of(&sen, 23, 4096);
    const ps_forecast past = ps_forecast_of(&sen, 23, 1000);
    const ps_forecast never = ps_forecast_of(&(ps_sen){.slope = 1, .low = -1, .high = 3}, 0, 30);

    (void)state;
    near(forecast.now, 1192.92823);
    near(forecast.eta, 394.116272);
    near(forecast.low, 381.983128);
    near(forecast.high, 408.883348);
    near(past.eta, 0);
    near(never.eta, 30);
    near(never.low, 10);
    assert_true(isinf(never.high));
}

static void a_flat_series_with_ties(void **state)
{
    const ps_series series = SERIES(b);
    const ps_kendall kendall = kendall_of(&series);
    const ps_sen sen = sen_of(&series);
    const ps_pettitt change = pettitt_of(&series);

    (void)state;
    near(kendall.s, -17);
    near(kendall.variance, 903.666667);
    near(kendall.z, -0.53225);
    near(kendall.p_two, 0.594553);
    near(kendall.tau, -0.097198);
    near(sen.slope, 0);
    near(sen.intercept, 500);
    near(sen.low, -0.166667);
    near(sen.high, 0.1);
    near(ps_ols_of(&series).slope, -0.038346);
    near(change.u, 22);
    assert_int_equal(change.after, 9);
    near(change.p, 1);
    assert_int_equal(ps_page_hinkley(b, 20, 1, 30), 0);
}

static void a_daily_cycle_hides_growth_until_phases_are_compared(void **state)
{
    static const double base[] = {100, 140, 220, 260, 200, 120};
    double grows[24], stays[24];
    const ps_series c = SERIES(grows), d = SERIES(stays);
    ps_seasonal seasonal;

    (void)state;
    for (size_t i = 0; i < 24; i++) {
        stays[i] = base[i % 6];
        grows[i] = base[i % 6] + 12 * (double)(i / 6);
    }
    near(kendall_of(&c).s, 66);
    near(kendall_of(&c).variance, 1625.333333333);
    near(kendall_of(&c).z, 1.612286);
    assert_true(fabs(kendall_of(&c).p_two - 0.1069) < 5e-5);
    assert_true(ps_seasonal_of(&c, 6, &seasonal, NULL));
    near(seasonal.s, 36);
    near(seasonal.variance, 52);
    near(seasonal.z, 4.853627);
    near(seasonal.p_two, 1.21224e-06);
    near(seasonal.slope, 2);
    near(kendall_of(&d).s, 12);
    near(kendall_of(&d).variance, 1573.333333333);
    near(kendall_of(&d).z, 0.277321);
    assert_true(ps_seasonal_of(&d, 6, &seasonal, NULL));
    near(seasonal.s, 0);
    near(seasonal.variance, 0);
    near(seasonal.z, 0);
}

static void a_step_is_found_where_it_is(void **state)
{
    const ps_series series = SERIES(e);
    const ps_kendall kendall = kendall_of(&series);
    const ps_sen sen = sen_of(&series);
    const ps_pettitt change = pettitt_of(&series);

    (void)state;
    near(kendall.s, 109);
    near(kendall.variance, 940.333333333);
    near(kendall.z, 3.521947);
    near(sen.slope, 2);
    near(sen.intercept, 47);
    near(sen.low, 0.5);
    near(sen.high, 2.727273);
    near(change.u, -100);
    assert_int_equal(change.after, 10);
    near(change.p, 0.00158098);
    assert_int_equal(ps_page_hinkley(e, 20, 1, 30), 12);
}

static void pairs_never_cross_a_restart(void **state)
{
    const ps_series whole = SERIES(f);
    const ps_series runs = {.values = f, .runs = f_runs, .count = 10};
    const ps_series first = {.values = f, .count = 5}, second = {.values = f + 5, .count = 5};

    (void)state;
    near(kendall_of(&whole).s, -5);
    near(kendall_of(&whole).z, -0.357771);
    near(sen_of(&whole).slope, -68.125);
    near(kendall_of(&first).s, 10);
    near(kendall_of(&second).z, 2.204541);
    near(sen_of(&first).slope, 100);
    near(sen_of(&second).slope, 102.083333);
    near(kendall_of(&runs).s, 20);
    near(kendall_of(&runs).variance, 33.333333);
    near(kendall_of(&runs).z, 3.290897);
    near(sen_of(&runs).slope, 100);
}

static uint64_t step(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 40;
}

enum { MANY = 300 };

static int ascending(const void *left, const void *right)
{
    const double x = *(const double *)left, y = *(const double *)right;

    return (x > y) - (x < y);
}

/* Selection by a sample must give what sorting all slopes gives, ties, runs and gaps included. */
static void selection_gives_what_sorting_gives(void **state)
{
    static double values[MANY], times[MANY], slopes[MANY * MANY];
    static uint32_t runs[MANY];
    uint64_t seed = 7;

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        const ps_series series = {.values = values, .times = times, .runs = runs, .count = MANY};
        size_t made = 0;
        double s = 0;
        for (size_t i = 0; i < MANY; i++) {
            values[i] = (double)(step(&seed) % (2 + round * 50)) + (double)(i * round);
            times[i] = i == 0 ? 0 : times[i - 1] + (double)(step(&seed) % 3);
            runs[i] = round % 3 == 0 ? 0 : (uint32_t)(i / 120);
        }
        for (size_t i = 0; i < MANY; i++) {
            for (size_t j = i + 1; j < MANY && runs[j] == runs[i]; j++) {
                s += (values[j] > values[i]) - (values[j] < values[i]);
                if (times[j] > times[i])
                    slopes[made++] = (values[j] - values[i]) / (times[j] - times[i]);
            }
        }
        qsort(slopes, made, sizeof *slopes, ascending);
        near(kendall_of(&series).s, s);
        assert_int_equal(sen_of(&series).pairs, made);
        near(sen_of(&series).slope, (slopes[(made - 1) / 2] + slopes[made / 2]) / 2);
    }
}

/* Over 2,000 points lags are found by Fourier transforms: one point more must not make a difference. */
static void long_series_linger_as_short_ones_do(void **state)
{
    static double values[2001];
    ps_series series = {.values = values, .count = 2000};
    uint64_t seed = 9;
    double before = 0;
    ps_kendall summed, transformed;

    (void)state;
    for (size_t i = 0; i < 2001; i++)
        values[i] = before = 0.8 * before + (double)step(&seed) / 16777216 - 0.5;
    assert_true(ps_kendall_of(&series, true, &summed, NULL));
    series.count = 2001;
    assert_true(ps_kendall_of(&series, true, &transformed, NULL));
    assert_true(summed.correction > 4);
    assert_true(fabs(summed.correction - transformed.correction) < 0.5);
}

static void what_is_not_a_series_is_refused(void **state)
{
    static const double holes[] = {1, 2, (double)NAN, 4}, times[] = {0, 1, 3, 2};
    ps_series series = SERIES(holes);
    ps_error err = {0};
    ps_kendall kendall;
    ps_judgement judged;

    (void)state;
    assert_false(ps_kendall_of(&series, true, &kendall, &err));
    assert_string_equal(err.text, "point 3 is not a finite number");
    series = (ps_series){.values = a, .times = times, .count = 4};
    assert_false(ps_series_judge(&series, NULL, NULL, &judged, &err));
    assert_string_equal(err.text, "time falls at point 4");
}

static void nothing_comes_of_nothing(void **state)
{
    const ps_series none = {.values = a, .count = 0}, one = {.values = a, .count = 1};
    ps_judgement judged;

    (void)state;
    near(kendall_of(&none).p, 0.5);
    near(sen_of(&one).slope, 0);
    near(sen_of(&one).intercept, 1024);
    near(pettitt_of(&one).p, 1);
    assert_int_equal(ps_minima_of(&one, 4).windows, 0);
    assert_true(ps_series_judge(&one, NULL, NULL, &judged, NULL));
    assert_int_equal(judged.word, PS_WORD_NOT_ENOUGH_DATA);
}

static void point_by_point_agrees_with_all_at_once(void **state)
{
    const ps_series series = SERIES(a);
    ps_online_result seen;
    ps_online *online = NULL;

    (void)state;
    assert_true(ps_online_new(&online, 2, 60, NULL));
    for (size_t i = 0; i < 24; i++)
        ps_online_add(online, (double)i, a[i]);
    assert_true(ps_online_read(online, &seen, NULL));
    assert_int_equal(seen.count, 24);
    near(seen.line.slope, ps_ols_of(&series).slope);
    near(seen.line.error, 0.121593);
    near(seen.line.r2, 0.994036);
    near(seen.trend.s, 264);
    near(seen.slope.slope, 7.366029);
    assert_int_equal(seen.alarm_at, 8);
    assert_int_equal(seen.minima.windows, 12);
    near(seen.least, 1024);
    near(seen.most, 1193);
    ps_online_close(online);
}

/* A month of five minutes: memory stays, the slope is the slope. */
static void point_by_point_goes_on_for_ever(void **state)
{
    ps_online_result seen;
    ps_online *online = NULL;
    uint64_t seed = 3;

    (void)state;
    assert_true(ps_online_new(&online, 1, 1e9, NULL));
    for (size_t i = 0; i < 8640; i++)
        ps_online_add(online, (double)i, 5 * (double)i + (double)(step(&seed) % 1000));
    assert_true(ps_online_read(online, &seen, NULL));
    assert_int_equal(seen.count, 8640);
    assert_int_equal(seen.stride, 64);
    assert_int_equal(seen.kept, 135);
    assert_true(fabs(seen.slope.slope - 5) < 0.02);
    assert_true(fabs(seen.line.slope - 5) < 0.01);
    assert_true(seen.minima.windows >= 8 && seen.minima.windows <= 16);
    assert_int_equal(seen.minima.rises, seen.minima.steps);
    assert_int_equal(seen.alarm_at, 0);
    ps_online_close(online);
}

static void steps_in_step_are_found(void **state)
{
    static const double two[] = {10, 14, 14, 20, 26}, one[] = {5, 7, 7, 10, 13},
                        other[] = {5, 5, 9, 6, 13};
    const double hole[] = {10, 14, (double)NAN, 20, 26};
    ps_lockstep found;

    (void)state;
    assert_true(ps_lockstep_of(two, one, NULL, 5, &found));
    near(found.ratio, 0.5);
    near(found.residual, 0);
    near(found.correlation, 1);
    assert_int_equal(found.steps, 4);
    assert_true(ps_lockstep_of(two, other, NULL, 5, &found));
    assert_true(found.residual > 0.5);
    assert_false(ps_lockstep_of(hole, one, NULL, 5, &found));
}

static void many_tests_ask_more_of_each(void **state)
{
    double ps[] = {0.5, 0.001, 0.9, 0.012, 0.3, 0.02, 0.7, 0.6, 0.8, 0.4};

    (void)state;
    near(ps_discovery_limit(ps, 10, 0.05), 0.001);
    near(ps_discovery_limit(ps, 10, 0.1), 0.02);
    near(ps_discovery_limit(ps, 10, 0.001), 0);
    near(ps_discovery_limit(ps, 0, 0.1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rise_has_these_numbers),
        cmocka_unit_test(a_rise_has_a_rising_floor),
        cmocka_unit_test(a_rise_meets_its_limit),
        cmocka_unit_test(a_flat_series_with_ties),
        cmocka_unit_test(a_daily_cycle_hides_growth_until_phases_are_compared),
        cmocka_unit_test(a_step_is_found_where_it_is),
        cmocka_unit_test(pairs_never_cross_a_restart),
        cmocka_unit_test(selection_gives_what_sorting_gives),
        cmocka_unit_test(long_series_linger_as_short_ones_do),
        cmocka_unit_test(what_is_not_a_series_is_refused),
        cmocka_unit_test(nothing_comes_of_nothing),
        cmocka_unit_test(point_by_point_agrees_with_all_at_once),
        cmocka_unit_test(point_by_point_goes_on_for_ever),
        cmocka_unit_test(steps_in_step_are_found),
        cmocka_unit_test(many_tests_ask_more_of_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

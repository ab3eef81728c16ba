/* pool_slope_test.c - Theil-Sen and Mann-Kendall against values computed with SciPy. */
#include "pool/slope.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

static void near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 5e-7 * fmax(1, fabs(wanted))))
        fail_msg("got %.9g, wanted %.9g", got, wanted);
}

static ps_slope slope_of(const double *values, size_t count, size_t cut)
{
    ps_point points[64];
    double *room = ps_slope_room(count);
    ps_slope slope;

    assert_non_null(room);
    for (size_t i = 0; i < count; i++)
        points[i] = (ps_point){.time = (double)i, .value = values[i], .run = i >= cut};
    slope = ps_slope_of(points, count, room);
    free(room);
    return slope;
}

static void rising_series(void **state)
{
    static const double a[] = {1024, 1030, 1041, 1038, 1052, 1063, 1060, 1075,
                               1079, 1090, 1101, 1097, 1112, 1120, 1131, 1129,
                               1140, 1155, 1150, 1162, 1171, 1180, 1178, 1193};
    const ps_slope slope = slope_of(a, 24, 24);

    (void)state;
    near(slope.s, 264);
    near(slope.variance, 1625.333333333);
    near(slope.z, 6.523558);
    near(slope.slope, 7.366029);
    near(slope.low, 7.1);
    near(slope.high, 7.6);
    assert_true(slope.p < 1e-10);
}

static void flat_series_with_ties(void **state)
{
    static const double b[] = {500, 503, 499, 501, 500, 502, 498, 501, 503, 500,
                               499, 502, 500, 501, 499, 500, 502, 498, 501, 500};
    const ps_slope slope = slope_of(b, 20, 20);

    (void)state;
    near(slope.s, -17);
    near(slope.variance, 903.666667);
    near(slope.z, -0.532250);
    near(slope.slope, 0);
    near(slope.low, -0.166667);
    near(slope.high, 0.1);
}

static void step_series(void **state)
{
    static const double e[] = {50, 52, 51, 49, 50, 53, 50, 48, 51, 52,
                               80, 82, 79, 81, 83, 80, 82, 81, 79, 84};
    const ps_slope slope = slope_of(e, 20, 20);

    (void)state;
    near(slope.s, 109);
    near(slope.variance, 940.333333);
    near(slope.z, 3.521947);
    near(slope.slope, 2);
    near(slope.low, 0.5);
    near(slope.high, 2.727273);
}

static void pairs_never_cross_a_restart(void **state)
{
    static const double f[] = {1000, 1100, 1200, 1300, 1400, 150, 260, 350, 455, 560};
    const ps_slope whole = slope_of(f, 10, 10), runs = slope_of(f, 10, 5);

    (void)state;
    near(whole.s, -5);
    near(whole.slope, -68.125);
    near(runs.s, 20);
    near(runs.variance, 33.333333);
    near(runs.z, 3.290897);
    near(runs.slope, 100);
}

static void too_few_points_have_no_slope(void **state)
{
    static const double one[] = {7};
    const ps_slope slope = slope_of(one, 1, 1);

    (void)state;
    near(slope.slope, 0);
    near(slope.p, 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rising_series),
        cmocka_unit_test(flat_series_with_ties),
        cmocka_unit_test(step_series),
        cmocka_unit_test(pairs_never_cross_a_restart),
        cmocka_unit_test(too_few_points_have_no_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* pool_judge_test.c - which word a series gets: made-up series of each kind, a short run of the simulation
 * in tests/bench, and what restarts, gaps and clocks do to a trend.
 */
#include "../bench/models.h"
#include "poolsleuth.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

enum { RUNS = 120, DAYS = 5 };

static ps_judgement judge(const double *values, const double *hours, size_t count)
{
    const ps_series series = {.values = values, .times = hours, .count = count};
    const ps_context context = {
        .hours_per_time = 1, .growth = (double)NAN, .freed_ratio = (double)NAN};
    ps_judgement judged = {0};

    assert_true(ps_series_judge(&series, &context, NULL, &judged, NULL));
    return judged;
}

/* How often, of RUNS, a model is called a word. */
static size_t times_called(model *make, double noise, ps_word word)
{
    double values[MODEL_POINTS], hours[MODEL_POINTS];
    size_t called = 0;

    for (size_t run = 0; run < RUNS; run++) {
        draws d = {.state = 0x7e57 + run * 1000003};
        make(values, MODEL_POINTS, noise, &d);
        for (size_t i = 0; i < MODEL_POINTS; i++) {
            values[i] *= model_mib;
            hours[i] = (double)i;
        }
        called += judge(values, hours, MODEL_POINTS).word == word;
    }
    return called;
}

static void what_only_looks_like_a_leak_is_none(void **state)
{
    (void)state;
    assert_int_equal(times_called(model_white, 1, PS_WORD_LEAK), 0);
    assert_int_equal(times_called(model_ar5, 1, PS_WORD_LEAK), 0);
    assert_int_equal(times_called(model_daily, 1, PS_WORD_LEAK), 0);
    assert_int_equal(times_called(model_sawtooth, 1, PS_WORD_LEAK), 0);
    assert_int_equal(times_called(model_spikes, 1, PS_WORD_LEAK), 0);
    assert_in_range(times_called(model_ar9, 1, PS_WORD_LEAK), 0, RUNS * 5 / 100);
    assert_in_range(times_called(model_walk, 1, PS_WORD_LEAK), 0, RUNS * 8 / 100);
    assert_in_range(times_called(model_warm_up, 1, PS_WORD_LEAK), 0, RUNS * 2 / 100);
    assert_in_range(times_called(model_step, 1, PS_WORD_LEAK), 0, RUNS * 2 / 100);
}

static void a_leak_is_found_under_what_hides_it(void **state)
{
    (void)state;
    assert_int_equal(times_called(model_leak, 1, PS_WORD_LEAK), RUNS);
    assert_int_equal(times_called(model_daily_leak, 1, PS_WORD_LEAK), RUNS);
    assert_int_equal(times_called(model_office_leak, 1, PS_WORD_LEAK), RUNS);
    assert_in_range(times_called(model_small_leak, 0.6, PS_WORD_LEAK), RUNS * 97 / 100, RUNS);
    assert_in_range(times_called(model_lingering_leak, 1, PS_WORD_LEAK), RUNS * 97 / 100, RUNS);
    assert_in_range(times_called(model_jumpy_leak, 1, PS_WORD_LEAK), RUNS * 80 / 100, RUNS);
}

static void other_shapes_have_their_words(void **state)
{
    (void)state;
    assert_in_range(times_called(model_step, 1, PS_WORD_BURST), RUNS * 97 / 100, RUNS);
    assert_in_range(times_called(model_warm_up, 1, PS_WORD_PLATEAU) +
                        times_called(model_warm_up, 1, PS_WORD_GROWING_CACHE),
                    RUNS * 90 / 100, RUNS);
}

/* A day's cycle is known by the clock even where snapshots come at odd times. */
static void a_daily_cycle_is_seen_at_irregular_times(void **state)
{
    double values[DAYS * 20], hours[DAYS * 20], now = 0;
    draws d = {.state = 11};
    ps_judgement judged;

    (void)state;
    for (size_t i = 0; i < DAYS * 20; i++) {
        now += 0.4 + 1.6 * draw_uniform(&d);
        hours[i] = now;
        values[i] = (100 + 15 * sin(6.283185307179586 * now / 24) + draw_normal(&d)) * model_mib;
    }
    judged = judge(values, hours, DAYS * 20);
    assert_in_range(judged.period, 12, 24);
    assert_true(judged.word != PS_WORD_LEAK && judged.word != PS_WORD_SUSPECT);
    for (size_t i = 0; i < DAYS * 20; i++)
        values[i] += 0.1 * hours[i] * model_mib;
    judged = judge(values, hours, DAYS * 20);
    assert_int_equal(judged.word, PS_WORD_LEAK);
    assert_true(fabs(judged.slope.slope / model_mib - 0.1) < 0.02);
}

static void a_period_without_a_clock_is_found_by_likeness(void **state)
{
    double values[96];
    draws d = {.state = 5};
    const ps_series series = {.values = values, .count = 96};
    ps_judgement judged;

    (void)state;
    for (size_t i = 0; i < 96; i++)
        values[i] = (100 + (double)(i % 12) + 0.2 * draw_normal(&d)) * model_mib;
    assert_true(ps_series_judge(&series, NULL, NULL, &judged, NULL));
    assert_int_equal(judged.period, 12);
    assert_true(judged.word == PS_WORD_LOAD || judged.word == PS_WORD_NO_LEAK);
}

static void few_points_are_judged_by_their_movement(void **state)
{
    static const double always[] = {1e8, 1.1e8, 1.2e8, 1.3e8, 1.4e8},
                        mostly[] = {1e8, 1.2e8, 1.1e8, 1.3e8, 1.4e8},
                        once[] = {1e8, 1e8, 1e8, 1.4e8, 1.4e8},
                        fills[] = {1e8, 1.6e8, 1.8e8, 1.85e8, 1.86e8, 1.861e8};
    ps_judgement judged = judge(always, NULL, 5);

    (void)state;
    assert_int_equal(judged.word, PS_WORD_LEAK);
    assert_int_equal(judged.confidence, PS_MEDIUM);
    assert_int_equal(judge(always, NULL, 2).word, PS_WORD_SUSPECT);
    assert_int_equal(judge(mostly, NULL, 5).word, PS_WORD_SUSPECT);
    assert_int_equal(judge(once, NULL, 5).word, PS_WORD_BURST);
    judged = judge(fills, NULL, 6);
    assert_true(judged.word == PS_WORD_PLATEAU || judged.word == PS_WORD_GROWING_CACHE);
}

static void a_short_look_is_suspect_at_most(void **state)
{
    double values[60], hours[60];
    const ps_series series = {.values = values, .times = hours, .count = 60};
    ps_context context = {
        .span_s = 1740, .hours_per_time = 1, .growth = (double)NAN, .freed_ratio = (double)NAN};
    ps_judgement judged;

    (void)state;
    for (size_t i = 0; i < 60; i++) {
        hours[i] = (double)i * 29 / 3600;
        values[i] = 1e8 + 1e6 * (double)i;
    }
    assert_true(ps_series_judge(&series, &context, NULL, &judged, NULL));
    assert_int_equal(judged.word, PS_WORD_SUSPECT);
    context.span_s = 18000;
    assert_true(ps_series_judge(&series, &context, NULL, &judged, NULL));
    assert_int_equal(judged.word, PS_WORD_LEAK);
    assert_int_equal(judged.confidence, PS_HIGH);
}

/* What a smooth leak leaves of its line lingers: that is no reason to let it go. */
static void a_smooth_leak_needs_no_noise(void **state)
{
    double values[24];

    (void)state;
    for (size_t count = 8; count <= 24; count += 4) {
        for (size_t i = 0; i < count; i++)
            values[i] = 1e8 + 1e6 * (double)i + 1e5 * sin((double)i / 4);
        assert_int_equal(judge(values, NULL, count).word, PS_WORD_LEAK);
    }
}

static void thresholds_are_the_callers(void **state)
{
    double values[40];
    const ps_series series = {.values = values, .count = 40};
    ps_thresholds thresholds = ps_thresholds_default();
    ps_judgement judged;

    (void)state;
    for (size_t i = 0; i < 40; i++)
        values[i] = 1e8 + 1e5 * (double)i;
    assert_true(ps_series_judge(&series, NULL, &thresholds, &judged, NULL));
    assert_int_equal(judged.word, PS_WORD_LEAK);
    thresholds.min_growth_bytes = 1e7;
    assert_true(ps_series_judge(&series, NULL, &thresholds, &judged, NULL));
    assert_int_equal(judged.word, PS_WORD_NO_LEAK);
    assert_false(judged.shaped);
}

enum { HOURS = 24, LEAK = 0x4c616b4c, OTHER = 0x6e657645 };

typedef struct moment {
    uint64_t allocs, frees, uptime_s;
    int64_t time_s;
} moment;

static ps_snapshot *snapshot_of(const moment *at)
{
    ps_snapshot *snapshot = NULL;
    const ps_row leak = {.tag = LEAK,
                         .session = PS_NO_SESSION,
                         .known = PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_BYTES | PS_KNOW_DIFF,
                         .allocs = at->allocs & UINT32_MAX,
                         .frees = at->frees,
                         .diff = (int64_t)(at->allocs - at->frees),
                         .bytes = (int64_t)(at->allocs - at->frees) * 1024};
    ps_row other = leak;

    other.tag = OTHER;
    other.allocs = other.frees = 50000 + at->allocs;
    other.diff = 100;
    other.bytes = 100000;
    assert_true(ps_snapshot_new(&snapshot, "poolmon", NULL));
    ps_snapshot_set_scope(snapshot, PS_SCOPE_WHOLE);
    if (at->uptime_s > 0)
        ps_snapshot_set_memory(snapshot, PS_MEM_UPTIME_S, at->uptime_s);
    assert_true(ps_snapshot_add(snapshot, &leak, NULL));
    assert_true(ps_snapshot_add(snapshot, &other, NULL));
    return snapshot;
}

/* The trend of the moments, each snapshot closed as soon as it is fed. */
static ps_trend *follow(const moment *moments, size_t count)
{
    int64_t times[2 * HOURS] = {0};
    ps_trend *trend = NULL;

    for (size_t i = 0; i < count; i++)
        times[i] = moments[i].time_s;
    assert_true(ps_trend_begin(&trend, times, count, NULL));
    for (size_t i = 0; i < count; i++) {
        ps_snapshot *snapshot = snapshot_of(&moments[i]);
        assert_true(ps_trend_feed(trend, snapshot, NULL));
        ps_snapshot_close(snapshot);
    }
    assert_true(ps_trend_finish(trend, NULL));
    return trend;
}

static void steady(moment *moments, size_t count, uint64_t from)
{
    for (size_t i = 0; i < count; i++)
        moments[i] = (moment){.allocs = from + 1000 * i, .time_s = (int64_t)i * 3600};
}

/* The leak: 1,000 blocks of 1 KiB an hour. */
static const ps_trend_row *check_leak(const ps_trend *trend, size_t hours)
{
    const ps_trend_row *row = ps_trend_at(trend, 0);

    assert_int_equal(row->tag, LEAK);
    assert_int_equal(row->growth, (int64_t)hours * 1024000);
    assert_true(fabs(row->judged.slope.slope - 1024000) < 1);
    assert_int_equal(row->judged.word, PS_WORD_LEAK);
    return row;
}

static void a_leak_goes_on_after_a_restart(void **state)
{
    moment moments[2 * HOURS];
    ps_trend *trend;

    (void)state;
    steady(moments, HOURS, 5000);
    for (size_t i = 0; i < HOURS; i++)
        moments[HOURS + i] = (moment){.allocs = 100 + 1000 * i, .time_s = (int64_t)(30 + i) * 3600};
    trend = follow(moments, 2 * HOURS);
    assert_true(ps_trend_reboot_before(trend, HOURS));
    assert_false(ps_trend_reboot_before(trend, HOURS + 1));
    assert_int_equal(check_leak(trend, 2 * (HOURS - 1))->intervals, 2 * (HOURS - 1));
    ps_trend_close(trend);
}

/* The machine was up for less time than went by, though longer than it had been before. */
static void an_uptime_too_short_for_the_gap_is_a_restart(void **state)
{
    moment moments[HOURS];
    ps_trend *trend;

    (void)state;
    steady(moments, HOURS, 5000);
    for (size_t i = 0; i < HOURS; i++) {
        moments[i].uptime_s = 1000 + i * 3600;
        if (i >= 12) {
            moments[i].time_s += 1000000;
            moments[i].uptime_s += 500000;
        }
    }
    trend = follow(moments, HOURS);
    assert_true(ps_trend_reboot_before(trend, 12));
    assert_int_equal(ps_trend_at(trend, 0)->intervals, HOURS - 2);
    ps_trend_close(trend);
}

static void a_counter_that_wraps_is_no_restart(void **state)
{
    moment moments[HOURS];
    ps_trend *trend;

    (void)state;
    steady(moments, HOURS, UINT32_MAX - 9000);
    for (size_t i = 0; i < HOURS; i++)
        moments[i].frees = UINT32_MAX - 14000;
    trend = follow(moments, HOURS);
    for (size_t i = 1; i < HOURS; i++)
        assert_false(ps_trend_reboot_before(trend, i));
    assert_true(check_leak(trend, HOURS - 1)->wrapped);
    assert_int_equal(ps_trend_at(trend, 0)->allocs, 1000 * (HOURS - 1));
    ps_trend_close(trend);
}

/* Nights without snapshots: what grew meanwhile grew, and the rate is that of the whole time. */
static void a_gap_is_bridged(void **state)
{
    moment moments[HOURS];
    ps_trend *trend;

    (void)state;
    for (size_t i = 0; i < HOURS; i++) {
        const size_t hour = i + i / 8 * 16;
        moments[i] = (moment){.allocs = 5000 + 1000 * hour, .time_s = (int64_t)hour * 3600};
    }
    trend = follow(moments, HOURS);
    (void)check_leak(trend, HOURS - 1 + 32);
    ps_trend_close(trend);
}

/* Summer time ends: local times go back by an hour.  The rate stays what it is. */
static void a_clock_set_back_changes_no_rate(void **state)
{
    moment moments[HOURS];
    ps_trend *trend;

    (void)state;
    steady(moments, HOURS, 5000);
    for (size_t i = 12; i < HOURS; i++)
        moments[i].time_s -= 5400;
    trend = follow(moments, HOURS);
    for (size_t i = 1; i < HOURS; i++)
        assert_false(ps_trend_reboot_before(trend, i));
    (void)check_leak(trend, HOURS - 1);
    ps_trend_close(trend);
}

static void a_clock_set_forward_is_no_restart(void **state)
{
    moment moments[HOURS];
    ps_trend *trend;

    (void)state;
    steady(moments, HOURS, 5000);
    for (size_t i = 0; i < HOURS; i++) {
        moments[i].uptime_s = 60 + i * 3600;
        moments[i].time_s += i >= 1 ? 3600 : 0;
    }
    trend = follow(moments, HOURS);
    for (size_t i = 1; i < HOURS; i++)
        assert_false(ps_trend_reboot_before(trend, i));
    ps_trend_close(trend);
}

static void two_snapshots_in_one_second_are_borne(void **state)
{
    moment moments[HOURS];
    ps_trend *trend;

    (void)state;
    steady(moments, HOURS, 5000);
    moments[7].time_s = moments[6].time_s;
    moments[7].allocs = moments[6].allocs;
    trend = follow(moments, HOURS);
    (void)check_leak(trend, HOURS - 1);
    ps_trend_close(trend);
}

static void a_trend_takes_what_was_announced(void **state)
{
    moment moments[2] = {{.allocs = 5}, {.allocs = 6, .time_s = 3600}};
    const int64_t times[] = {0, 3600, 7200};
    ps_snapshot *snapshot = snapshot_of(moments);
    ps_trend *trend = NULL;
    ps_error err = {0};

    (void)state;
    assert_true(ps_trend_begin(&trend, times, 1, NULL));
    assert_true(ps_trend_feed(trend, snapshot, NULL));
    assert_false(ps_trend_feed(trend, snapshot, &err));
    assert_int_equal(err.code, PS_ELIMIT);
    ps_trend_close(trend);
    assert_true(ps_trend_begin(&trend, times, 3, NULL));
    assert_true(ps_trend_feed(trend, snapshot, NULL));
    assert_true(ps_trend_finish(trend, NULL));
    assert_int_equal(ps_trend_count(trend), 2);
    assert_int_equal(ps_trend_at(trend, 0)->points, 1);
    assert_false(ps_trend_finish(trend, &err));
    ps_trend_close(trend);
    ps_snapshot_close(snapshot);
}

enum { CROWD = 800 };

/* How many tags of lingering noise are accused, if chance may have that share of what is found. */
static size_t accused_of_noise(double borne)
{
    static double values[CROWD][MODEL_POINTS];
    int64_t times[MODEL_POINTS];
    ps_thresholds thresholds = ps_thresholds_default();
    draws d = {.state = 77};
    ps_trend *trend = NULL;
    size_t accused = 0;

    for (size_t tag = 0; tag < CROWD; tag++)
        model_ar5(values[tag], MODEL_POINTS, 10, &d);
    for (size_t i = 0; i < MODEL_POINTS; i++)
        times[i] = (int64_t)i * 3600;
    thresholds.false_discovery = borne;
    assert_true(ps_trend_begin(&trend, times, MODEL_POINTS, NULL));
    ps_trend_set_thresholds(trend, &thresholds);
    for (size_t i = 0; i < MODEL_POINTS; i++) {
        ps_snapshot *snapshot = NULL;
        assert_true(ps_snapshot_new(&snapshot, "poolmon", NULL));
        for (uint32_t tag = 0; tag < CROWD; tag++) {
            const ps_row row = {.tag = LEAK + tag,
                                .session = PS_NO_SESSION,
                                .known = PS_KNOW_BYTES,
                                .bytes = (int64_t)(values[tag][i] * model_mib)};
            assert_true(ps_snapshot_add(snapshot, &row, NULL));
        }
        assert_true(ps_trend_feed(trend, snapshot, NULL));
        ps_snapshot_close(snapshot);
    }
    assert_true(ps_trend_finish(trend, NULL));
    for (size_t i = 0; i < ps_trend_count(trend); i++) {
        const ps_word word = ps_trend_at(trend, i)->judged.word;
        accused += word == PS_WORD_LEAK || word == PS_WORD_SUSPECT;
    }
    ps_trend_close(trend);
    return accused;
}

static void many_tags_at_once_do_not_multiply_false_alarms(void **state)
{
    (void)state;
    assert_in_range(accused_of_noise(1), 3, CROWD * 2 / 100);
    assert_in_range(accused_of_noise(ps_thresholds_default().false_discovery), 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_only_looks_like_a_leak_is_none),
        cmocka_unit_test(a_leak_is_found_under_what_hides_it),
        cmocka_unit_test(other_shapes_have_their_words),
        cmocka_unit_test(a_daily_cycle_is_seen_at_irregular_times),
        cmocka_unit_test(a_period_without_a_clock_is_found_by_likeness),
        cmocka_unit_test(few_points_are_judged_by_their_movement),
        cmocka_unit_test(a_short_look_is_suspect_at_most),
        cmocka_unit_test(a_smooth_leak_needs_no_noise),
        cmocka_unit_test(thresholds_are_the_callers),
        cmocka_unit_test(a_leak_goes_on_after_a_restart),
        cmocka_unit_test(an_uptime_too_short_for_the_gap_is_a_restart),
        cmocka_unit_test(a_counter_that_wraps_is_no_restart),
        cmocka_unit_test(a_gap_is_bridged),
        cmocka_unit_test(a_clock_set_back_changes_no_rate),
        cmocka_unit_test(a_clock_set_forward_is_no_restart),
        cmocka_unit_test(two_snapshots_in_one_second_are_borne),
        cmocka_unit_test(a_trend_takes_what_was_announced),
        cmocka_unit_test(many_tags_at_once_do_not_multiply_false_alarms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

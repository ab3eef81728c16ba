/* pool_model_test.c - snapshots, what changes between them, and trends over a series. */
#include "poolsleuth.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

enum { LEAK = 0x4c616b4c, EVEN = 0x6e657645, FILE_TAG = 0x656c6946 };

static const uint8_t ALL_KNOWN =
    PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_DIFF | PS_KNOW_BYTES | PS_KNOW_PER_ALLOC;

static ps_snapshot *snapshot(ps_scope scope)
{
    ps_snapshot *made = NULL;

    assert_true(ps_snapshot_new(&made, "poolmon -n", NULL));
    ps_snapshot_set_scope(made, scope);
    return made;
}

static void add(ps_snapshot *to, ps_tag tag, uint64_t allocs, uint64_t frees, int64_t bytes)
{
    const int64_t diff = (int64_t)(uint32_t)(allocs - frees);
    const ps_row row = {.tag = tag,
                        .known = ALL_KNOWN,
                        .session = PS_NO_SESSION,
                        .allocs = allocs,
                        .frees = frees,
                        .diff = diff,
                        .bytes = bytes,
                        .per_alloc = diff > 0 ? (uint64_t)(bytes / diff) : 0};
    assert_true(ps_snapshot_add(to, &row, NULL));
}

static const ps_change *change_of(const ps_diff *diff, ps_tag tag)
{
    for (size_t i = 0; i < ps_diff_count(diff); i++)
        if (ps_diff_at(diff, i)->tag == tag)
            return ps_diff_at(diff, i);
    return NULL;
}

static void rows_that_contradict_themselves_are_flagged(void **state)
{
    ps_snapshot *s = snapshot(PS_SCOPE_PART);
    const ps_row row = {.tag = EVEN,
                        .known = ALL_KNOWN,
                        .session = PS_NO_SESSION,
                        .allocs = 51231806,
                        .frees = 50633533,
                        .diff = 684922,
                        .bytes = 32878688,
                        .per_alloc = 48};

    (void)state;
    assert_true(ps_snapshot_add(s, &row, NULL));
    assert_int_equal(ps_snapshot_at(s, 0)->flags, PS_ROW_DIFF_MISMATCH);
    ps_snapshot_close(s);
}

static void counters_that_wrapped_agree_with_diff(void **state)
{
    ps_snapshot *s = snapshot(PS_SCOPE_PART);

    (void)state;
    add(s, EVEN, 100, 4294967290U, 106 * 64);
    assert_int_equal(ps_snapshot_at(s, 0)->flags, 0);
    assert_int_equal(ps_snapshot_at(s, 0)->diff, 106);
    ps_snapshot_close(s);
}

static void unknown_is_not_zero(void **state)
{
    ps_snapshot *s = snapshot(PS_SCOPE_PART);
    const ps_row row = {
        .tag = EVEN, .known = PS_KNOW_DIFF | PS_KNOW_BYTES, .diff = 4, .bytes = 5000};
    uint64_t value;

    (void)state;
    assert_true(ps_snapshot_add(s, &row, NULL));
    assert_int_equal(ps_snapshot_at(s, 0)->known, PS_KNOW_DIFF | PS_KNOW_BYTES);
    assert_false(ps_snapshot_memory(s, PS_MEM_NONPAGED, &value));
    ps_snapshot_set_memory(s, PS_MEM_NONPAGED, 0);
    assert_true(ps_snapshot_memory(s, PS_MEM_NONPAGED, &value));
    ps_snapshot_close(s);
}

static void protected_bit_does_not_hide_a_tag(void **state)
{
    ps_snapshot *s = snapshot(PS_SCOPE_PART);

    (void)state;
    add(s, EVEN | PS_TAG_PROTECTED, 2, 1, 64);
    assert_non_null(ps_snapshot_find(s, EVEN, PS_POOL_NONPAGED, PS_NO_SESSION));
    assert_null(ps_snapshot_find(s, EVEN, PS_POOL_PAGED, PS_NO_SESSION));
    assert_int_equal(ps_snapshot_at(s, 0)->flags, PS_ROW_PROTECTED);
    ps_snapshot_close(s);
}

static void diff_sees_growth_new_and_vanished(void **state)
{
    ps_snapshot *a = snapshot(PS_SCOPE_WHOLE), *b = snapshot(PS_SCOPE_WHOLE);
    ps_diff *diff = NULL;

    (void)state;
    add(a, EVEN, 10, 5, 500);
    add(a, FILE_TAG, 7, 5, 200);
    add(b, LEAK, 100, 0, 100000);
    add(b, EVEN, 20, 5, 1500);
    assert_true(ps_diff_open(&diff, a, b, NULL));
    assert_int_equal(ps_diff_count(diff), 3);
    assert_int_equal(ps_diff_at(diff, 0)->tag, LEAK);
    assert_int_equal(change_of(diff, LEAK)->state, PS_STATE_NEW);
    assert_int_equal(change_of(diff, LEAK)->bytes, 100000);
    assert_int_equal(change_of(diff, EVEN)->state, PS_STATE_GREW);
    assert_int_equal(change_of(diff, EVEN)->allocs, 10);
    assert_int_equal(change_of(diff, FILE_TAG)->state, PS_STATE_VANISHED);
    assert_int_equal(change_of(diff, FILE_TAG)->bytes, -200);
    assert_false(ps_diff_reboot(diff));
    ps_diff_close(diff);
    ps_snapshot_close(a);
    ps_snapshot_close(b);
}

static void a_part_does_not_say_what_is_absent(void **state)
{
    ps_snapshot *a = snapshot(PS_SCOPE_PART), *b = snapshot(PS_SCOPE_PART);
    ps_diff *diff = NULL;

    (void)state;
    add(b, LEAK, 100, 0, 100000);
    assert_true(ps_diff_open(&diff, a, b, NULL));
    assert_int_equal(ps_diff_at(diff, 0)->state, PS_STATE_UNKNOWN);
    assert_int_equal(ps_diff_at(diff, 0)->known, 0);
    ps_diff_close(diff);
    ps_snapshot_close(a);
    ps_snapshot_close(b);
}

static void one_wrap_is_repaired(void **state)
{
    ps_snapshot *a = snapshot(PS_SCOPE_WHOLE), *b = snapshot(PS_SCOPE_WHOLE);
    ps_diff *diff = NULL;

    (void)state;
    add(a, EVEN, 4294967000U, 4294966000U, 64000);
    add(b, EVEN, 704, 4294966500U, 109440);
    for (ps_tag tag = 1; tag < 9; tag++) {
        add(a, tag, 50, 20, 30 * 32);
        add(b, tag, 60, 30, 30 * 32);
    }
    assert_true(ps_diff_open(&diff, a, b, NULL));
    assert_false(ps_diff_reboot(diff));
    assert_int_equal(change_of(diff, EVEN)->allocs, 1000);
    assert_int_equal(change_of(diff, EVEN)->frees, 500);
    assert_true(change_of(diff, EVEN)->wrapped);
    ps_diff_close(diff);
    ps_snapshot_close(a);
    ps_snapshot_close(b);
}

static void counters_that_fall_together_are_a_restart(void **state)
{
    ps_snapshot *a = snapshot(PS_SCOPE_WHOLE), *b = snapshot(PS_SCOPE_WHOLE);
    ps_diff *diff = NULL;

    (void)state;
    for (ps_tag tag = 1; tag < 9; tag++) {
        add(a, tag, 5000, 2000, 3000 * 32);
        add(b, tag, 60, 30, 30 * 32);
    }
    assert_true(ps_diff_open(&diff, a, b, NULL));
    assert_true(ps_diff_reboot(diff));
    assert_int_equal(ps_diff_at(diff, 0)->known & (PS_KNOW_ALLOCS | PS_KNOW_FREES), 0);
    ps_diff_close(diff);
    ps_snapshot_close(a);
    ps_snapshot_close(b);
}

static void uptime_decides_over_counters(void **state)
{
    ps_snapshot *a = snapshot(PS_SCOPE_WHOLE), *b = snapshot(PS_SCOPE_WHOLE);
    ps_diff *diff = NULL;

    (void)state;
    add(a, EVEN, 10, 5, 500);
    add(b, EVEN, 10, 5, 500);
    ps_snapshot_set_memory(a, PS_MEM_UPTIME_S, 90000);
    ps_snapshot_set_memory(b, PS_MEM_UPTIME_S, 60);
    assert_true(ps_diff_open(&diff, a, b, NULL));
    assert_true(ps_diff_reboot(diff));
    ps_diff_close(diff);
    ps_snapshot_close(a);
    ps_snapshot_close(b);
}

enum { SERIES = 6 };

/* A leak of 100 blocks an hour, a victim that follows it one to one, a churning constant. */
static void build_series(ps_snapshot *series[SERIES], int64_t times[SERIES], size_t restart)
{
    for (size_t i = 0; i < SERIES; i++) {
        const uint64_t hours = i >= restart ? i - restart : i;
        series[i] = snapshot(PS_SCOPE_WHOLE);
        times[i] = (int64_t)i * 3600;
        add(series[i], LEAK, 1000 + 100 * hours, 10, (int64_t)(990 + 100 * hours) * 256);
        add(series[i], FILE_TAG, 9000 + 500 * hours, 8000 + 400 * hours,
            (int64_t)(1000 + 100 * hours) * 64);
        add(series[i], EVEN, 70000 + 5000 * hours, 69000 + 5000 * hours, 1000 * 48);
    }
}

static void close_series(ps_snapshot *series[SERIES])
{
    for (size_t i = 0; i < SERIES; i++)
        ps_snapshot_close(series[i]);
}

static void trend_measures_rate_and_frees(void **state)
{
    ps_snapshot *series[SERIES];
    int64_t times[SERIES];
    ps_trend *trend = NULL;
    const ps_trend_row *row;

    (void)state;
    build_series(series, times, SERIES);
    assert_true(ps_trend_open(&trend, (const ps_snapshot *const *)series, times, SERIES, NULL));
    row = ps_trend_at(trend, 0);
    assert_int_equal(ps_trend_count(trend), 3);
    assert_int_equal(row->tag, LEAK);
    assert_int_equal(row->growth, 5 * 100 * 256);
    assert_int_equal(row->diff_growth, 500);
    assert_true(row->has_rate);
    assert_true(fabs(row->judged.slope.slope - 25600) < 1e-6);
    assert_true(fabs(row->judged.slope.low - 25600) < 1e-6 &&
                fabs(row->judged.slope.high - 25600) < 1e-6);
    assert_int_equal(row->allocs, 500);
    assert_int_equal(row->frees, 0);
    assert_int_equal(row->rises, 5);
    ps_trend_close(trend);
    close_series(series);
}

static void trend_without_times_has_no_rate(void **state)
{
    ps_snapshot *series[SERIES];
    int64_t times[SERIES];
    ps_trend *trend = NULL;

    (void)state;
    build_series(series, times, SERIES);
    assert_true(ps_trend_open(&trend, (const ps_snapshot *const *)series, NULL, SERIES, NULL));
    assert_false(ps_trend_at(trend, 0)->has_rate);
    assert_int_equal(ps_trend_at(trend, 0)->growth, 5 * 100 * 256);
    ps_trend_close(trend);
    close_series(series);
}

static void trend_never_compares_over_a_restart(void **state)
{
    ps_snapshot *series[SERIES];
    int64_t times[SERIES];
    ps_trend *trend = NULL;

    (void)state;
    build_series(series, times, 3);
    ps_snapshot_set_memory(series[2], PS_MEM_UPTIME_S, 500);
    ps_snapshot_set_memory(series[3], PS_MEM_UPTIME_S, 5);
    assert_true(ps_trend_open(&trend, (const ps_snapshot *const *)series, times, SERIES, NULL));
    assert_true(ps_trend_reboot_before(trend, 3));
    assert_false(ps_trend_reboot_before(trend, 2));
    assert_int_equal(ps_trend_at(trend, 0)->growth, 4 * 100 * 256);
    assert_int_equal(ps_trend_at(trend, 0)->intervals, 4);
    assert_true(fabs(ps_trend_at(trend, 0)->judged.slope.slope - 25600) < 1e-6);
    ps_trend_close(trend);
    close_series(series);
}

static void lockstep_finds_one_for_one(void **state)
{
    ps_snapshot *series[SERIES];
    int64_t times[SERIES];
    ps_trend *trend = NULL;
    double ratio = 0, residual = 1;

    (void)state;
    build_series(series, times, SERIES);
    assert_true(ps_trend_open(&trend, (const ps_snapshot *const *)series, times, SERIES, NULL));
    assert_int_equal(ps_trend_at(trend, 1)->tag, FILE_TAG);
    assert_true(ps_trend_lockstep(trend, 0, 1, &ratio, &residual));
    assert_true(fabs(ratio - 1) < 1e-9 && residual < 1e-9);
    assert_false(ps_trend_lockstep(trend, 0, 2, &ratio, &residual));
    assert_false(ps_trend_lockstep(trend, 0, 99, &ratio, &residual));
    ps_trend_close(trend);
    close_series(series);
}

static void the_course_of_a_tag_is_kept(void **state)
{
    ps_snapshot *series[SERIES];
    int64_t times[SERIES], bytes = 0, before = -1;
    ps_trend *trend = NULL;
    size_t snapshot;

    (void)state;
    build_series(series, times, SERIES);
    assert_true(ps_trend_open(&trend, (const ps_snapshot *const *)series, times, SERIES, NULL));
    assert_int_equal(ps_trend_points(trend), SERIES);
    for (size_t i = 0; i < SERIES; i++) {
        assert_true(ps_trend_point(trend, 0, i, &snapshot, &bytes));
        assert_int_equal(snapshot, i);
        assert_true(bytes > before);
        before = bytes;
    }
    assert_int_equal(bytes, ps_trend_at(trend, 0)->last_bytes);
    assert_false(ps_trend_point(trend, 0, SERIES, &snapshot, &bytes));
    assert_false(ps_trend_point(trend, 99, 0, &snapshot, &bytes));
    ps_trend_close(trend);
    close_series(series);
}

static void an_empty_series_has_no_rows(void **state)
{
    ps_trend *trend = NULL;

    (void)state;
    assert_true(ps_trend_open(&trend, NULL, NULL, 0, NULL));
    assert_int_equal(ps_trend_count(trend), 0);
    assert_null(ps_trend_at(trend, 0));
    ps_trend_close(trend);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_contradict_themselves_are_flagged),
        cmocka_unit_test(counters_that_wrapped_agree_with_diff),
        cmocka_unit_test(unknown_is_not_zero),
        cmocka_unit_test(protected_bit_does_not_hide_a_tag),
        cmocka_unit_test(diff_sees_growth_new_and_vanished),
        cmocka_unit_test(a_part_does_not_say_what_is_absent),
        cmocka_unit_test(one_wrap_is_repaired),
        cmocka_unit_test(counters_that_fall_together_are_a_restart),
        cmocka_unit_test(uptime_decides_over_counters),
        cmocka_unit_test(trend_measures_rate_and_frees),
        cmocka_unit_test(trend_without_times_has_no_rate),
        cmocka_unit_test(trend_never_compares_over_a_restart),
        cmocka_unit_test(lockstep_finds_one_for_one),
        cmocka_unit_test(the_course_of_a_tag_is_kept),
        cmocka_unit_test(an_empty_series_has_no_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

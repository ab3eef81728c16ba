/* contract_test.c - what the public header promises of all functions alike, and of those that only programs call. */
#include "poolsleuth.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static char home[] = "/tmp/poolsleuth-contract-XXXXXX";
static char path[sizeof home + 16];

static char *in_home(const char *name)
{
    (void)snprintf(path, sizeof path, "%s/%s", home, name);
    return path;
}

static int begin(void **state)
{
    (void)state;
    return mkdtemp(home) == NULL;
}

static int end(void **state)
{
    static const char *const left[] = {"history.db", "index.db", "index.db-wal", "index.db-shm",
                                       ""};

    (void)state;
    for (size_t i = 0; left[i][0] != '\0'; i++)
        (void)unlink(in_home(left[i]));
    return rmdir(home);
}

static void closing_null_is_allowed(void **state)
{
    (void)state;
    ps_source_close(NULL);
    ps_bytes_free(NULL);
    ps_archive_close(NULL);
    ps_folder_close(NULL);
    ps_snapshot_close(NULL);
    ps_online_close(NULL);
    ps_diff_close(NULL);
    ps_trend_close(NULL);
    ps_text_close(NULL);
    ps_tagfile_close(NULL);
    ps_driver_close(NULL);
    ps_trust_close(NULL);
    ps_scan_close(NULL);
    ps_dump_close(NULL);
    ps_dump_imports_close(NULL);
    ps_dump_file_close(NULL);
    ps_dump_found_free(NULL);
    ps_dump_blocks_free(NULL);
    ps_driver_index_close(NULL);
    ps_history_close(NULL);
    ps_history_trend_close(NULL);
    ps_history_query_close(NULL);
}

static void the_library_is_the_one_of_the_header(void **state)
{
    ps_error err;

    (void)state;
    assert_string_equal(ps_version(), PS_VERSION);
    assert_true(ps_check_abi(PS_ABI, NULL));
    assert_false(ps_check_abi(PS_ABI + 1, &err));
    assert_int_equal(err.code, PS_EUNSUPPORTED);
}

static void limits_are_looked_at_before_anything_is_read(void **state)
{
    const ps_limits deep = {.size = sizeof deep, .folder_depth = 4097};
    const ps_limits unsized = {.input_bytes = 1};
    ps_source *source;
    ps_folder *folder;
    ps_error err;

    (void)state;
    assert_false(ps_source_open_within(&source, "/dev/null/none", &deep, &err));
    assert_int_equal(err.code, PS_ELIMIT);
    assert_null(source);
    assert_false(ps_source_open_within(&source, "-", &unsized, &err));
    assert_int_equal(err.code, PS_EUNSUPPORTED);
    assert_false(ps_folder_list_within(&folder, home, &deep, &err));
    assert_int_equal(err.code, PS_ELIMIT);
    assert_null(folder);
    assert_true(ps_folder_list(&folder, home, &err));
    assert_int_equal(ps_folder_count(folder), 0);
    ps_folder_close(folder);
}

static void a_message_is_one_line_and_whole_characters(void **state)
{
    char name[512] = "/dev/null/a\nb\x1b";
    ps_driver_index *index;
    size_t length;
    ps_error err;

    (void)state;
    for (length = strlen(name); length < 400; length += 3)
        memcpy(name + length, "\xE2\x82\xAC", 4);
    assert_false(ps_driver_index_open(&index, name, "1", &err));
    assert_null(index);
    length = strlen(err.text);
    assert_true(length > 190);
    for (size_t i = 0; i < length; i++)
        assert_true((unsigned char)err.text[i] >= ' ');
    assert_memory_equal(err.text + length - 3, "\xE2\x82\xAC", 3);
}

static void a_trend_that_lacks_a_snapshot_is_not_judged(void **state)
{
    ps_snapshot *snapshot;
    ps_trend *trend;
    ps_error err;

    (void)state;
    assert_true(ps_snapshot_new(&snapshot, "poolmon", NULL));
    assert_true(ps_trend_begin(&trend, NULL, 1, NULL));
    assert_true(ps_trend_feed(trend, snapshot, NULL));
    assert_false(ps_trend_feed(trend, snapshot, &err));
    assert_int_equal(err.code, PS_ELIMIT);
    assert_false(ps_trend_feed(trend, snapshot, &err));
    assert_false(ps_trend_finish(trend, &err));
    assert_int_equal(err.code, PS_EUNSUPPORTED);
    assert_int_equal(ps_trend_count(trend), 0);
    ps_trend_close(trend);

    assert_true(ps_trend_begin(&trend, NULL, 3, NULL));
    assert_true(ps_trend_feed(trend, snapshot, NULL));
    ps_trend_set_thresholds(trend, NULL);
    assert_true(ps_trend_finish(trend, NULL));
    assert_false(ps_trend_feed(trend, snapshot, &err));
    assert_string_equal(err.text, "the trend is finished already");
    assert_false(ps_trend_finish(trend, NULL));
    ps_trend_close(trend);
    ps_snapshot_close(snapshot);
}

static void a_row_is_judged_by_the_trends_own_thresholds(void **state)
{
    ps_judgement own, given;
    ps_trend *trend;
    ps_thresholds strict = ps_thresholds_default();

    (void)state;
    strict.min_growth_bytes = 1e15;
    assert_true(ps_trend_begin(&trend, NULL, 12, NULL));
    for (int64_t i = 0; i < 12; i++) {
        const ps_row row = {.known = PS_KNOW_BYTES, .bytes = i << 24, .session = PS_NO_SESSION};
        ps_snapshot *snapshot;

        assert_true(ps_snapshot_new(&snapshot, "poolmon", NULL));
        assert_true(ps_snapshot_add(snapshot, &row, NULL));
        assert_true(ps_trend_feed(trend, snapshot, NULL));
        ps_snapshot_close(snapshot);
    }
    ps_trend_set_thresholds(trend, &strict);
    assert_true(ps_trend_finish(trend, NULL));
    assert_true(ps_trend_judge(trend, 0, NULL, &own, NULL));
    assert_int_equal(own.word, PS_WORD_NO_LEAK);
    strict = ps_thresholds_default();
    assert_true(ps_trend_judge(trend, 0, &strict, &given, NULL));
    assert_int_not_equal(given.word, PS_WORD_NO_LEAK);
    ps_trend_close(trend);
}

static void roots_of_nothing_are_none(void **state)
{
    ps_trust *trust;
    ps_error err;

    (void)state;
    assert_true(ps_trust_new(&trust, NULL));
    assert_false(ps_trust_add_roots(trust, NULL, 0, &err));
    assert_int_equal(err.code, PS_EFORMAT);
    ps_trust_close(trust);
}

static void what_an_index_lacks_is_null(void **state)
{
    ps_driver_index *index;
    const void *data = home;
    size_t size = 1;
    ps_error err;

    (void)state;
    assert_true(ps_driver_index_open(&index, in_home("index.db"), "1", NULL));
    assert_false(ps_driver_index_detail(index, "none", &data, &size, &err));
    assert_int_equal(err.code, PS_EFORMAT);
    assert_null(data);
    assert_int_equal(size, 0);
    ps_driver_index_close(index);
}

static bool count_and_stop(void *context, int64_t id, const ps_snapshot *snapshot)
{
    size_t *count = context;

    assert_true(id > 0);
    assert_int_equal(ps_snapshot_count(snapshot), 1);
    return ++*count < 2;
}

static ps_history *with_snapshots(int64_t count)
{
    const ps_row row = {.known = PS_KNOW_BYTES, .bytes = 64, .session = PS_NO_SESSION};
    ps_snapshot *snapshot;
    ps_history *history;
    bool added;

    assert_true(ps_history_open(&history, in_home("history.db"), NULL, NULL));
    assert_true(ps_snapshot_new(&snapshot, "poolmon", NULL));
    assert_true(ps_snapshot_add(snapshot, &row, NULL));
    for (int64_t i = 1; i <= count; i++) {
        ps_snapshot_set_time(snapshot, i * 600);
        assert_true(ps_history_record(history, "SRV1", snapshot, NULL, &added, NULL));
        assert_true(added);
    }
    ps_snapshot_close(snapshot);
    return history;
}

static void a_history_is_walked_and_asked_to_its_end(void **state)
{
    const int64_t all[2] = {INT64_MIN, INT64_MAX}, first[2] = {600, 600};
    ps_history *history = with_snapshots(3);
    ps_history_query *query;
    size_t count = 0;
    bool row = false;
    ps_error err;

    (void)state;
    assert_string_equal(ps_history_path(history), path);
    assert_true(ps_history_walk(history, "srv1", first, count_and_stop, &count, NULL));
    assert_int_equal(count, 1);
    count = 0;
    assert_false(ps_history_walk(history, "SRV1", all, count_and_stop, &count, &err));
    assert_int_equal(err.code, PS_ECANCELLED);
    assert_int_equal(count, 2);

    assert_true(ps_history_query_open(&query, history, "select 7", NULL));
    assert_true(ps_history_query_next(query, &row, NULL));
    assert_true(row);
    for (int i = 0; i < 3; i++) {
        assert_true(ps_history_query_next(query, &row, NULL));
        assert_false(row);
    }
    ps_history_query_close(query);
    ps_history_close(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closing_null_is_allowed),
        cmocka_unit_test(the_library_is_the_one_of_the_header),
        cmocka_unit_test(limits_are_looked_at_before_anything_is_read),
        cmocka_unit_test(a_message_is_one_line_and_whole_characters),
        cmocka_unit_test(a_trend_that_lacks_a_snapshot_is_not_judged),
        cmocka_unit_test(a_row_is_judged_by_the_trends_own_thresholds),
        cmocka_unit_test(roots_of_nothing_are_none),
        cmocka_unit_test(what_an_index_lacks_is_null),
        cmocka_unit_test(a_history_is_walked_and_asked_to_its_end),
    };

    return cmocka_run_group_tests(tests, begin, end);
}

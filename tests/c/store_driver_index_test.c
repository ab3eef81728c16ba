/* store_driver_index_test.c - the driver index: what is added is found until the file changes. */
#include "poolsleuth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct place {
    char folder[64];
    char index[96], driver[96], copy[96];
} place;

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int make_place(void **state)
{
    place *p = calloc(1, sizeof *p);

    assert_non_null(p);
    (void)snprintf(p->folder, sizeof p->folder, "/tmp/poolsleuth-index-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    (void)snprintf(p->index, sizeof p->index, "%s/drivers.db", p->folder);
    (void)snprintf(p->driver, sizeof p->driver, "%s/a.sys", p->folder);
    (void)snprintf(p->copy, sizeof p->copy, "%s/b.sys", p->folder);
    write_file(p->driver, "one");
    write_file(p->copy, "one");
    *state = p;
    return 0;
}

static int remove_place(void **state)
{
    static const char *const names[] = {"drivers.db", "drivers.db-wal", "drivers.db-shm", "a.sys",
                                        "b.sys"};
    place *p = *state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[160];
        (void)snprintf(path, sizeof path, "%s/%s", p->folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(p->folder);
    free(p);
    return 0;
}

static bool add(ps_driver_index *index, const char *path, const char *sha256, const char *summary,
                ps_error *err)
{
    static const ps_tag tags[] = {0x4C616B4C, 0xCC616B4C, 0x6E657645};
    const ps_driver_index_content content = {.sha256 = sha256,
                                             .summary = summary,
                                             .summary_size = strlen(summary),
                                             .detail = "the detail",
                                             .detail_size = 10,
                                             .tags = tags,
                                             .tag_count = 3};
    ps_driver_index_entry entry;
    ps_driver_index_stamp stamp;

    return ps_driver_index_find(index, path, &stamp, &entry, err) &&
           ps_driver_index_add(index, path, &stamp, &content, err);
}

static ps_driver_index *open_with_both(const place *p)
{
    ps_driver_index *index = NULL;

    assert_true(ps_driver_index_open(&index, p->index, "scanner 1", NULL));
    assert_true(ps_driver_index_begin(index, NULL));
    assert_true(add(index, p->driver, "aa", "first", NULL));
    assert_true(add(index, p->copy, "aa", "never read: the content is known", NULL));
    assert_true(ps_driver_index_commit(index, NULL));
    return index;
}

static void summary_is(ps_driver_index *index, const char *path, const char *wanted)
{
    ps_driver_index_entry entry;
    ps_driver_index_stamp stamp;

    assert_true(ps_driver_index_find(index, path, &stamp, &entry, NULL));
    if (wanted == NULL) {
        assert_null(entry.summary);
        return;
    }
    assert_non_null(entry.summary);
    assert_int_equal(entry.summary_size, strlen(wanted));
    assert_memory_equal(entry.summary, wanted, entry.summary_size);
}

static void what_was_added_is_found_again(void **state)
{
    const place *p = *state;
    ps_driver_index *index = open_with_both(p);
    const void *detail;
    size_t size;

    ps_driver_index_close(index);
    assert_true(ps_driver_index_open(&index, p->index, "scanner 1", NULL));
    summary_is(index, p->driver, "first");
    summary_is(index, p->copy, "first");
    summary_is(index, "/nonexistent/c.sys", NULL);
    assert_true(ps_driver_index_detail(index, "aa", &detail, &size, NULL));
    assert_int_equal(size, 10);
    assert_memory_equal(detail, "the detail", 10);
    assert_false(ps_driver_index_detail(index, "bb", &detail, &size, NULL));
    ps_driver_index_close(index);
}

static void a_file_that_changed_is_unknown(void **state)
{
    const place *p = *state;
    ps_driver_index *index = open_with_both(p);

    write_file(p->driver, "other");
    summary_is(index, p->driver, NULL);
    summary_is(index, p->copy, "first");
    ps_driver_index_close(index);
}

typedef struct tally {
    unsigned fresh, stale;
} tally;

static bool count(void *context, const ps_driver_index_entry *entry)
{
    tally *t = context;

    if (entry->stale)
        t->stale++;
    else
        t->fresh++;
    return true;
}

static void a_tag_gives_every_file_and_which_are_stale(void **state)
{
    const place *p = *state;
    ps_driver_index *index = open_with_both(p);
    tally t = {0, 0};

    assert_int_equal(unlink(p->copy), 0);
    assert_true(ps_driver_index_with_tag(index, 0xCC616B4C, count, &t, NULL));
    assert_int_equal(t.fresh, 1);
    assert_int_equal(t.stale, 1);
    t = (tally){0, 0};
    assert_true(ps_driver_index_with_tag(index, 0x12345678, count, &t, NULL));
    assert_int_equal(t.fresh + t.stale, 0);
    ps_driver_index_close(index);
}

static void another_scanner_starts_with_nothing(void **state)
{
    const place *p = *state;
    ps_driver_index *index = open_with_both(p);

    ps_driver_index_close(index);
    assert_true(ps_driver_index_open(&index, p->index, "scanner 2", NULL));
    summary_is(index, p->driver, NULL);
    ps_driver_index_close(index);
}

static void what_is_rolled_back_was_never_added(void **state)
{
    const place *p = *state;
    ps_driver_index *index = NULL;

    assert_true(ps_driver_index_open(&index, p->index, "scanner 1", NULL));
    assert_true(ps_driver_index_begin(index, NULL));
    assert_true(add(index, p->driver, "aa", "first", NULL));
    ps_driver_index_rollback(index);
    summary_is(index, p->driver, NULL);
    ps_driver_index_close(index);
}

static void a_broken_file_is_replaced_and_a_folder_is_not(void **state)
{
    const place *p = *state;
    ps_driver_index *index = NULL;
    ps_error err = {.code = PS_OK};

    write_file(p->index, "this is no database, but it is long enough to be looked at as one: "
                         "a header has a hundred bytes, and here they are, all of them");
    assert_true(ps_driver_index_open(&index, p->index, "scanner 1", NULL));
    summary_is(index, p->driver, NULL);
    ps_driver_index_close(index);
    assert_false(ps_driver_index_open(&index, p->folder, "scanner 1", &err));
    assert_null(index);
    assert_int_equal(err.code, PS_EIO);
    assert_non_null(strstr(err.text, p->folder));
}

static void two_may_use_it_at_a_time(void **state)
{
    const place *p = *state;
    ps_driver_index *first = open_with_both(p);
    ps_driver_index *second = NULL;

    assert_true(ps_driver_index_open(&second, p->index, "scanner 1", NULL));
    assert_true(ps_driver_index_begin(first, NULL));
    assert_true(add(first, p->driver, "cc", "third", NULL));
    summary_is(second, p->driver, "first");
    assert_true(ps_driver_index_commit(first, NULL));
    summary_is(second, p->driver, "third");
    ps_driver_index_close(second);
    ps_driver_index_close(first);
}

static void what_is_found_together_is_of_one_moment(void **state)
{
    const place *p = *state;
    ps_driver_index *first = open_with_both(p);
    ps_driver_index *second = NULL;

    assert_true(ps_driver_index_open(&second, p->index, "scanner 1", NULL));
    assert_true(ps_driver_index_begin_finding(second, NULL));
    summary_is(second, p->driver, "first");
    assert_true(ps_driver_index_begin(first, NULL));
    assert_true(add(first, p->driver, "cc", "third", NULL));
    assert_true(ps_driver_index_commit(first, NULL));
    summary_is(second, p->driver, "first");
    assert_true(ps_driver_index_commit(second, NULL));
    summary_is(second, p->driver, "third");
    ps_driver_index_close(second);
    ps_driver_index_close(first);
}

int main(void)
{
#define AT_A_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        AT_A_PLACE(what_was_added_is_found_again),
        AT_A_PLACE(a_file_that_changed_is_unknown),
        AT_A_PLACE(a_tag_gives_every_file_and_which_are_stale),
        AT_A_PLACE(another_scanner_starts_with_nothing),
        AT_A_PLACE(what_is_rolled_back_was_never_added),
        AT_A_PLACE(a_broken_file_is_replaced_and_a_folder_is_not),
        AT_A_PLACE(two_may_use_it_at_a_time),
        AT_A_PLACE(what_is_found_together_is_of_one_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

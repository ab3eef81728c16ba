/* pe_scan_test.c - scanning keeps what is wrong with each file beside it; the raw search finds every
 * occurrence and no other, wherever windows, vectors and holes begin and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "poolsleuth.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/poolsleuth-scan-XXXXXX";

static char *path_of(const char *name)
{
    static char paths[8][64];
    static unsigned next;
    char *path = paths[next++ % 8];

    assert_true(snprintf(path, sizeof paths[0], "%s/%s", folder, name) > 0);
    return path;
}

static void put(const char *path, off_t offset, const void *data, size_t size)
{
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, size, offset), (ssize_t)size);
    assert_int_equal(close(fd), 0);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[80];

    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* --- scan ---------------------------------------------------------------------------------- */

static void each_file_keeps_its_own_error(void **state)
{
    const char *const paths[] = {path_of("note.sys"), path_of("empty.sys"), path_of("missing.sys"),
                                 path_of("cut.sys"), folder};
    ps_scan *scan;
    ps_error err;

    (void)state;
    put(paths[0], 0, "this is a note about LkaL\n", 26);
    put(paths[1], 0, "", 0);
    put(paths[3], 0, "MZ\220\0\3\0\0\0", 8);
    assert_true(ps_scan_open(&scan, paths, 5, NULL, &err));
    assert_int_equal(ps_scan_count(scan), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(ps_scan_at(scan, i)->path, paths[i]);
        assert_null(ps_scan_at(scan, i)->driver);
    }
    assert_int_equal(ps_scan_at(scan, 0)->error.code, PS_EUNSUPPORTED);
    assert_string_equal(ps_scan_at(scan, 0)->error.text, "is text, not a driver");
    assert_int_equal(ps_scan_at(scan, 0)->kind, PS_KIND_TEXT);
    assert_int_equal(ps_scan_at(scan, 1)->error.code, PS_EUNSUPPORTED);
    assert_int_equal(ps_scan_at(scan, 2)->error.code, PS_EIO);
    assert_int_equal(ps_scan_at(scan, 3)->kind, PS_KIND_PE);
    assert_int_not_equal(ps_scan_at(scan, 3)->error.code, PS_OK);
    assert_int_equal(strlen(ps_scan_at(scan, 3)->sha256), 64);
    assert_int_equal(ps_scan_at(scan, 4)->error.code, PS_EIO);
    assert_null(ps_scan_at(scan, 5));
    ps_scan_close(scan);
    ps_scan_close(NULL);
}

static bool stop_at_once(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    (void)done;
    (void)total;
    return false;
}

static void a_stopped_scan_says_what_it_left_out(void **state)
{
    const char *paths[300];
    ps_scan_options options = {.threads = 1, .progress = {.step = stop_at_once}};
    ps_scan *scan;

    (void)state;
    for (size_t i = 0; i < 300; i++)
        paths[i] = "/dev/null";
    assert_true(ps_scan_open(&scan, paths, 300, &options, NULL));
    assert_int_equal(ps_scan_at(scan, 0)->error.code, PS_EIO);
    assert_int_equal(ps_scan_at(scan, 299)->error.code, PS_ECANCELLED);
    ps_scan_close(scan);
}

/* --- raw search ---------------------------------------------------------------------------- */

static void search_one(const char *path, const char *needle, size_t size, ps_raw_hits *hits)
{
    ps_error err;

    assert_true(ps_raw_search(&path, 1, needle, size, NULL, hits, &err));
}

/* The plain way, to compare with. */
static uint64_t count_plainly(const uint8_t *data, size_t size, const char *needle, size_t length)
{
    uint64_t count = 0;

    for (size_t i = 0; i + length <= size; i++)
        count += memcmp(data + i, needle, length) == 0;
    return count;
}

static void an_occurrence_is_found_at_every_place(void **state)
{
    enum { WINDOW = 1 << 17, SIZE = WINDOW + 300 };
    uint8_t *data = calloc(1, SIZE);
    char *path = path_of("place");
    ps_raw_hits hits;

    (void)state;
    assert_non_null(data);
    for (size_t at = 0; at <= SIZE - 4; at += at == 150 ? WINDOW - 300 : 1) {
        memcpy(data + at, "LkaL", 4);
        put(path, 0, data, SIZE);
        search_one(path, "LkaL", 4, &hits);
        assert_int_equal(hits.error.code, PS_OK);
        assert_int_equal(hits.count, 1);
        assert_int_equal(hits.first_offset, at);
        memset(data + at, 0, 4);
    }
    free(data);
}

static void counts_are_those_of_the_plain_way(void **state)
{
    static const char *const needles[] = {"a", "ab", "aa", "aba", "abab", "aaaa", "ababababab"};
    static uint8_t data[300000];
    char *path = path_of("random");
    uint32_t seed = 1;

    (void)state;
    for (size_t i = 0; i < sizeof data; i++) {
        seed = seed * 1664525U + 1013904223U;
        data[i] = (uint8_t)("aaab"[seed >> 30]);
    }
    put(path, 0, data, sizeof data);
    for (size_t i = 0; i < sizeof needles / sizeof *needles; i++) {
        const size_t length = strlen(needles[i]);
        ps_raw_hits hits;
        search_one(path, needles[i], length, &hits);
        assert_int_equal(hits.count, count_plainly(data, sizeof data, needles[i], length));
        assert_memory_equal(data + hits.first_offset, needles[i], length);
    }
}

static void short_files_are_searched(void **state)
{
    (void)state;
    for (size_t size = 0; size < 70; size++) {
        char text[70];
        char *path = path_of("short");
        ps_raw_hits hits;
        memset(text, 'x', sizeof text);
        if (size >= 4)
            memcpy(text + size - 4, "LkaL", 4);
        (void)unlink(path);
        put(path, 0, text, size);
        search_one(path, "LkaL", 4, &hits);
        assert_int_equal(hits.error.code, PS_OK);
        assert_int_equal(hits.count, size >= 4);
    }
}

static void holes_are_passed_over_but_their_edges_are_not(void **state)
{
    char *path = path_of("sparse");
    const off_t far = (off_t)3 << 30;
    ps_raw_hits hits;

    (void)state;
    put(path, 0, "LkaL", 4);
    put(path, 1 << 16, "XY", 2);
    put(path, far - 2, "LkaL", 4);
    assert_int_equal(truncate(path, far + (1 << 20)), 0);
    search_one(path, "LkaL", 4, &hits);
    assert_int_equal(hits.count, 2);
    assert_int_equal(hits.first_offset, 0);
    search_one(path, "\0\0\0XY\0\0", 7, &hits);
    assert_int_equal(hits.count, 1);
    assert_int_equal(hits.first_offset, (1 << 16) - 3);
    search_one(path, "\0\0\0\0LkaL", 8, &hits);
    assert_int_equal(hits.count, 1);
    assert_int_equal(hits.first_offset, far - 6);
}

static void a_search_reports_files_it_could_not_read(void **state)
{
    const char *const paths[] = {"/nonexistent/x", folder, "/dev/null"};
    ps_raw_hits hits[3];
    ps_error err;

    (void)state;
    assert_true(ps_raw_search(paths, 3, "LkaL", 4, NULL, hits, &err));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(hits[i].error.code, PS_EIO);
        assert_ptr_equal(hits[i].path, paths[i]);
    }
}

static void a_needle_has_a_size(void **state)
{
    const char *path = "/dev/null";
    char big[300] = {1};
    ps_raw_hits hits;
    ps_error err;

    (void)state;
    assert_false(ps_raw_search(&path, 1, "", 0, NULL, &hits, &err));
    assert_int_equal(err.code, PS_ELIMIT);
    assert_false(ps_raw_search(&path, 1, big, sizeof big, NULL, &hits, &err));
    assert_int_equal(err.code, PS_ELIMIT);
}

static void a_stopped_search_says_what_it_left_out(void **state)
{
    const char *paths[300];
    ps_raw_hits hits[300];
    ps_scan_options options = {.threads = 1, .progress = {.step = stop_at_once}};

    (void)state;
    for (size_t i = 0; i < 300; i++)
        paths[i] = "/dev/null";
    assert_true(ps_raw_search(paths, 300, "x", 1, &options, hits, NULL));
    assert_int_equal(hits[299].error.code, PS_ECANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_keeps_its_own_error),
        cmocka_unit_test(a_stopped_scan_says_what_it_left_out),
        cmocka_unit_test(an_occurrence_is_found_at_every_place),
        cmocka_unit_test(counts_are_those_of_the_plain_way),
        cmocka_unit_test(short_files_are_searched),
        cmocka_unit_test(holes_are_passed_over_but_their_edges_are_not),
        cmocka_unit_test(a_search_reports_files_it_could_not_read),
        cmocka_unit_test(a_needle_has_a_size),
        cmocka_unit_test(a_stopped_search_says_what_it_left_out),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

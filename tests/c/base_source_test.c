/* base_source_test.c - sources, what they are, and the checked reader. */
#include "base/arena.h"
#include "base/reader.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static void probe_is(const void *data, size_t size, ps_kind wanted)
{
    ps_source *source = NULL;
    ps_kind kind;

    assert_true(ps_source_memory(&source, data, size, NULL));
    assert_true(ps_source_probe(source, &kind, NULL));
    assert_string_equal(ps_kind_name(kind), ps_kind_name(wanted));
    ps_source_close(source);
}

static void content_decides_what_a_source_is(void **state)
{
    uint8_t trace[0x100] = {0, 0, 1, 0};
    static const char utf16[] = "\xFF\xFE T\0a\0g\0 \0T\0y\0p\0e\0\r\0\n\0";

    (void)state;
    trace[0x4B] = 0xC0;
    trace[0x30] = 0xC0;
    trace[0x36] = 4;
    probe_is("", 0, PS_KIND_EMPTY);
    probe_is("MZ\220", 3, PS_KIND_PE);
    probe_is("PAGEDU64", 8, PS_KIND_DUMP);
    probe_is("PK\3\4abc", 7, PS_KIND_ZIP);
    probe_is("MSCF\0\0\0\0", 8, PS_KIND_CAB);
    probe_is(" Tag  Type  Allocs\r\n", 20, PS_KIND_TEXT);
    probe_is(utf16, sizeof utf16 - 1, PS_KIND_TEXT);
    probe_is(trace, sizeof trace, PS_KIND_ETL);
    probe_is("\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2", 16, PS_KIND_UNKNOWN);
    probe_is("\0\0\0\0\0\0\0\0", 8, PS_KIND_HOLE);
}

static void a_sparse_file_is_a_hole_at_once(void **state)
{
    char path[] = "/tmp/poolsleuth-hole-XXXXXX";
    const int fd = mkstemp(path);
    ps_source *source = NULL;
    uint64_t begin, end;
    ps_kind kind;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)2 << 30), 0);
    assert_true(ps_source_open(&source, path, NULL));
    assert_true(ps_source_probe(source, &kind, NULL));
    assert_int_equal(kind, PS_KIND_HOLE);
    assert_true(ps_source_next_data(source, 0, &begin, &end, NULL));
    assert_true(begin == end);
    ps_source_close(source);
    (void)close(fd);
    (void)unlink(path);
}

static void a_file_that_shrinks_is_an_error(void **state)
{
    char path[] = "/tmp/poolsleuth-shrink-XXXXXX";
    const int fd = mkstemp(path);
    char buffer[100];
    ps_source *source = NULL;
    ps_error err = {0};
    size_t got;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 100), 0);
    assert_true(ps_source_open(&source, path, NULL));
    assert_int_equal(ftruncate(fd, 40), 0);
    assert_false(ps_source_read(source, 0, buffer, sizeof buffer, &got, &err));
    assert_int_equal(err.code, PS_EIO);
    assert_int_equal(err.offset, 40);
    assert_int_equal(got, 0);
    ps_source_close(source);
    (void)close(fd);
    (void)unlink(path);
}

static void folders_and_missing_files_are_refused(void **state)
{
    ps_source *source = NULL;
    ps_error err = {0};

    (void)state;
    assert_false(ps_source_open(&source, "/tmp", &err));
    assert_string_equal(err.text, "is a folder, not a file");
    assert_false(ps_source_open(&source, "/nonexistent/file", &err));
    assert_int_equal(err.code, PS_EIO);
    assert_null(source);
}

static void sha256_of_abc(void **state)
{
    ps_source *source = NULL;
    char hex[65];

    (void)state;
    assert_true(ps_source_memory(&source, "abc", 3, NULL));
    assert_true(ps_source_sha256(source, hex, NULL));
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ps_source_close(source);
}

static void a_reader_stays_bad(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5};
    ps_reader r = ps_reader_of(bytes, sizeof bytes, 100);
    ps_error err;

    (void)state;
    assert_int_equal(ps_u32(&r), 0x04030201);
    assert_int_equal(ps_u16(&r), 0);
    assert_int_equal(ps_u8(&r), 0);
    assert_false(ps_reader_ok(&r, &err, "record"));
    assert_int_equal(err.offset, 104);
    r = ps_reader_at(bytes, sizeof bytes, UINT64_MAX, 2);
    assert_false(ps_reader_good(&r));
    r = ps_reader_at(bytes, sizeof bytes, 3, 2);
    assert_int_equal(ps_u16(&r), 0x0504);
    assert_false(ps_fits(&r, 1, 1));
}

static void an_arena_keeps_what_it_gave(void **state)
{
    ps_arena arena = {0};
    char *first = ps_arena_copy(&arena, "first", 5);

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        assert_non_null(ps_arena_print(&arena, "line %u of many that fill a few blocks", i));
    assert_non_null(ps_arena_take(&arena, (size_t)1 << 20));
    assert_string_equal(first, "first");
    assert_null(ps_arena_take(&arena, SIZE_MAX));
    ps_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_decides_what_a_source_is),
        cmocka_unit_test(a_sparse_file_is_a_hole_at_once),
        cmocka_unit_test(a_file_that_shrinks_is_an_error),
        cmocka_unit_test(folders_and_missing_files_are_refused),
        cmocka_unit_test(sha256_of_abc),
        cmocka_unit_test(a_reader_stays_bad),
        cmocka_unit_test(an_arena_keeps_what_it_gave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

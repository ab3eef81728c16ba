/* dump_pdb_test.c - a PDB cut anywhere, or with any byte of its head changed, is read or refused. */
#include "dump/pdb.h"
#include "support/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HEAD = 4096, STEP = 509, PDBS = 1 };

static bool try_open(const uint8_t *data, size_t size, ps_pdb **pdb, ps_error *err)
{
    ps_source *source;
    bool done;

    assert_true(ps_source_memory(&source, data, size, NULL));
    done = ps_pdb_open(pdb, source, err);
    ps_source_close(source);
    return done;
}

static fixture_list samples(void)
{
    fixture_list list = fixtures_read(".pdb", PDBS);

    if (list.count == 0)
        skip();
    return list;
}

static void symbols_and_layouts_are_given(void **state)
{
    fixture_list list = samples();
    ps_pdb *pdb;
    uint64_t value = 0;
    uint32_t rva = 0;
    uint32_t nearest = 0;

    (void)state;
    assert_true(try_open(list.items[0].data, list.items[0].size, &pdb, NULL));
    assert_int_equal(strlen(ps_pdb_guid(pdb)), 36);
    assert_true(ps_pdb_symbol(pdb, "PoolTrackTable", &rva));
    assert_non_null(ps_pdb_nearest(pdb, rva + 1, &nearest));
    assert_int_equal(nearest, rva);
    assert_false(ps_pdb_symbol(pdb, "NoSuchSymbol", &rva));
    assert_true(ps_pdb_size(pdb, "_POOL_TRACKER_TABLE", &value));
    assert_true(value >= 0x1C && value <= 0x50);
    assert_true(ps_pdb_field(pdb, "_POOL_TRACKER_TABLE", "Key", &value));
    assert_true(value == 0);
    assert_false(ps_pdb_field(pdb, "_POOL_TRACKER_TABLE", "NoSuchField", &value));
    assert_false(ps_pdb_field(pdb, "_POOL_TRACKER_TABLE", "Key.Deeper", &value));
    ps_pdb_close(pdb);
    fixtures_free(&list);
}

static void a_cut_file_is_refused(void **state)
{
    fixture_list list = samples();
    const fixture *one = &list.items[0];
    ps_error err;
    ps_pdb *pdb;

    (void)state;
    for (size_t size = 0; size < one->size - 1; size += size < HEAD ? 1 : STEP) {
        uint8_t *copy = malloc(size + 1);
        assert_non_null(copy);
        memcpy(copy, one->data, size);
        if (try_open(copy, size, &pdb, &err))
            ps_pdb_close(pdb); /* what is cut off was nobody's */
        else
            assert_true(err.code == PS_ETRUNCATED || err.code == PS_EFORMAT ||
                        err.code == PS_EUNSUPPORTED);
        free(copy);
    }
    fixtures_free(&list);
}

static void numbers_at_the_edges_of_blocks_are_not_believed(void **state)
{
    fixture_list list = samples();
    const fixture *one = &list.items[0];
    uint8_t *copy = malloc(one->size);
    ps_pdb *pdb;

    (void)state;
    assert_non_null(copy);
    memcpy(copy, one->data, one->size);
    for (size_t at = 0; at + 4 <= one->size; at += 4) {
        if (at % HEAD >= 64)
            continue;
        memset(copy + at, 0xFF, 4);
        if (try_open(copy, one->size, &pdb, NULL))
            ps_pdb_close(pdb);
        memcpy(copy + at, one->data + at, 4);
    }
    free(copy);
    fixtures_free(&list);
}

static void no_number_of_its_head_is_believed(void **state)
{
    static const uint32_t values[] = {0, 1, 0x7FFFFFFF, 0x80000000, UINT32_MAX};
    fixture_list list = samples();
    const fixture *one = &list.items[0];
    uint8_t *copy = malloc(one->size);
    ps_error err;
    ps_pdb *pdb;

    (void)state;
    assert_non_null(copy);
    for (size_t at = 32; at < 56; at += 4) {
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            memcpy(copy, one->data, one->size);
            memcpy(copy + at, &values[i], 4);
            if (try_open(copy, one->size, &pdb, &err))
                ps_pdb_close(pdb);
        }
    }
    free(copy);
    fixtures_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_and_layouts_are_given),
        cmocka_unit_test(a_cut_file_is_refused),
        cmocka_unit_test(numbers_at_the_edges_of_blocks_are_not_believed),
        cmocka_unit_test(no_number_of_its_head_is_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

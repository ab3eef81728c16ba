/* memory_test.c - every allocation of every reader is refused in turn: each path gives back what it
 * took and says that memory is out. */
#include "dump_kernel_support.h"
#include "support/failing.h"
#include "support/files.h"
#include "support/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    ROWS = 20,
    SERIES = 5,
    SMALL_DRIVER = 24 << 10,
    SMALL_TEXT = 6 << 10,
    FIXTURES = 200,
    TEXTS = 1000
};

typedef struct bytes {
    const void *data;
    size_t size;
} bytes;

/* Success, or failure for want of memory and nothing else. */
static bool settle(bool worked, const ps_error *err)
{
    if (!worked)
        assert_int_equal(err->code, PS_ENOMEM);
    return worked;
}

static bool fill(ps_snapshot *s, unsigned step, ps_error *err)
{
    for (unsigned i = 0; i < ROWS; i++) {
        ps_row row = {.tag = 0x61616141 + i,
                      .known = PS_KNOW_ALLOCS | PS_KNOW_FREES | PS_KNOW_DIFF | PS_KNOW_BYTES,
                      .session = PS_NO_SESSION,
                      .allocs = 1000 + (uint64_t)i * step,
                      .frees = 10,
                      .diff = 990 + (int64_t)i * step,
                      .bytes = 4096 + (int64_t)i * step * 64,
                      .note = i % 2 == 0 ? "a note" : NULL};

        if (!ps_snapshot_add(s, &row, err))
            return false;
    }
    return ps_snapshot_set_host(s, "SRV01", err);
}

static bool make_snapshot(ps_snapshot **out, unsigned step, ps_error *err)
{
    if (!ps_snapshot_new(out, "poolmon", err))
        return false;
    if (fill(*out, step, err))
        return true;
    ps_snapshot_close(*out);
    *out = NULL;
    return false;
}

static bool snapshot_scenario(void *context)
{
    ps_error err = {0};
    ps_snapshot *s = NULL;
    bool worked = settle(make_snapshot(&s, 3, &err), &err);

    (void)context;
    ps_snapshot_close(s);
    return worked;
}

static void snapshots(void **state)
{
    (void)state;
    assert_true(failing_each(snapshot_scenario, NULL) > 4);
}

static bool diff_scenario(void *context)
{
    ps_snapshot **s = context;
    ps_error err = {0};
    ps_diff *diff;
    bool worked = settle(ps_diff_open(&diff, s[0], s[1], &err), &err);

    ps_diff_close(diff);
    return worked;
}

static bool trend_scenario(void *context)
{
    const ps_snapshot *const *s = context;
    const int64_t times[SERIES] = {0, 600, 1200, 1800, 2400};
    ps_error err = {0};
    ps_trend *trend;
    bool worked = settle(ps_trend_open(&trend, s, times, SERIES, &err), &err);

    ps_trend_close(trend);
    return worked;
}

/* Every kind of statistics on one series of 40 points. */
static bool statistics_scenario(void *context)
{
    const ps_series *series = context;
    ps_error err = {0};
    ps_kendall kendall;
    ps_sen sen;
    ps_seasonal seasonal;
    ps_pettitt change;
    ps_judgement judged;
    ps_online_result seen;
    ps_online *online = NULL;
    bool worked = ps_kendall_of(series, true, &kendall, &err) && ps_sen_of(series, 2, &sen, &err) &&
                  ps_seasonal_of(series, 8, &seasonal, &err) &&
                  ps_pettitt_of(series, &change, &err) &&
                  ps_series_judge(series, NULL, NULL, &judged, &err) &&
                  ps_online_new(&online, 1, 1, &err) && ps_online_read(online, &seen, &err);

    worked = settle(worked, &err);
    ps_online_close(online);
    return worked;
}

static void statistics(void **state)
{
    double values[40];
    ps_series series = {.values = values, .count = 40};

    (void)state;
    for (size_t i = 0; i < 40; i++)
        values[i] = 1e8 + 1e6 * (double)i + (double)(i * 7919 % 13) * 1e4;
    assert_true(failing_each(statistics_scenario, &series) > 0);
}

static void diffs_and_trends(void **state)
{
    ps_snapshot *s[SERIES];

    (void)state;
    for (unsigned i = 0; i < SERIES; i++)
        assert_true(make_snapshot(&s[i], i, NULL));
    assert_true(failing_each(diff_scenario, s) > 0);
    assert_true(failing_each(trend_scenario, s) > 0);
    for (unsigned i = 0; i < SERIES; i++)
        ps_snapshot_close(s[i]);
}

static bool text_scenario(void *context)
{
    const bytes *b = context;
    ps_error err = {0};
    ps_text *text;
    bool worked = settle(ps_text_parse(&text, b->data, b->size, &err), &err);

    ps_text_close(text);
    return worked;
}

static const char poolmon[] =
    " Memory: 4193752K Avail: 1838108K  PageFlts:   7114   InRam Krnl: 5364K P:176012K\r\n"
    " Commit:2304652K Limit:8385596K Peak:2420936K            Pool N:88588K P:178364K\r\n"
    " Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\r\n"
    "\r\n"
    " CM31 Paged      9784 (   0)      6312 (   0)     3472 17121280 (     0)   4931\r\n"
    " LkaL Nonp     120000 (   0)         8 (   0)   119992 30717952 (     0)    256\r\n"
    " Bad! Nonp     120000 (   0)    twelve (   0)   119992 30717952 (     0)    256\r\n";

static const char poolused[] =
    "2: kd> !poolused 2\n"
    "   Sorting by NonPaged Pool Consumed\n"
    "\n"
    "               NonPaged                  Paged\n"
    " Tag     Allocs         Used     Allocs         Used\n"
    " None      9132     34557952          0            0\tcall to ExAllocatePool\n"
    " MmCm       236      9216672          0            0\tCalls made to MmAllocateContiguous\n"
    " TOTAL    10240     44000000          0            0\n";

static const char modules[] = "start             end                 module name\n"
                              "fffff802`12340000 fffff802`12350000   acmeflt    (deferred)\n"
                              "fffff802`22340000 fffff802`22350000   nt         (pdb symbols)\n";

static const char tag_file[] = "rem a site's own\n"
                               "LkaL - acmeflt.sys - Acme filter contexts\n"
                               "Lka? - acme.sys    - Acme, other\n"
                               "L*   - <unknown>   - anything\n"
                               "not a row\n";

/* A fixture of every dialect. */
static void texts_of(const char *suffix)
{
    fixture_list files = fixtures_read(suffix, TEXTS);

    for (size_t i = 0; i < files.count; i++) {
        bytes b = {files.items[i].data, files.items[i].size};

        if (b.size <= SMALL_TEXT)
            (void)failing_each(text_scenario, &b);
    }
    fixtures_free(&files);
}

static void texts(void **state)
{
    const char *const samples[] = {poolmon, poolused, modules};
    const char *const suffixes[] = {".txt",   ".csv", ".tsv", ".json",
                                    ".jsonl", ".log", ".reg", ".xml"};

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        bytes b = {samples[i], strlen(samples[i])};

        assert_true(failing_each(text_scenario, &b) > 0);
    }
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        texts_of(suffixes[i]);
}

static bool tagfile_scenario(void *context)
{
    ps_error err = {0};
    ps_tagfile *file;
    bool worked = settle(ps_tagfile_parse(&file, tag_file, sizeof tag_file - 1, &err), &err);

    (void)context;
    ps_tagfile_close(file);
    return worked;
}

static void tag_files(void **state)
{
    (void)state;
    assert_true(failing_each(tagfile_scenario, NULL) > 0);
}

static bool driver_scenario(void *context)
{
    const bytes *b = context;
    ps_error err = {0};
    ps_driver *driver;
    bool worked = settle(ps_driver_parse(&driver, b->data, b->size, &err), &err);

    ps_driver_close(driver);
    return worked;
}

static void drivers(void **state)
{
    fixture_list files = fixtures_read(".sys", FIXTURES);
    size_t tried = 0;

    (void)state;
    for (size_t i = 0; i < files.count; i++) {
        bytes b = {files.items[i].data, files.items[i].size};
        ps_driver *driver;

        if (b.size > SMALL_DRIVER || !ps_driver_parse(&driver, b.data, b.size, NULL))
            continue;
        ps_driver_close(driver);
        if (++tried <= 4)
            assert_true(failing_each(driver_scenario, &b) > 0);
    }
    fixtures_free(&files);
    if (tried == 0)
        skip();
}

typedef struct scan_context {
    const char *paths[2];
    unsigned threads;
} scan_context;

/* One file's trouble is that file's result; the scan as a whole may go on. */
static bool scan_scenario(void *context)
{
    const scan_context *c = context;
    const ps_scan_options options = {.threads = c->threads};
    ps_error err = {0};
    ps_scan *scan;
    bool worked = settle(ps_scan_open(&scan, c->paths, 2, &options, &err), &err);

    for (size_t i = 0; worked && i < ps_scan_count(scan); i++) {
        const ps_scan_result *result = ps_scan_at(scan, i);

        assert_true(result->driver != NULL || result->error.code != PS_OK);
    }
    ps_scan_close(scan);
    return worked;
}

static bool raw_scenario(void *context)
{
    const scan_context *c = context;
    const ps_scan_options options = {.threads = c->threads};
    ps_raw_hits hits[2];
    ps_error err = {0};

    return settle(ps_raw_search(c->paths, 2, "LkaL", 4, &options, hits, &err), &err);
}

static void scans(void **state)
{
    fixture_list files = fixtures_read(".sys", FIXTURES);
    scan_context c = {.paths = {"tests/c/memory_test.c", "tests/c/no-such-file"}};

    (void)state;
    for (size_t i = 0; i < files.count; i++)
        if (files.items[i].size <= SMALL_DRIVER)
            c.paths[0] = files.items[i].path;
    for (c.threads = 1; c.threads <= 2; c.threads++) {
        (void)failing_each(scan_scenario, &c);
        (void)failing_each(raw_scenario, &c);
    }
    fixtures_free(&files);
}

/* A zip archive of one empty member, a.log: its header at 0, the directory at 30, the end at 81. */
static const uint8_t small_zip[103] = {
    [0] = 'P', [1] = 'K',  [2] = 3,    [3] = 4,    [30] = 'P', [31] = 'K', [32] = 1,   [33] = 2,
    [58] = 5,  [76] = 'a', [77] = '.', [78] = 'l', [79] = 'o', [80] = 'g', [81] = 'P', [82] = 'K',
    [83] = 5,  [84] = 6,   [89] = 1,   [91] = 1,   [93] = 51,  [97] = 30,
};

static bool archive_scenario(void *context)
{
    ps_source *source = NULL;
    ps_archive *archive = NULL;
    bool good;

    (void)context;
    if (!ps_source_memory(&source, small_zip, sizeof small_zip, NULL))
        return false;
    good = ps_archive_read(&archive, source, NULL);
    if (good)
        assert_string_equal(ps_archive_at(archive, 0)->name, "a.log");
    ps_archive_close(archive);
    ps_source_close(source);
    return good;
}

static void archives(void **state)
{
    (void)state;
    assert_true(failing_each(archive_scenario, NULL) > 3);
}

static bool source_scenario(void *context)
{
    ps_error err = {0};
    ps_source *source;
    uint8_t *data = NULL;
    size_t size;
    char hex[65];
    bool worked = ps_source_open(&source, "tests/c/memory_test.c", &err) &&
                  ps_source_sha256(source, hex, &err) &&
                  ps_source_read_all(source, 1 << 20, &data, &size, &err);

    (void)context;
    ps_bytes_free(data);
    ps_source_close(source);
    return settle(worked, &err);
}

static void sources(void **state)
{
    (void)state;
    assert_true(failing_each(source_scenario, NULL) > 0);
}

typedef struct dump_context {
    const char *path;
} dump_context;

static bool dump_scenario(void *context)
{
    const dump_context *c = context;
    ps_error err = {0};
    ps_dump *dump;
    bool worked = settle(ps_dump_open(&dump, c->path, NULL, &err), &err);

    ps_dump_close(dump);
    return worked;
}

/* What a kernel's lists are kept in; nothing else is. */
static void forget(ps_dump *dump)
{
    ps_dump_lists_free(&dump->lists);
    ps_arena_free(&dump->file.arena);
    free(dump->file.problems);
    dump->file.problems = NULL;
    dump->file.problem_count = dump->file.problem_capacity = 0;
}

static bool kernel_scenario(void *context)
{
    ps_dump *dump = context;
    ps_error err = {0};
    ps_dump_owners owners;
    ps_snapshot *snapshot = NULL;
    const ps_dump_big *bigs;
    const ps_dump_process *processes;
    const ps_dump_type *types;
    const ps_dump_descriptor *descriptors;
    const ps_dump_lookaside *lookasides;
    const ps_dump_verified_block *blocks;
    const ps_dump_block_query query = {.list = true, .threads = 1};
    ps_dump_blocks found = {0};
    size_t count;
    bool worked;

    ps_dump_lists_free(&dump->lists);
    worked =
        settle(ps_dump_snapshot(dump, &snapshot, &err) && ps_dump_bigs(dump, &bigs, &count, &err) &&
                   ps_dump_big_owners(dump, bigs[0].tag, &owners, &err) &&
                   ps_dump_processes(dump, &processes, &count, &err) &&
                   ps_dump_types(dump, &types, &count, &err) &&
                   ps_dump_descriptors(dump, &descriptors, &count, &err) &&
                   ps_dump_lookasides(dump, &lookasides, &count, &err) &&
                   ps_dump_verified_blocks(dump, &blocks, &count, &err) &&
                   ps_dump_small_owners(dump, 0x6B61654C, &owners, &err) &&
                   ps_dump_find_blocks(dump, &query, &found, &err),
               &err);
    assert_true(!worked || found.count == 64);
    ps_dump_blocks_free(&found);
    ps_snapshot_close(snapshot);
    forget(dump);
    return worked;
}

static bool session_scenario(void *context)
{
    ps_dump *dump = context;
    ps_error err = {0};
    const ps_dump_session_big *bigs;
    size_t count = 0;
    bool worked;

    ps_dump_lists_free(&dump->lists);
    worked = settle(ps_dump_session_bigs(dump, &bigs, &count, &err), &err);
    assert_true(!worked || count == 22);
    forget(dump);
    return worked;
}

static void dumps(void **state)
{
    machine *m = machine_new(PS_PAGING_X64, 7601, 0x1ED);
    dump_context c = {machine_write(m, 0)};
    world *w = whole_world(4);
    world *wide = whole_world(8);

    (void)state;
    open_world(w, 0, 0);
    open_world(wide, 0, 0);
    assert_true(failing_each(dump_scenario, &c) > 3);
    (void)unlink(c.path);
    machine_free(m);
    assert_true(failing_each(kernel_scenario, &w->dump) > 10);
    assert_true(failing_each(session_scenario, &wide->dump) > 3);
    free_world(w);
    free_world(wide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshots),  cmocka_unit_test(diffs_and_trends),
        cmocka_unit_test(statistics), cmocka_unit_test(texts),
        cmocka_unit_test(tag_files),  cmocka_unit_test(drivers),
        cmocka_unit_test(scans),      cmocka_unit_test(sources),
        cmocka_unit_test(archives),   cmocka_unit_test(dumps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

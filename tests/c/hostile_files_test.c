/* hostile_files_test.c - files of every family, changed at random and cut: 200 changes of each, 10,000 in a
 * long run.  Nothing crashes, nothing takes two seconds of the processor, and what is refused says why. */
#include "dump/pdb.h"
#include "dump_kernel_support.h"
#include "store/reel.h"
#include "support/dump_samples.h"
#include "support/files.h"
#include "support/hang.h"
#include "support/reel_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { CHANGES = 200, MANY_CHANGES = 10000, MOST = 400, OPERATIONS = 8, HEAD = 4096 };

/* Bytes in a block of their own size, so that a sanitiser sees one byte too many. */
typedef void (*reader)(const uint8_t *data, size_t size);

/* A refusal without a reason helps nobody. */
static void refused(const ps_error *err)
{
    assert_true(err->code != PS_OK && err->text[0] != '\0');
}

/* --- readers ---------------------------------------------------------------------------------- */

static void read_text(const uint8_t *data, size_t size)
{
    ps_error err = {.code = PS_OK};
    ps_text *text;

    if (!ps_text_parse(&text, data, size, &err)) {
        refused(&err);
        return;
    }
    for (size_t i = 0; i < ps_text_problem_count(text); i++)
        assert_non_null(ps_text_problem_at(text, i)->reason);
    ps_text_close(text);
}

static void read_tagfile(const uint8_t *data, size_t size)
{
    ps_error err = {.code = PS_OK};
    ps_tagfile *file;

    if (ps_tagfile_parse(&file, data, size, &err))
        ps_tagfile_close(file);
    else
        refused(&err);
}

static void read_driver(const uint8_t *data, size_t size)
{
    const ps_read_options options = {.detail = true, .now = 1790000000};
    ps_error err = {.code = PS_OK};
    ps_driver *driver;

    if (!ps_driver_read(&driver, data, size, &options, &err)) {
        refused(&err);
        return;
    }
    for (size_t i = 0; i < ps_driver_site_count(driver); i++)
        assert_non_null(ps_driver_site_at(driver, i)->api);
    ps_driver_close(driver);
}

static void read_dump(const uint8_t *data, size_t size)
{
    ps_error err = {.code = PS_OK};
    ps_source *source;
    ps_dump *dump;

    assert_true(ps_source_memory(&source, data, size, NULL));
    if (!ps_dump_take(&dump, source, NULL, NULL, &err)) {
        refused(&err);
        return;
    }
    (void)ask_world(dump);
    (void)walk_world(dump, ps_dump_get_facts(dump)->loaded_modules);
    ps_dump_close(dump);
}

static void read_pdb(const uint8_t *data, size_t size)
{
    ps_error err = {.code = PS_OK};
    ps_source *source;
    uint64_t value;
    ps_pdb *pdb;
    uint32_t rva;

    assert_true(ps_source_memory(&source, data, size, NULL));
    if (ps_pdb_open(&pdb, source, &err)) {
        (void)ps_pdb_symbol(pdb, "PoolTrackTable", &rva);
        (void)ps_pdb_nearest(pdb, 0x1000, &rva);
        (void)ps_pdb_field(pdb, "_POOL_TRACKER_TABLE", "Key", &value);
        ps_pdb_close(pdb);
    } else {
        refused(&err);
    }
    ps_source_close(source);
}

static void read_archive(const uint8_t *data, size_t size)
{
    ps_error err = {.code = PS_OK};
    ps_archive *archive;
    ps_source *source;

    assert_true(ps_source_memory(&source, data, size, NULL));
    if (ps_archive_read(&archive, source, &err))
        ps_archive_close(archive);
    else
        refused(&err);
    ps_source_close(source);
}

static void read_reel(const uint8_t *data, size_t size)
{
    ps_error err = {.code = PS_OK};
    const ps_frame *frame;
    ps_snapshot *snapshot;
    ps_reel *reel;
    bool sound;

    if (!ps_reel_open(&reel, data, size, &err)) {
        refused(&err);
        return;
    }
    while ((sound = ps_reel_next(reel, &frame, &err)) && frame != NULL)
        if (ps_reel_snapshot(reel, &snapshot, NULL))
            ps_snapshot_close(snapshot);
    if (!sound)
        refused(&err);
    ps_reel_close(reel);
}

/* --- files ------------------------------------------------------------------------------------ */

static void add(fixture_list *list, const void *data, size_t size)
{
    fixture *grown = realloc(list->items, (list->count + 1) * sizeof *grown);
    fixture made = {.path = strdup("made by the test"), .data = malloc(size), .size = size};

    assert_true(grown != NULL && made.path != NULL && made.data != NULL);
    memcpy(made.data, data, size);
    list->items = grown;
    list->items[list->count++] = made;
}

static fixture_list texts_made(void)
{
    static const char *const suffixes[] = {".txt", ".csv", ".json", ".log", ".xml", ".md", ".reg"};
    fixture_list all = {0};

    for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++) {
        fixture_list some = fixtures_read(suffixes[k], MOST);
        for (size_t i = 0; i < some.count; i++)
            if (some.items[i].size > 0)
                add(&all, some.items[i].data, some.items[i].size);
        fixtures_free(&some);
    }
    return all;
}

static fixture_list drivers_made(void) { return fixtures_read(".sys", MOST); }
static fixture_list pdbs_made(void) { return fixtures_read(".pdb", MOST); }

static fixture_list tagfiles_made(void)
{
    static const char bytes[] = "rem a site's own\nLkaL - acmeflt.sys - Acme filter contexts\n"
                                "Lka? - acme.sys    - Acme, other\nL*   - <unknown>   - anything\n";
    fixture_list all = {0};

    add(&all, bytes, sizeof bytes - 1);
    return all;
}

static fixture_list dumps_made(void)
{
    dump_sample samples[DUMP_SAMPLES];
    fixture_list all = {0};

    dump_samples_make(samples);
    for (size_t i = 0; i < DUMP_SAMPLES; i++) {
        add(&all, samples[i].bytes, samples[i].size);
        dump_sample_free(&samples[i]);
    }
    return all;
}

static fixture_list archives_made(void)
{
    static const uint8_t zip[103] = {
        [0] = 'P',  [1] = 'K',  [2] = 3,    [3] = 4,    [30] = 'P', [31] = 'K',
        [32] = 1,   [33] = 2,   [58] = 5,   [76] = 'a', [77] = '.', [78] = 'l',
        [79] = 'o', [80] = 'g', [81] = 'P', [82] = 'K', [83] = 5,   [84] = 6,
        [89] = 1,   [91] = 1,   [93] = 51,  [97] = 30,
    };
    /* Header of 36 bytes, one folder of 8, one file a.log of 16 and its name. */
    static const uint8_t cabinet[70] = {
        'M',      'S',      'C',      'F',        [8] = 70,   [16] = 44,  [24] = 3,   [25] = 1,
        [26] = 1, [28] = 1, [44] = 5, [60] = 'a', [61] = '.', [62] = 'l', [63] = 'o', [64] = 'g'};
    fixture_list all = {0};

    add(&all, zip, sizeof zip);
    add(&all, cabinet, sizeof cabinet);
    return all;
}

static fixture_list reels_made(void)
{
    fixture_list all = {0};
    size_t size;
    uint8_t *bytes = reel_sample(6, 30, &size);

    add(&all, bytes, size);
    free(bytes);
    return all;
}

/* Real ones, made to be hard. */
static fixture_list edges_made(void)
{
    static const char *const suffixes[] = {".exe", ".dll"};
    fixture_list all = {0};

    for (size_t k = 0; k < 2; k++) {
        fixture_list some = samples_read(suffixes[k], MOST);
        for (size_t i = 0; i < some.count; i++)
            if (some.items[i].size > 0)
                add(&all, some.items[i].data, some.items[i].size);
        fixtures_free(&some);
    }
    return all;
}

/* --- changes ---------------------------------------------------------------------------------- */

static uint32_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

/* A place in the file: as often as not in its head, where structures are. */
static size_t place(uint64_t *seed, size_t size)
{
    const size_t room = next(seed) % 2 == 0 && size > 1024 ? 1024 : size;

    return next(seed) % room;
}

static void write_number(uint8_t *bytes, size_t size, uint64_t *seed)
{
    static const uint64_t values[] = {0,
                                      1,
                                      0x7F,
                                      0x80,
                                      0xFF,
                                      0xFFFF,
                                      0x7FFFFFFF,
                                      0x80000000,
                                      UINT32_MAX,
                                      UINT64_MAX,
                                      UINT64_MAX - 0xFFF};
    const uint64_t value = values[next(seed) % (sizeof values / sizeof *values)];
    const size_t width = (size_t)1 << next(seed) % 4, at = place(seed, size);

    for (size_t i = 0; i < width && at + i < size; i++)
        bytes[at + i] = (uint8_t)(value >> 8 * i);
}

/* The new size, which is never larger. */
static size_t change(uint8_t *bytes, size_t size, uint64_t *seed)
{
    const size_t at = place(seed, size), other = place(seed, size);
    size_t length = 1 + next(seed) % 64;

    switch (next(seed) % 8) {
    case 0:
        bytes[at] = (uint8_t)(bytes[at] ^ 1U << next(seed) % 8);
        return size;
    case 1:
        bytes[at] = (uint8_t)next(seed);
        return size;
    case 2: /* one more, one less */
        bytes[at] = (uint8_t)(bytes[at] + (next(seed) % 2 == 0 ? 1 : 255));
        return size;
    case 3: /* a piece comes again elsewhere */
        length = length > size - at ? size - at : length;
        length = length > size - other ? size - other : length;
        memmove(bytes + at, bytes + other, length);
        return size;
    case 4: /* a piece is lost */
        length = length > size - at ? size - at : length;
        memmove(bytes + at, bytes + at + length, size - at - length);
        return size - length > 0 ? size - length : 1;
    case 5:
        return next(seed) % 8 == 0 ? 1 + next(seed) % size : size;
    default:
        write_number(bytes, size, seed);
        return size;
    }
}

static void read_copy(reader read, const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);

    assert_non_null(copy);
    if (size > 0)
        memcpy(copy, data, size);
    hang_restart();
    read(copy, size);
    free(copy);
}

static void change_and_read(const char *family, const fixture *of, reader read, uint64_t number)
{
    uint64_t seed = number * 2654435761U + 20261101;
    uint8_t *bytes = malloc(of->size);
    size_t size = of->size;

    assert_non_null(bytes);
    memcpy(bytes, of->data, size);
    for (uint32_t n = 1 + next(&seed) % OPERATIONS; n > 0; n--)
        size = change(bytes, size, &seed);
    hang_doing("%s: change %llu of %.120s", family, (unsigned long long)number, of->path);
    read_copy(read, bytes, size);
    free(bytes);
}

static bool is_long(void) { return getenv("POOLSLEUTH_LONG") != NULL; }

static void changes_of(const char *family, fixture_list files, reader read)
{
    const uint64_t wanted = is_long() ? MANY_CHANGES : CHANGES;
    const size_t count = files.count;

    for (uint64_t n = 0; count > 0 && n < wanted; n++)
        change_and_read(family, &files.items[n % count], read, n);
    fixtures_free(&files);
    if (count == 0)
        skip();
}

static void texts_change(void **state)
{
    (void)state;
    changes_of("text", texts_made(), read_text);
}

static void tag_files_change(void **state)
{
    (void)state;
    changes_of("tag file", tagfiles_made(), read_tagfile);
}

static void drivers_change(void **state)
{
    (void)state;
    changes_of("driver", drivers_made(), read_driver);
}

static void edge_drivers_change(void **state)
{
    (void)state;
    changes_of("edge", edges_made(), read_driver);
}

static void dumps_change(void **state)
{
    (void)state;
    changes_of("dump", dumps_made(), read_dump);
}

static void pdbs_change(void **state)
{
    (void)state;
    changes_of("PDB", pdbs_made(), read_pdb);
}

static void archives_change(void **state)
{
    (void)state;
    changes_of("archive", archives_made(), read_archive);
}

static void reels_change(void **state)
{
    (void)state;
    changes_of("reel", reels_made(), read_reel);
}

/* --- cuts ------------------------------------------------------------------------------------- */

/* Every length to 4 KiB, or each so many; then around every block. */
static void cuts_of(fixture_list files, reader read, size_t stride, size_t block)
{
    for (size_t i = 0; i < files.count; i++) {
        const fixture *f = &files.items[i];
        hang_doing("%.200s, cut", f->path);
        for (size_t size = 0; size <= f->size && size <= HEAD; size += stride)
            read_copy(read, f->data, size);
        for (size_t edge = block; edge <= f->size; edge += block)
            for (size_t size = edge - 1; size <= edge + 1 && size <= f->size; size++)
                read_copy(read, f->data, size);
    }
    fixtures_free(&files);
}

static void small_files_end_anywhere(void **state)
{
    (void)state;
    cuts_of(archives_made(), read_archive, 1, HEAD);
    cuts_of(reels_made(), read_reel, 1, HEAD);
    cuts_of(tagfiles_made(), read_tagfile, 1, HEAD);
}

/* An end record that asks for a ZIP64 record which there is no room for. */
static void a_zip_that_is_only_its_end_is_refused_with_a_reason(void **state)
{
    uint8_t end[22] = {'P', 'K', 5, 6};

    (void)state;
    memset(end + 8, 0xFF, 12);
    read_copy(read_archive, end, sizeof end);
}

static void pdbs_end_anywhere(void **state)
{
    (void)state;
    cuts_of(pdbs_made(), read_pdb, is_long() ? 1 : 61, is_long() ? 512 : HEAD);
}

static void edge_drivers_end_anywhere(void **state)
{
    (void)state;
    cuts_of(edges_made(), read_driver, is_long() ? 1 : 499, is_long() ? 512 : 1 << 16);
}

/* hostile_files_test [PATTERN]: the tests whose names match, such as archives_*. */
int main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_change),
        cmocka_unit_test(tag_files_change),
        cmocka_unit_test(drivers_change),
        cmocka_unit_test(edge_drivers_change),
        cmocka_unit_test(dumps_change),
        cmocka_unit_test(pdbs_change),
        cmocka_unit_test(archives_change),
        cmocka_unit_test(reels_change),
        cmocka_unit_test(a_zip_that_is_only_its_end_is_refused_with_a_reason),
        cmocka_unit_test(small_files_end_anywhere),
        cmocka_unit_test(pdbs_end_anywhere),
        cmocka_unit_test(edge_drivers_end_anywhere),
    };

    if (count > 1)
        cmocka_set_test_filter(words[1]);
    hang_watch();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

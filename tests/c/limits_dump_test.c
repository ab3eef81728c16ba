/* limits_dump_test.c - limits on what is read of a dump. */
#include "limits_support.h"

#include "dump_kernel_support.h"
#include "support/dump_samples.h"

#include <stdio.h>
#include <stdlib.h>

/* The kernel as it was put together, opened within limits. */
static void open_within(world *w, const ps_limits *limits)
{
    open_world(w, 0, 0);
    assert_true(ps_bounds_open(&w->dump.file.bounds, limits, NULL));
}

/* What a question of a world came to; the world is given back. */
static bool answer(world *w, bool done, const ps_error *err, const char *name)
{
    const bool told = fails_at(done, err, name);
    char wanted[80];
    bool noted;

    (void)snprintf(wanted, sizeof wanted, "limit %s)", name);
    noted = says(w, wanted);
    ps_exports_free(&w->dump.exports);
    free_world(w);
    return told || noted;
}

/* --- containers ------------------------------------------------------------------------------ */

static bool sample_tells(const char *which, const ps_limits *limits, const char *name)
{
    dump_sample samples[DUMP_SAMPLES];
    ps_source *source;
    ps_dump *dump = NULL;
    ps_error err;
    bool told = false;

    dump_samples_make(samples);
    for (size_t i = 0; i < DUMP_SAMPLES; i++) {
        if (strstr(samples[i].name, which) == NULL)
            continue;
        assert_true(ps_source_memory(&source, samples[i].bytes, samples[i].size, NULL));
        told = fails_at(ps_dump_take_within(&dump, source, NULL, NULL, limits, &err), &err, name);
        for (size_t k = 0; dump != NULL && k < ps_dump_problem_count(dump); k++)
            told = told || names_limit(ps_dump_problem_at(dump, k)->reason, name);
        ps_dump_close(dump);
        dump = NULL;
    }
    for (size_t i = 0; i < DUMP_SAMPLES; i++)
        dump_sample_free(&samples[i]);
    return told;
}

static bool elf_tells(const ps_limits *limits, const char *name)
{
    return sample_tells("ELF core, 64 bits", limits, name);
}

static bool lime_tells(const ps_limits *limits, const char *name)
{
    return sample_tells("LiME image", limits, name);
}

static bool ranges_tell(const ps_limits *limits, const char *name)
{
    return sample_tells("page ranges, type 8", limits, name);
}

/* --- lists of a kernel ----------------------------------------------------------------------- */

static bool modules_tell(const ps_limits *limits, const char *name)
{
    world *w = new_world(8, WORLD_BUILD_64);
    const uint64_t head = w->base + WORLD_DATA;
    uint64_t entries[3];
    ps_error err;

    for (unsigned i = 0; i < 3; i++) {
        entries[i] = take(w, 0x100);
        put_string(w, entries[i] + 0x58, "acme.sys");
    }
    put_list(w, head, entries, 3);
    w->dump.file.facts.loaded_modules = head;
    open_within(w, limits);
    return answer(w, ps_modules_walk(&w->dump.kernel, &err), &err, name);
}

static bool processes_tell(const ps_limits *limits, const char *name)
{
    world *w = whole_world(8);
    const ps_dump_process *items;
    ps_error err;
    size_t count;

    open_within(w, limits);
    return answer(w, ps_dump_processes(&w->dump, &items, &count, &err), &err, name);
}

static bool lookasides_tell(const ps_limits *limits, const char *name)
{
    world *w = whole_world(8);
    const ps_dump_lookaside *items;
    uint64_t entries[3];
    ps_error err;
    size_t count;

    for (unsigned i = 0; i < 3; i++) {
        const uint64_t list = take(w, 0x80);
        put(w, list + 0x28, WORLD_TAG('L', 'o', 'o', 'k'), 4);
        put(w, list + 0x2C, 64, 4);
        entries[i] = list + 0x40;
    }
    put_list(w, w->base + WORLD_DATA + 0x40, entries, 3);
    open_within(w, limits);
    return answer(w, ps_dump_lookasides(&w->dump, &items, &count, &err), &err, name);
}

static bool verified_tell(const ps_limits *limits, const char *name)
{
    world *w = whole_world(4);
    const ps_dump_verified *items;
    uint64_t entries[3];
    ps_error err;
    size_t count;

    for (unsigned i = 0; i < 3; i++) {
        entries[i] = take(w, 0x100);
        put_string(w, entries[i] + 0x10, "acme.sys");
    }
    put_list(w, w->base + WORLD_DATA + 0x50, entries, 3);
    open_within(w, limits);
    return answer(w, ps_dump_verified_drivers(&w->dump, &items, &count, &err), &err, name);
}

/* --- modules in memory ----------------------------------------------------------------------- */

static bool exports_tell(const ps_limits *limits, const char *name)
{
    world *w = whole_world(8);
    const ps_dump_export *items;
    ps_read_status status;
    ps_error err;
    size_t count;

    open_within(w, limits);
    return answer(w, ps_dump_exports(&w->dump, 0, &items, &count, &status, &err), &err, name);
}

/* Three slots of an import address table, each with an address that is no module's. */
static bool imports_tell(const ps_limits *limits, const char *name)
{
    world *w = whole_world(8);
    const uint64_t directory = w->base + 0x80 + 24 + 0x70 + 12 * 8;
    ps_dump_imports *imports;
    ps_error err;
    bool done;

    put(w, directory, 0x4000, 4);
    put(w, directory + 4, 24, 4);
    for (uint64_t i = 0; i < 3; i++)
        put(w, w->base + 0x4000 + 8 * i, w->base + 0x200000 + i, 8);
    open_within(w, limits);
    done = ps_dump_imports_open(&imports, &w->dump, w->base, &err);
    ps_dump_imports_close(imports);
    return answer(w, done, &err, name);
}

static bool image_tells(const ps_limits *limits, const char *name)
{
    world *w = whole_world(8);
    ps_dump_file file;
    ps_error err;
    bool done;

    open_within(w, limits);
    done = ps_dump_file_open(&w->dump, w->base, &file, &err);
    ps_dump_file_close(&file);
    return answer(w, done, &err, name);
}

static void each_limit_is_obeyed_and_told(void **state)
{
    static const char *const beginnings[] = {"dump", NULL};
    static const trial trials[] = {
        {"dump_segments", elf_tells, 2},       {"dump_ranges", lime_tells, 2},
        {"dump_ranges", ranges_tell, 0},       {"dump_modules", modules_tell, 3},
        {"dump_processes", processes_tell, 4}, {"dump_lookasides", lookasides_tell, 3},
        {"dump_verified", verified_tell, 3},   {"dump_exports", exports_tell, 3},
        {"dump_imports", imports_tell, 3},     {"dump_image_bytes", image_tells, WORLD_IMAGE},
    };

    (void)state;
    all_obey(trials, sizeof trials / sizeof trials[0], beginnings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_limit_is_obeyed_and_told)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

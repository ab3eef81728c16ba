/* dump_query_test.c - exports, imports, names, files of modules and searches, in the memory of a small
 * kernel and its driver that is cut into pieces. */
#include "dump/dump.h"
#include "dump/imports.h"
#include "support/failing.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL UINT64_C(0xFFFFF80000000000)
#define DRIVER UINT64_C(0xFFFFF88000000000)

enum {
    IMAGE = 0x4000,
    EXPORTS = 0x1000,
    DESCRIPTORS = 0x2000, /* of the driver */
    SLOTS = 0x3000,
    FIRST = 0x800, /* RVA of the first export; the others follow at distances of 16 */
    PIECES_LIMIT = 64,
};

typedef struct setting {
    uint8_t bytes[2 * IMAGE], file[2 * IMAGE]; /* as they lie in memory, and in the file */
    ps_dump_module modules[2];
    ps_source *source;
    ps_run runs[PIECES_LIMIT];
    ps_dump dump;
} setting;

static void put(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void put_headers(uint8_t *image, const uint32_t directories[16][2])
{
    memcpy(image, "MZ", 2);
    put(image + 0x3C, 0x80, 4);
    memcpy(image + 0x80, "PE\0\0", 4);
    put(image + 0x84, 0x8664, 2);
    put(image + 0x86, 1, 2);
    put(image + 0x88, 0x5F000000, 4);
    put(image + 0x94, 0xF0, 2);
    put(image + 0x96, 0x22, 2);
    put(image + 0x98, 0x20B, 2);
    put(image + 0x98 + 0x20, 0x1000, 4);
    put(image + 0x98 + 0x24, 0x200, 4);
    put(image + 0x98 + 0x38, IMAGE, 4);
    put(image + 0x98 + 0x3C, 0x400, 4);
    put(image + 0x98 + 0x44, 1, 2);
    put(image + 0x98 + 0x6C, 16, 4);
    for (size_t i = 0; i < 16; i++) {
        put(image + 0x98 + 0x70 + 8 * i, directories[i][0], 4);
        put(image + 0x98 + 0x74 + 8 * i, directories[i][1], 4);
    }
    memcpy(image + 0x188, ".data", 5);
    put(image + 0x188 + 8, IMAGE - 0x1000, 4);
    put(image + 0x188 + 12, 0x1000, 4);
    put(image + 0x188 + 36, 0xC0000040, 4);
}

static const char *const names[] = {"ExAllocatePool", "ExFreePool", "IoDeleteDevice",
                                    "RtlForwarded"};
enum { NAMES = sizeof names / sizeof names[0] };

static void put_kernel(uint8_t *image)
{
    const uint32_t directories[16][2] = {[0] = {EXPORTS, 0x400}};
    uint8_t *at = image + EXPORTS;
    uint32_t text = EXPORTS + 0x200;

    put_headers(image, directories);
    put(at + 16, 1, 4);
    put(at + 20, NAMES, 4);
    put(at + 24, NAMES, 4);
    put(at + 28, EXPORTS + 0x40, 4);
    put(at + 32, EXPORTS + 0x80, 4);
    put(at + 36, EXPORTS + 0xC0, 4);
    for (uint32_t i = 0; i < NAMES; i++) {
        const bool forwarded = i + 1 == NAMES;
        put(image + EXPORTS + 0x40 + 4 * i, forwarded ? text : FIRST + (NAMES - i) * 16, 4);
        put(image + EXPORTS + 0x80 + 4 * i, text, 4);
        put(image + EXPORTS + 0xC0 + 2 * i, i, 2);
        memcpy(image + text, names[i], strlen(names[i]));
        text += 32;
    }
}

/* Imports of the first three names; the second module's slots point at them. */
static void put_driver(uint8_t *image)
{
    const uint32_t directories[16][2] = {[1] = {DESCRIPTORS, 40}, [12] = {SLOTS, 32}};

    put_headers(image, directories);
    put(image + DESCRIPTORS, DESCRIPTORS + 0x40, 4);
    put(image + DESCRIPTORS + 12, DESCRIPTORS + 0x100, 4);
    put(image + DESCRIPTORS + 16, SLOTS, 4);
    memcpy(image + DESCRIPTORS + 0x100, "ntoskrnl.exe", 12);
    for (uint32_t i = 0; i < 3; i++) {
        const uint32_t text = DESCRIPTORS + 0x200 + 32 * i;
        put(image + DESCRIPTORS + 0x40 + 8 * i, text, 8);
        memcpy(image + text + 2, names[i], strlen(names[i]));
        put(image + SLOTS + 8 * i, KERNEL + FIRST + (NAMES - i) * 16, 8);
    }
}

/* Pages of both images, in turn from the back to the front: none follows another in the file. */
static void cut(setting *s)
{
    const size_t pages = sizeof s->bytes / PS_FRAME_SIZE;
    ps_ranges *ranges = &s->dump.file.ranges;

    for (size_t i = 0; i < pages; i++) {
        const uint64_t base = i < pages / 2 ? KERNEL : DRIVER - IMAGE;
        s->runs[i] =
            (ps_run){base + i * PS_FRAME_SIZE, PS_FRAME_SIZE, (pages - 1 - i) * PS_FRAME_SIZE};
    }
    ranges->runs = s->runs;
    ranges->count = pages;
    ranges->source = s->source;
}

static void open_setting(setting *s)
{
    const size_t pages = sizeof s->file / PS_FRAME_SIZE;

    for (size_t i = 0; i < pages; i++)
        memcpy(s->file + (pages - 1 - i) * PS_FRAME_SIZE, s->bytes + i * PS_FRAME_SIZE,
               PS_FRAME_SIZE);
    ps_source_close(s->source);
    assert_true(ps_source_memory(&s->source, s->file, sizeof s->file, NULL));
    s->dump.source = s->source;
    assert_true(ps_bounds_open(&s->dump.file.bounds, NULL, NULL));
    s->dump.file.facts.bits = 64;
    s->dump.file.facts.container = PS_CONTAINER_TRIAGE;
    cut(s);
    ps_space_init(&s->dump.kernel.space, &s->dump.file, PS_PAGING_PIECES, 0, 19041);
    s->dump.kernel.has_space = true;
    s->dump.kernel.file = &s->dump.file;
    s->modules[0] = (ps_dump_module){.name = "ntoskrnl.exe", .base = KERNEL, .size = IMAGE};
    s->modules[1] = (ps_dump_module){.name = "acme.sys", .base = DRIVER, .size = IMAGE};
    s->dump.kernel.modules = s->modules;
    s->dump.kernel.module_count = s->dump.kernel.loaded_count = 2;
}

static setting *new_setting(void)
{
    setting *s = calloc(1, sizeof *s);

    assert_non_null(s);
    put_kernel(s->bytes);
    put_driver(s->bytes + IMAGE);
    open_setting(s);
    return s;
}

static void free_setting(setting *s)
{
    ps_exports_free(&s->dump.exports);
    free(s->dump.file.problems);
    ps_arena_free(&s->dump.file.arena);
    ps_source_close(s->source);
    free(s);
}

/* Take a page of the second image away. */
static void lose(setting *s, uint64_t address)
{
    ps_ranges *ranges = &s->dump.file.ranges;
    size_t kept = 0;

    for (size_t i = 0; i < ranges->count; i++)
        if (ranges->runs[i].address != address)
            ranges->runs[kept++] = ranges->runs[i];
    ranges->count = kept;
}

/* --- tests ----------------------------------------------------------------------------------- */

static void exports_are_sorted_and_name_addresses(void **state)
{
    setting *s = new_setting();
    const ps_dump_export *items;
    ps_dump_name name;
    ps_read_status status;
    ps_error err;
    size_t count;

    (void)state;
    assert_true(ps_dump_exports(&s->dump, 0, &items, &count, &status, &err));
    assert_int_equal(status, PS_READ_OK);
    assert_int_equal(count, NAMES);
    assert_string_equal(items[0].name, "IoDeleteDevice");
    assert_string_equal(items[2].name, "ExAllocatePool");
    assert_true(items[3].forwarded);
    assert_true(ps_dump_near(&s->dump, items[2].address + 5, &name, &err));
    assert_string_equal(name.name, "ExAllocatePool");
    assert_int_equal(name.address, items[2].address);
    assert_true(ps_dump_near(&s->dump, KERNEL + 4, &name, &err));
    assert_null(name.name);
    assert_true(ps_dump_near(&s->dump, 0x1000, &name, &err));
    assert_null(name.module);
    assert_true(ps_dump_exports(&s->dump, 99, &items, &count, &status, &err));
    assert_int_equal(count, 0);
    free_setting(s);
}

static void exports_whose_pages_are_missing_say_so(void **state)
{
    setting *s = new_setting();
    const ps_dump_export *items;
    ps_read_status status;
    size_t count;

    (void)state;
    lose(s, KERNEL + EXPORTS);
    assert_true(ps_dump_exports(&s->dump, 0, &items, &count, &status, NULL));
    assert_int_equal(count, 0);
    assert_int_equal(status, PS_READ_NOT_IN_DUMP);
    free_setting(s);
}

static void exports_without_end_are_bounded(void **state)
{
    setting *s = new_setting();
    const ps_dump_export *items;
    ps_read_status status;
    size_t count;

    (void)state;
    put(s->bytes + EXPORTS + 20, UINT32_MAX, 4);
    put(s->bytes + EXPORTS + 24, UINT32_MAX, 4);
    open_setting(s);
    assert_true(ps_dump_exports(&s->dump, 0, &items, &count, &status, NULL));
    assert_int_equal(status, PS_READ_NOT_IN_DUMP);
    free_setting(s);
}

static void check_imports(setting *s, ps_import_source source)
{
    ps_dump_imports *imports;
    ps_read_status missing;
    ps_error err = {0};

    assert_true(ps_dump_imports_open(&imports, &s->dump, DRIVER, &err));
    assert_int_equal(ps_dump_imports_source(imports, &missing), source);
    assert_int_equal(ps_dump_imports_count(imports), 3);
    for (size_t i = 0; i < 3; i++) {
        const ps_dump_import *item = ps_dump_imports_at(imports, i);
        assert_string_equal(item->name, names[i]);
        assert_string_equal(item->dll, "ntoskrnl.exe");
        assert_int_equal(item->slot, DRIVER + SLOTS + 8 * i);
        assert_int_equal(item->target, KERNEL + FIRST + (NAMES - i) * 16);
    }
    assert_null(ps_dump_imports_at(imports, 3));
    ps_dump_imports_close(imports);
}

static void imports_are_named_by_their_descriptors(void **state)
{
    setting *s = new_setting();

    (void)state;
    check_imports(s, PS_IMPORTS_DESCRIPTORS);
    free_setting(s);
}

static void imports_without_descriptors_are_named_by_what_they_point_at(void **state)
{
    setting *s = new_setting();

    (void)state;
    lose(s, DRIVER + DESCRIPTORS);
    check_imports(s, PS_IMPORTS_TABLE);
    free_setting(s);
    s = new_setting();
    memset(s->bytes + IMAGE + DESCRIPTORS, 0x90, 0x1000); /* used again for something else */
    open_setting(s);
    check_imports(s, PS_IMPORTS_TABLE);
    put(s->bytes + IMAGE + 0x98 + 0x70 + 8 * 12, 0, 8); /* and the header names no table */
    open_setting(s);
    check_imports(s, PS_IMPORTS_SCAN);
    free_setting(s);
}

static void imports_of_a_module_without_a_header_are_an_error(void **state)
{
    setting *s = new_setting();
    ps_dump_imports *imports;
    ps_error err = {0};

    (void)state;
    lose(s, DRIVER);
    assert_false(ps_dump_imports_open(&imports, &s->dump, DRIVER, &err));
    assert_non_null(strstr(err.text, "not in the dump"));
    free_setting(s);
}

static void check_file(setting *s, uint64_t missing)
{
    ps_dump_file file;
    ps_driver *driver;
    ps_error err = {0};

    assert_true(ps_dump_file_open(&s->dump, DRIVER, &file, &err));
    assert_int_equal(file.missing_pages, missing);
    assert_int_equal(file.rebuilt_imports, missing > 0 ? 3 : 0);
    assert_true(ps_driver_parse(&driver, file.bytes, file.size, &err));
    assert_int_equal(ps_driver_import_count(driver), 3);
    for (size_t i = 0; i < 3; i++) {
        const ps_import *import = ps_driver_import_at(driver, i);
        assert_string_equal(import->name, names[i]);
        assert_int_equal(import->slot_rva, SLOTS + 8 * i);
    }
    ps_driver_close(driver);
    ps_dump_file_close(&file);
}

static void a_module_is_written_back_as_a_file(void **state)
{
    setting *s = new_setting();

    (void)state;
    check_file(s, 0);
    lose(s, DRIVER + DESCRIPTORS);
    check_file(s, 1);
    free_setting(s);
}

static ps_dump_found search(setting *s, const char *pattern, size_t step, size_t limit)
{
    const ps_dump_query query = {.start = KERNEL,
                                 .length = IMAGE,
                                 .pattern = pattern,
                                 .size = strlen(pattern),
                                 .step = step,
                                 .limit = limit};
    ps_dump_found found;
    ps_error err = {0};

    assert_true(ps_dump_search(&s->dump, &query, &found, &err));
    return found;
}

static void a_search_finds_what_lies_across_pages(void **state)
{
    setting *s = new_setting();
    ps_dump_found found;

    (void)state;
    memcpy(s->bytes + 0x2000 - 3, "seam", 4);
    memcpy(s->bytes + 0x3FFC, "last", 4);
    open_setting(s);
    found = search(s, "seam", 1, 0);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.addresses[0], KERNEL + 0x2000 - 3);
    assert_int_equal(found.searched, IMAGE);
    ps_dump_found_free(&found);
    found = search(s, "seam", 4, 0);
    assert_int_equal(found.count, 0);
    ps_dump_found_free(&found);
    found = search(s, "last", 4, 0);
    assert_int_equal(found.count, 1);
    ps_dump_found_free(&found);
    lose(s, KERNEL + 0x2000);
    found = search(s, "seam", 1, 0);
    assert_int_equal(found.count, 0);
    assert_int_equal(found.missing, PS_FRAME_SIZE);
    assert_int_equal(found.missing_status, PS_READ_NOT_IN_DUMP);
    ps_dump_found_free(&found);
    free_setting(s);
}

static void a_search_ends_at_its_limit(void **state)
{
    setting *s = new_setting();
    ps_dump_found found;

    (void)state;
    for (size_t i = 0; i < 100; i++)
        memcpy(s->bytes + 0x2000 + 8 * i, "manytime", 8);
    open_setting(s);
    found = search(s, "manytime", 8, 0);
    assert_int_equal(found.count, 100);
    assert_false(found.more);
    ps_dump_found_free(&found);
    found = search(s, "manytime", 8, 10);
    assert_int_equal(found.count, 10);
    assert_true(found.more);
    assert_int_equal(found.addresses[9], KERNEL + 0x2000 + 72);
    ps_dump_found_free(&found);
    free_setting(s);
}

static void a_search_for_nothing_is_refused(void **state)
{
    setting *s = new_setting();
    ps_dump_query query = {.start = KERNEL, .length = IMAGE, .pattern = "", .step = 1};
    ps_dump_found found;
    ps_error err = {0};

    (void)state;
    assert_false(ps_dump_search(&s->dump, &query, &found, &err));
    query.pattern = "a";
    query.size = 1;
    query.physical = true;
    assert_false(ps_dump_search(&s->dump, &query, &found, &err));
    assert_non_null(strstr(err.text, "physical"));
    free_setting(s);
}

static bool settle(bool worked, const ps_error *err)
{
    assert_true(worked || err->code == PS_ENOMEM);
    return worked;
}

static bool queries(void *context)
{
    setting *s = context;
    const ps_dump_query query = {.start = KERNEL,
                                 .length = IMAGE,
                                 .pattern = "ExAllocatePool",
                                 .size = 14,
                                 .step = 1,
                                 .threads = 1};
    ps_dump_found found = {0};
    ps_dump_file file = {0};
    ps_dump_name name;
    ps_error err = {0};
    const bool worked = settle(ps_dump_near(&s->dump, KERNEL + FIRST + 64, &name, &err) &&
                                   ps_dump_file_open(&s->dump, DRIVER, &file, &err) &&
                                   ps_dump_search(&s->dump, &query, &found, &err),
                               &err);

    ps_dump_file_close(&file);
    ps_dump_found_free(&found);
    ps_exports_free(&s->dump.exports);
    return worked;
}

static void queries_survive_refused_memory(void **state)
{
    setting *s = new_setting();

    (void)state;
    lose(s, DRIVER + DESCRIPTORS);
    assert_true(failing_each(queries, s) > 10);
    free_setting(s);
}

/* Every byte of the headers and tables of both images, changed: nothing is read that is not there. */
static void damaged_tables_are_survived(void **state)
{
    static const uint8_t values[] = {0x00, 0x7F, 0xFF};
    setting *s = new_setting();
    ps_dump_file file;
    ps_error err;

    (void)state;
    for (size_t at = 0; at < sizeof s->bytes; at += at % 0x1000 < 0x240 ? 1 : 64) {
        const uint8_t before = s->bytes[at];
        for (size_t i = 0; i < sizeof values; i++) {
            s->bytes[at] = values[i];
            open_setting(s);
            if (ps_dump_file_open(&s->dump, DRIVER, &file, &err))
                ps_dump_file_close(&file);
            ps_exports_free(&s->dump.exports);
        }
        s->bytes[at] = before;
    }
    free_setting(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exports_are_sorted_and_name_addresses),
        cmocka_unit_test(exports_whose_pages_are_missing_say_so),
        cmocka_unit_test(exports_without_end_are_bounded),
        cmocka_unit_test(imports_are_named_by_their_descriptors),
        cmocka_unit_test(imports_without_descriptors_are_named_by_what_they_point_at),
        cmocka_unit_test(imports_of_a_module_without_a_header_are_an_error),
        cmocka_unit_test(a_module_is_written_back_as_a_file),
        cmocka_unit_test(a_search_finds_what_lies_across_pages),
        cmocka_unit_test(a_search_ends_at_its_limit),
        cmocka_unit_test(a_search_for_nothing_is_refused),
        cmocka_unit_test(queries_survive_refused_memory),
        cmocka_unit_test(damaged_tables_are_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

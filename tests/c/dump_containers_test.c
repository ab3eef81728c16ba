/* dump_containers_test.c - every container gives back the pages that were put into it, says what is
 * cut, and refuses what contradicts itself. */
#include "dump/dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAGE = 4096, MOST = 1 << 20 };

/* A file in the making. */
typedef struct image {
    uint8_t *bytes;
    size_t size;
} image;

static image new_image(void)
{
    image i = {calloc(1, MOST), 0};

    assert_non_null(i.bytes);
    return i;
}

static void put(image *i, size_t at, uint64_t value, size_t size)
{
    assert_true(at + size <= MOST);
    for (size_t k = 0; k < size; k++)
        i->bytes[at + k] = (uint8_t)(value >> 8 * k);
    if (at + size > i->size)
        i->size = at + size;
}

static void put_text(image *i, size_t at, const char *text)
{
    for (size_t k = 0; text[k] != '\0'; k++)
        put(i, at + k, (uint8_t)text[k], 1);
}

/* A page that tells which frame it is. */
static void put_page(image *i, size_t at, uint64_t frame)
{
    for (size_t k = 0; k < PAGE; k += 8)
        put(i, at + k, frame << 16 | k, 8);
}

static void put_header(image *i, bool wide, uint32_t type)
{
    const size_t size = wide ? 0x2000 : 0x1000;

    for (size_t k = 0; k < size; k += 4)
        put_text(i, k, "PAGE");
    put_text(i, 4, wide ? "DU64" : "DUMP");
    put(i, 8, 15, 4);
    put(i, 0xC, wide ? 19041 : 3790, 4);
    put(i, wide ? 0x30 : 0x20, wide ? 0x8664 : 0x14C, 4);
    put(i, wide ? 0x34 : 0x24, 2, 4);
    put(i, wide ? 0x38 : 0x28, 0xD1, 4);
    put(i, wide ? 0xF98 : 0xF88, type, 4);
}

static char *write_image(const image *i, size_t size)
{
    static char path[64];
    int fd;

    (void)snprintf(path, sizeof path, "/tmp/poolsleuth-dump-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, i->bytes, size), (ssize_t)size);
    (void)close(fd);
    return path;
}

static bool open_image(const image *i, size_t size, ps_dump **dump, ps_error *err)
{
    char *path = write_image(i, size);
    const bool done = ps_dump_open(dump, path, NULL, err);

    (void)unlink(path);
    return done;
}

static void frame_is(ps_dump *dump, uint64_t frame, bool present)
{
    uint64_t words[2] = {0, 0};
    size_t got;
    const ps_read_status status =
        ps_dump_read_physical(dump, frame * PAGE + 0x10, words, sizeof words, &got);

    if (!present) {
        assert_int_equal(status, PS_READ_NOT_IN_DUMP);
        assert_int_equal(got, 0);
        return;
    }
    assert_int_equal(status, PS_READ_OK);
    assert_true(words[0] == (frame << 16 | 0x10));
    assert_true(words[1] == (frame << 16 | 0x18));
}

/* Which of the first frames are there, walked by runs. */
static void runs_are(ps_dump *dump, const uint64_t *frames, size_t count)
{
    uint64_t at = 0;
    size_t found = 0;
    ps_run run;

    while (ps_physical_next(dump->file.physical, at, &run)) {
        for (uint64_t k = 0; k < run.size; k += PAGE) {
            assert_true(found < count);
            assert_true(run.address + k == frames[found] * PAGE);
            found++;
        }
        at = run.address + run.size;
    }
    assert_int_equal(found, count);
}

static void problems_are(const ps_dump *dump, size_t count)
{
    for (size_t i = count; i < ps_dump_problem_count(dump); i++)
        print_message("%s\n", ps_dump_problem_at(dump, i)->reason);
    assert_int_equal(ps_dump_problem_count(dump), count);
}

/* The kernel is not in these files: one remark says so. */
enum { WITHOUT_KERNEL = 1 };

/* --- Windows dumps --------------------------------------------------------------------------- */

static image full_dump(bool wide)
{
    static const uint64_t runs[][2] = {{1, 2}, {5, 1}};
    const size_t first = wide ? 0x2000 : 0x1000;
    image i = new_image();

    put_header(&i, wide, 1);
    put(&i, wide ? 0x88 : 0x64, 2, 4);
    put(&i, wide ? 0x90 : 0x68, 3, wide ? 8 : 4);
    for (size_t k = 0; k < 2; k++) {
        put(&i, wide ? 0x98 + 16 * k : 0x6C + 8 * k, runs[k][0], wide ? 8 : 4);
        put(&i, wide ? 0xA0 + 16 * k : 0x70 + 8 * k, runs[k][1], wide ? 8 : 4);
    }
    put_page(&i, first, 1);
    put_page(&i, first + PAGE, 2);
    put_page(&i, first + 2 * PAGE, 5);
    return i;
}

static void full_dumps_hold_runs(void **state)
{
    static const uint64_t frames[] = {1, 2, 5};

    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        image i = full_dump(wide != 0);
        const ps_dump_facts *facts;
        ps_dump *dump;

        assert_true(open_image(&i, i.size, &dump, NULL));
        facts = ps_dump_get_facts(dump);
        assert_int_equal(facts->container, PS_CONTAINER_FULL);
        assert_int_equal(facts->bits, wide ? 64 : 32);
        assert_int_equal(facts->build, wide ? 19041 : 3790);
        assert_int_equal(facts->bugcheck, 0xD1);
        assert_string_equal(facts->bugcheck_name, "DRIVER_IRQL_NOT_LESS_OR_EQUAL");
        assert_false(facts->has_time);
        assert_null(facts->comment);
        assert_true(facts->present_pages == 3);
        problems_are(dump, WITHOUT_KERNEL);
        runs_are(dump, frames, 3);
        for (uint64_t frame = 0; frame < 8; frame++)
            frame_is(dump, frame, frame == 1 || frame == 2 || frame == 5);
        ps_dump_close(dump);
        free(i.bytes);
    }
}

static void a_cut_dump_says_so(void **state)
{
    image i = full_dump(true);
    ps_dump *dump;

    (void)state;
    assert_true(open_image(&i, i.size - PAGE, &dump, NULL));
    assert_true(ps_dump_get_facts(dump)->present_pages == 2);
    assert_true(ps_dump_get_facts(dump)->announced_pages == 3);
    problems_are(dump, 1 + WITHOUT_KERNEL);
    assert_int_equal(ps_dump_problem_at(dump, 0)->severity, PS_REFUSED);
    frame_is(dump, 2, true);
    frame_is(dump, 5, false);
    ps_dump_close(dump);
    free(i.bytes);
}

static void a_header_without_a_body_is_described(void **state)
{
    image i = full_dump(true);
    ps_dump *dump;
    ps_error err;

    (void)state;
    assert_true(open_image(&i, 0x2000, &dump, NULL));
    assert_true(ps_dump_get_facts(dump)->present_pages == 0);
    problems_are(dump, 1);
    ps_dump_close(dump);
    for (size_t size = 8; size < 0x2000; size += 0x3FF) {
        assert_false(open_image(&i, size, &dump, &err));
        assert_null(dump);
        assert_int_equal(err.code, PS_ETRUNCATED);
    }
    free(i.bytes);
}

static void run_counts_that_no_header_has_are_refused(void **state)
{
    static const uint64_t counts[] = {0, 44, 0x45474150, UINT32_MAX};
    ps_dump *dump;
    ps_error err;

    (void)state;
    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
        image i = full_dump(true);
        put(&i, 0x88, counts[k], 4);
        assert_false(open_image(&i, i.size, &dump, &err));
        assert_int_equal(err.code, PS_EFORMAT);
        free(i.bytes);
    }
}

static void runs_beyond_all_memory_are_refused(void **state)
{
    static const uint64_t bad[][2] = {{UINT64_C(1) << 40, 1}, {1, UINT64_MAX}, {UINT64_MAX, 2}};
    ps_dump *dump;
    ps_error err;

    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        image i = full_dump(true);
        put(&i, 0x98, bad[k][0], 8);
        put(&i, 0xA0, bad[k][1], 8);
        assert_false(open_image(&i, i.size, &dump, &err));
        assert_int_equal(err.code, PS_EFORMAT);
        free(i.bytes);
    }
}

/* Frames 0, 3, 9 and the last one of an odd count of bits. */
static image bitmap_dump(bool wide, uint32_t type, size_t pad, uint64_t bits, uint64_t *frames)
{
    const size_t at = wide ? 0x2000 : 0x1000;
    const size_t first = at + 0x38 + (size_t)(bits + 7) / 8 + pad;
    image i = new_image();

    put_header(&i, wide, type);
    put_text(&i, at, "SDMPDUMP");
    put(&i, at + 0x20, first, 8);
    put(&i, at + 0x28, 4, 8);
    put(&i, at + 0x30, bits, 8);
    frames[0] = 0, frames[1] = 3, frames[2] = 9, frames[3] = bits - 1;
    for (size_t k = 0; k < 4; k++) {
        const size_t byte = at + 0x38 + (size_t)(frames[k] / 8);
        put(&i, byte, i.bytes[byte] | 1U << frames[k] % 8, 1);
        put_page(&i, first + k * PAGE, frames[k]);
    }
    return i;
}

static void bitmap_dumps_hold_every_last_frame(void **state)
{
    static const uint64_t sizes[] = {16, 13, 64, 69, 32768, 32769, 40001};
    static const size_t pads[] = {0, 1, 0xFC8};

    (void)state;
    for (unsigned k = 0; k < sizeof sizes / sizeof sizes[0] * 3 * 2; k++) {
        const bool wide = k % 2 == 0;
        uint64_t frames[4];
        image i = bitmap_dump(wide, 5 + k % 3, pads[k % 3],
                              sizes[k % (sizeof sizes / sizeof sizes[0])], frames);
        ps_dump *dump;

        assert_true(open_image(&i, i.size, &dump, NULL));
        assert_int_equal(ps_dump_get_facts(dump)->container, PS_CONTAINER_BITMAP);
        assert_true(ps_dump_get_facts(dump)->present_pages == 4);
        problems_are(dump, WITHOUT_KERNEL);
        runs_are(dump, frames, 4);
        for (size_t n = 0; n < 4; n++)
            frame_is(dump, frames[n], true);
        frame_is(dump, 1, false);
        frame_is(dump, frames[3] + 1, false);
        ps_dump_close(dump);
        free(i.bytes);
    }
}

static void a_bitmap_that_cannot_be_is_refused(void **state)
{
    static const struct {
        size_t at;
        uint64_t value;
    } bad[] = {{0x2030, 0}, {0x2030, UINT64_MAX}, {0x2030, UINT64_C(1) << 41}, {0x2020, 0x2037},
               {0x2020, 0}, {0x2000, 0},          {0x2030, 0x7FFFFFFF}};
    ps_dump *dump;
    ps_error err;

    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        uint64_t frames[4];
        image i = bitmap_dump(true, 6, 0, 64, frames);
        put(&i, bad[k].at, bad[k].value, 8);
        assert_false(open_image(&i, i.size, &dump, &err));
        assert_null(dump);
        free(i.bytes);
    }
}

static void a_wrong_count_of_pages_is_flagged(void **state)
{
    uint64_t frames[4];
    image i = bitmap_dump(true, 6, 0, 64, frames);
    ps_dump *dump;

    (void)state;
    put(&i, 0x2028, 5, 8);
    assert_true(open_image(&i, i.size, &dump, NULL));
    problems_are(dump, 1 + WITHOUT_KERNEL);
    assert_int_equal(ps_dump_problem_at(dump, 0)->severity, PS_FLAGGED);
    ps_dump_close(dump);
    free(i.bytes);
}

static void summary_dumps_have_a_bitmap_of_their_own(void **state)
{
    static const uint64_t frames[] = {2, 17};

    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        const size_t at = wide ? 0x2000 : 0x1000;
        image i = new_image();
        ps_dump *dump;

        put_header(&i, wide != 0, 2);
        put_text(&i, at, "SDMPDUMP");
        put(&i, at + 0xC, at + PAGE, 4);
        put(&i, at + 0x10, 24, 4);
        put(&i, at + 0x14, 2, 4);
        put(&i, at + 0x18, 24, 4);
        put(&i, at + (wide ? 0x28 : 0x20), 1U << 2 | 1U << 17, 3);
        put_page(&i, at + PAGE, 2);
        put_page(&i, at + 2 * PAGE, 17);
        assert_true(open_image(&i, i.size, &dump, NULL));
        assert_int_equal(ps_dump_get_facts(dump)->container, PS_CONTAINER_SUMMARY);
        problems_are(dump, WITHOUT_KERNEL);
        runs_are(dump, frames, 2);
        frame_is(dump, 17, true);
        frame_is(dump, 3, false);
        ps_dump_close(dump);
        free(i.bytes);
    }
}

static image range_dump(uint32_t type)
{
    const size_t first = 0x3000;
    image i = new_image();

    put_header(&i, true, type);
    put(&i, 0x2000, 0x40, 4);
    put_text(&i, 0x2004, "RDMPDUMP");
    put(&i, 0x2010, first - 0x2040 + 0x20, 8);
    put(&i, 0x2018, first, 8);
    put(&i, 0x2028, 3, 8);
    put(&i, 0x2030, 7, 8);
    put(&i, 0x2038, 1, 8);
    put(&i, 0x2040, 0x100, 8);
    put(&i, 0x2048, 2, 8);
    put_page(&i, first, 7);
    put_page(&i, first + PAGE, 0x100);
    put_page(&i, first + 2 * PAGE, 0x101);
    return i;
}

static void page_ranges_end_by_zero_or_by_count(void **state)
{
    static const uint64_t frames[] = {7, 0x100, 0x101};

    (void)state;
    for (uint32_t type = 8; type <= 10; type++) {
        image i = range_dump(type);
        ps_dump *dump;

        if (type == 10) /* not a range any more: the count has ended them */
            put(&i, 0x2050, 0x200, 8), put(&i, 0x2058, 1, 8);
        assert_true(open_image(&i, i.size, &dump, NULL));
        assert_int_equal(ps_dump_get_facts(dump)->container, PS_CONTAINER_RANGES);
        problems_are(dump, WITHOUT_KERNEL);
        runs_are(dump, frames, 3);
        frame_is(dump, 0x101, true);
        frame_is(dump, 0x102, false);
        ps_dump_close(dump);
        free(i.bytes);
    }
}

static void types_that_no_windows_writes_are_refused(void **state)
{
    image i = full_dump(true);
    ps_dump *dump;
    ps_error err;

    (void)state;
    put(&i, 0xF98, 11, 4);
    assert_false(open_image(&i, i.size, &dump, &err));
    assert_int_equal(err.code, PS_EUNSUPPORTED);
    put(&i, 0xF98, 1, 4);
    put(&i, 0x1050, 1U << 8, 4);
    assert_false(open_image(&i, i.size, &dump, &err));
    assert_non_null(strstr(err.text, "encrypted"));
    put(&i, 0x1050, 1U << 8 | 1U << 9, 4);
    assert_true(open_image(&i, i.size, &dump, NULL));
    ps_dump_close(dump);
    free(i.bytes);
}

/* --- others ---------------------------------------------------------------------------------- */

static void lime_ranges_are_read_to_the_first_that_is_none(void **state)
{
    static const uint64_t frames[] = {1, 2, 16};
    image i = new_image();
    ps_dump *dump;

    (void)state;
    put(&i, 0, 0x4C694D45, 4), put(&i, 4, 1, 4), put(&i, 8, PAGE, 8), put(&i, 16, 3 * PAGE - 1, 8);
    put_page(&i, 0x20, 1);
    put_page(&i, 0x20 + PAGE, 2);
    put(&i, 0x20 + 2 * PAGE, 0x4C694D45, 4), put(&i, 0x28 + 2 * PAGE, 16 * PAGE, 8);
    put(&i, 0x30 + 2 * PAGE, 17 * PAGE - 1, 8);
    put_page(&i, 0x40 + 2 * PAGE, 16);
    assert_true(open_image(&i, i.size, &dump, NULL));
    assert_int_equal(ps_dump_get_facts(dump)->container, PS_CONTAINER_LIME);
    runs_are(dump, frames, 3);
    frame_is(dump, 16, true);
    ps_dump_close(dump);
    put(&i, 0x20 + 2 * PAGE, 0, 4);
    assert_true(open_image(&i, i.size, &dump, NULL));
    runs_are(dump, frames, 2);
    problems_are(dump, 1 + WITHOUT_KERNEL);
    ps_dump_close(dump);
    free(i.bytes);
}

static void elf_cores_hold_segments_by_physical_address(void **state)
{
    static const uint64_t frames[] = {3, 4};
    image i = new_image();
    ps_dump *dump;
    ps_error err;

    (void)state;
    put_text(&i, 0, "\177ELF\2\1\1");
    put(&i, 16, 4, 2), put(&i, 18, 62, 2), put(&i, 32, 64, 8);
    put(&i, 54, 56, 2), put(&i, 56, 2, 2);
    put(&i, 64, 4, 4), put(&i, 72, 0x200, 8), put(&i, 96, 12 + 8 + 440, 8);
    put(&i, 120, 1, 4), put(&i, 128, 0x1000, 8), put(&i, 144, 3 * PAGE, 8);
    put(&i, 152, 2 * PAGE, 8), put(&i, 160, 2 * PAGE, 8);
    put(&i, 0x200, 5, 4), put(&i, 0x204, 440, 4), put_text(&i, 0x20C, "QEMU");
    put(&i, 0x214 + 8 + 144 + 240 + 24, 0x1AB000, 8);
    put_page(&i, 0x1000, 3);
    put_page(&i, 0x2000, 4);
    assert_true(open_image(&i, i.size, &dump, NULL));
    assert_int_equal(ps_dump_get_facts(dump)->container, PS_CONTAINER_ELF);
    assert_true(dump->file.qemu_cr3 == 0x1AB000);
    runs_are(dump, frames, 2);
    frame_is(dump, 4, true);
    frame_is(dump, 5, false);
    ps_dump_close(dump);
    put(&i, 16, 2, 2);
    assert_false(open_image(&i, i.size, &dump, &err));
    assert_non_null(strstr(err.text, "no core"));
    free(i.bytes);
}

static size_t put_tag(image *i, size_t at, const char *name, int index, uint64_t value)
{
    put(i, at, (uint64_t)(index >= 0 ? 1 : 0) << 6 | 4, 1);
    put(i, at + 1, strlen(name), 1);
    put_text(i, at + 2, name);
    at += 2 + strlen(name);
    if (index >= 0) {
        put(i, at, (uint64_t)index, 4);
        at += 4;
    }
    put(i, at, value, 4);
    return at + 4;
}

static void vmware_memory_lies_beside_its_state(void **state)
{
    static const uint64_t frames[] = {0, 1, 16};
    image memory = new_image();
    image regions = new_image();
    char vmem[64];
    size_t at = 0x100;
    ps_dump_options options = {0};
    ps_dump *dump;
    ps_error err;

    (void)state;
    put_page(&memory, 0, 0), put_page(&memory, PAGE, 1), put_page(&memory, 2 * PAGE, 16);
    put(&regions, 0, 0xBED3BED3, 4), put(&regions, 8, 1, 4);
    put_text(&regions, 12, "memory"), put(&regions, 12 + 64, at, 8);
    at = put_tag(&regions, at, "regionsCount", -1, 2);
    at = put_tag(&regions, at, "regionPPN", 0, 0);
    at = put_tag(&regions, at, "regionPageNum", 0, 0);
    at = put_tag(&regions, at, "regionSize", 0, 2);
    at = put_tag(&regions, at, "regionPPN", 1, 16);
    at = put_tag(&regions, at, "regionPageNum", 1, 2);
    at = put_tag(&regions, at, "regionSize", 1, 1);
    put(&regions, at, 0, 2);
    (void)snprintf(vmem, sizeof vmem, "%s", write_image(&memory, memory.size));
    options.companion = write_image(&regions, regions.size);
    assert_true(ps_dump_open(&dump, vmem, &options, NULL));
    assert_int_equal(ps_dump_get_facts(dump)->container, PS_CONTAINER_VMWARE);
    runs_are(dump, frames, 3);
    frame_is(dump, 16, true);
    frame_is(dump, 2, false);
    ps_dump_close(dump);
    assert_false(ps_dump_open(&dump, options.companion, NULL, &err));
    assert_non_null(strstr(err.text, ".vmem"));
    (void)unlink(vmem);
    (void)unlink(options.companion);
    free(memory.bytes);
    free(regions.bytes);
}

static void what_is_no_image_is_refused_with_advice(void **state)
{
    static const struct {
        const char *start;
        const char *advice;
    } others[] = {{"MDMP", "program"},
                  {"HIBR", "hibernation"},
                  {"MSCF", "cabinet"},
                  {"PK\3\4", "zip"},
                  {"vhdxfile", "virtual disk"}};
    ps_dump *dump;
    ps_error err;

    (void)state;
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
        image i = new_image();
        put_text(&i, 0, others[k].start);
        put(&i, 2 * PAGE, 0, 1);
        assert_false(open_image(&i, i.size, &dump, &err));
        assert_int_equal(err.code, PS_EUNSUPPORTED);
        assert_non_null(strstr(err.text, others[k].advice));
        free(i.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_dumps_hold_runs),
        cmocka_unit_test(a_cut_dump_says_so),
        cmocka_unit_test(a_header_without_a_body_is_described),
        cmocka_unit_test(run_counts_that_no_header_has_are_refused),
        cmocka_unit_test(runs_beyond_all_memory_are_refused),
        cmocka_unit_test(bitmap_dumps_hold_every_last_frame),
        cmocka_unit_test(a_bitmap_that_cannot_be_is_refused),
        cmocka_unit_test(a_wrong_count_of_pages_is_flagged),
        cmocka_unit_test(summary_dumps_have_a_bitmap_of_their_own),
        cmocka_unit_test(page_ranges_end_by_zero_or_by_count),
        cmocka_unit_test(types_that_no_windows_writes_are_refused),
        cmocka_unit_test(lime_ranges_are_read_to_the_first_that_is_none),
        cmocka_unit_test(elf_cores_hold_segments_by_physical_address),
        cmocka_unit_test(vmware_memory_lies_beside_its_state),
        cmocka_unit_test(what_is_no_image_is_refused_with_advice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

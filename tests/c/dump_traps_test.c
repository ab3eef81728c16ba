/* dump_traps_test.c - dumps that other readers are known to misread: long bitmaps and ones that end
 * within a byte or a word, first pages far away and at odd offsets, many runs, fields left as fill. */
#include "dump/dump.h"
#include "support/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAGE = 4096, HEADER = 0x2000, BITMAP = 0x2038, RANGES = 0x2030, MANY = 300 };

/* A file with holes in the making. */
typedef struct sparse {
    char path[48];
    int fd;
} sparse;

static void put(const sparse *s, uint64_t at, uint64_t value, size_t size)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    assert_int_equal(pwrite(s->fd, bytes, size, (off_t)at), (ssize_t)size);
}

static void put_text(const sparse *s, uint64_t at, const char *text)
{
    assert_int_equal(pwrite(s->fd, text, strlen(text), (off_t)at), (ssize_t)strlen(text));
}

/* A page that tells its frame, in its first and its last word. */
static void put_page(const sparse *s, uint64_t at, uint64_t frame)
{
    put(s, at, frame, 8);
    put(s, at + PAGE - 8, ~frame, 8);
}

static sparse new_dump(uint32_t type)
{
    sparse s = {.path = "/tmp/poolsleuth-traps-XXXXXX"};

    s.fd = mkstemp(s.path);
    assert_true(s.fd >= 0);
    for (uint64_t at = 0; at < HEADER; at += 8)
        put_text(&s, at, "PAGEPAGE");
    put_text(&s, 4, "DU64");
    put(&s, 0xC, 19041, 4);
    put(&s, 0x30, 0x8664, 4);
    put(&s, 0xF98, type, 4);
    return s;
}

static ps_dump *finish(const sparse *s)
{
    (void)close(s->fd);
    return machine_open(s->path);
}

static void frame_is_there(ps_dump *dump, uint64_t frame)
{
    uint64_t words[2] = {0, 0};
    size_t got;

    assert_int_equal(ps_dump_read_physical(dump, frame * PAGE, &words[0], 8, &got), PS_READ_OK);
    assert_int_equal(ps_dump_read_physical(dump, frame * PAGE + PAGE - 8, &words[1], 8, &got),
                     PS_READ_OK);
    assert_true(words[0] == frame && words[1] == ~frame);
}

static void frame_is_missing(ps_dump *dump, uint64_t frame)
{
    uint8_t byte;
    size_t got;

    assert_int_equal(ps_dump_read_physical(dump, frame * PAGE, &byte, 1, &got),
                     PS_READ_NOT_IN_DUMP);
}

/* A bitmap of some length with these frames, in their order. */
static ps_dump *bitmap_dump(uint64_t bits, uint64_t first, const uint64_t *frames, size_t count)
{
    const sparse s = new_dump(6);
    uint8_t byte = 0;

    put_text(&s, HEADER, "FDMPDUMP");
    put(&s, HEADER + 0x20, first, 8);
    put(&s, HEADER + 0x28, count, 8);
    put(&s, HEADER + 0x30, bits, 8);
    for (size_t i = 0; i < count; i++) {
        byte = i > 0 && frames[i] / 8 == frames[i - 1] / 8 ? byte : 0;
        byte |= (uint8_t)(1U << frames[i] % 8);
        put(&s, BITMAP + frames[i] / 8, byte, 1);
        put_page(&s, first + i * PAGE, frames[i]);
    }
    return finish(&s);
}

/* Where the length is divided by 8, by 64, or kept in 31 or 32 bits, the last frames are lost. */
static void no_length_of_a_bitmap_loses_frames(void **state)
{
    static const uint64_t lengths[] = {
        9, 63, 65, 127, 32767, 32768 + 63, UINT64_C(0x80000000) + 13, UINT64_C(0x100000000) + 77};

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        const uint64_t bits = lengths[i];
        const uint64_t frames[] = {1, bits - 2, bits - 1};
        ps_dump *dump = bitmap_dump(bits, BITMAP + bits / 8 + 1, frames, 3);

        assert_true(ps_dump_get_facts(dump)->present_pages == 3);
        for (size_t k = 0; k < 3; k++)
            frame_is_there(dump, frames[k]);
        frame_is_missing(dump, 0);
        frame_is_missing(dump, bits);
        ps_dump_close(dump);
    }
}

static void the_first_page_may_be_far_away_and_anywhere(void **state)
{
    static const uint64_t offsets[] = {BITMAP + 8, 0x3001, UINT64_C(17) << 20,
                                       (UINT64_C(17) << 20) + 0x38, UINT64_C(0x100000000) + 0x123};
    static const uint64_t frames[] = {0, 5, 63};

    (void)state;
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        ps_dump *dump = bitmap_dump(64, offsets[i], frames, 3);

        for (size_t k = 0; k < 3; k++)
            frame_is_there(dump, frames[k]);
        frame_is_missing(dump, 6);
        ps_dump_close(dump);
    }
}

static void bitmaps_have_as_many_runs_as_they_like(void **state)
{
    uint64_t frames[MANY];
    ps_dump *dump;

    (void)state;
    for (uint64_t i = 0; i < MANY; i++)
        frames[i] = i * 3 + 1;
    dump = bitmap_dump((uint64_t)MANY * 3, BITMAP + MANY, frames, MANY);
    for (size_t i = 0; i < MANY; i++) {
        frame_is_there(dump, frames[i]);
        frame_is_missing(dump, frames[i] + 1);
    }
    ps_dump_close(dump);
}

static void page_ranges_have_as_many_runs_as_they_like(void **state)
{
    const uint64_t first = RANGES + (uint64_t)MANY * 16 + 16;

    (void)state;
    for (uint32_t type = 8; type <= 10; type++) {
        const sparse s = new_dump(type);
        ps_dump *dump;

        put(&s, HEADER, 0x40, 4);
        put_text(&s, HEADER + 4, "RDMPDUMP");
        put(&s, HEADER + 0x10, first - 0x2040 + 0x20, 8);
        put(&s, HEADER + 0x18, first, 8);
        put(&s, HEADER + 0x28, MANY, 8);
        for (uint64_t i = 0; i < MANY; i++) {
            put(&s, RANGES + i * 16, i * 3 + 1, 8);
            put(&s, RANGES + i * 16 + 8, 1, 8);
            put_page(&s, first + i * PAGE, i * 3 + 1);
        }
        dump = finish(&s);
        for (uint64_t i = 0; i < MANY; i++)
            frame_is_there(dump, i * 3 + 1);
        ps_dump_close(dump);
    }
}

static void elf_cores_have_as_many_segments_as_they_like(void **state)
{
    sparse s = {.path = "/tmp/poolsleuth-traps-XXXXXX"};
    ps_dump *dump;

    (void)state;
    s.fd = mkstemp(s.path);
    assert_true(s.fd >= 0);
    put_text(&s, 0, "\177ELF\2\1\1");
    put(&s, 16, 4, 2), put(&s, 18, 62, 2), put(&s, 32, 64, 8);
    put(&s, 54, 56, 2), put(&s, 56, MANY, 2);
    for (uint64_t i = 0; i < MANY; i++) {
        const uint64_t page = 0x8000 + i * PAGE;
        put(&s, 64 + i * 56, 1, 4), put(&s, 64 + i * 56 + 8, page, 8);
        put(&s, 64 + i * 56 + 24, (i * 2 + 1) * PAGE, 8), put(&s, 64 + i * 56 + 32, PAGE, 8);
        put_page(&s, page, i * 2 + 1);
    }
    dump = finish(&s);
    for (uint64_t i = 0; i < MANY; i++)
        frame_is_there(dump, i * 2 + 1);
    ps_dump_close(dump);
}

/* The run list of a 64-bit header stands at 0x98, and the count of pages before it is no run. */
static void the_count_of_pages_is_no_run(void **state)
{
    sparse s = new_dump(1);
    ps_dump *dump;

    (void)state;
    put(&s, 0x88, 1, 4);
    put(&s, 0x90, 0x1234, 8);
    put(&s, 0x98, 7, 8);
    put(&s, 0xA0, 2, 8);
    put_page(&s, HEADER, 7);
    put_page(&s, HEADER + PAGE, 8);
    dump = finish(&s);
    frame_is_there(dump, 7);
    frame_is_there(dump, 8);
    frame_is_missing(dump, 9);
    ps_dump_close(dump);
}

/* What the writer left as fill is absent, in every field. */
static void fill_is_no_value(void **state)
{
    sparse s = new_dump(3);
    const ps_dump_facts *facts;
    ps_dump *dump;

    (void)state;
    dump = finish(&s);
    facts = ps_dump_get_facts(dump);
    assert_int_equal(facts->container, PS_CONTAINER_HEADER);
    assert_false(facts->has_bugcheck || facts->has_time || facts->has_uptime ||
                 facts->has_expected_size || facts->has_attributes || facts->checked_build);
    assert_true(facts->table_base == 0 && facts->loaded_modules == 0 && facts->processes == 0 &&
                facts->debugger_data == 0 && facts->processors == 0 && facts->product == 0);
    assert_null(facts->comment);
    ps_dump_close(dump);
}

/* Parameters may be left over from another crash, and a code may be stored sign-extended. */
static void parameters_without_a_code_are_no_crash(void **state)
{
    sparse s = new_dump(3);
    ps_dump *dump;

    (void)state;
    put(&s, 0x38, 0, 8);
    put(&s, 0x40, 0x1234, 8);
    dump = finish(&s);
    assert_false(ps_dump_get_facts(dump)->has_bugcheck);
    ps_dump_close(dump);
    s = new_dump(3);
    put(&s, 0x38, UINT64_C(0xFFFFFFFFC0000005), 8);
    dump = finish(&s);
    assert_true(ps_dump_get_facts(dump)->has_bugcheck);
    assert_int_equal(ps_dump_get_facts(dump)->bugcheck, 0xC0000005);
    ps_dump_close(dump);
}

/* A header without a type is read by what stands behind it. */
static void a_missing_type_is_guessed(void **state)
{
    static const uint64_t frames[] = {3, 4};
    sparse s = new_dump(0x45474150);
    ps_dump *dump;

    (void)state;
    put_text(&s, HEADER, "SDMPDUMP");
    put(&s, HEADER + 0x20, 0x3000, 8);
    put(&s, HEADER + 0x28, 2, 8);
    put(&s, HEADER + 0x30, 64, 8);
    put(&s, BITMAP, 1U << 3 | 1U << 4, 8);
    put_page(&s, 0x3000, 3);
    put_page(&s, 0x4000, 4);
    dump = finish(&s);
    assert_int_equal(ps_dump_get_facts(dump)->container, PS_CONTAINER_BITMAP);
    for (size_t i = 0; i < 2; i++)
        frame_is_there(dump, frames[i]);
    assert_true(machine_says(dump, "names no type"));
    ps_dump_close(dump);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_length_of_a_bitmap_loses_frames),
        cmocka_unit_test(the_first_page_may_be_far_away_and_anywhere),
        cmocka_unit_test(bitmaps_have_as_many_runs_as_they_like),
        cmocka_unit_test(page_ranges_have_as_many_runs_as_they_like),
        cmocka_unit_test(elf_cores_have_as_many_segments_as_they_like),
        cmocka_unit_test(the_count_of_pages_is_no_run),
        cmocka_unit_test(fill_is_no_value),
        cmocka_unit_test(parameters_without_a_code_are_no_crash),
        cmocka_unit_test(a_missing_type_is_guessed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* dump_hostile_test.c - whatever a file says, opening it ends at once: with the file's pages, or with
 * a message; and what is cut is never taken for whole. */
#include "dump/dump.h"
#include "support/dump_samples.h"
#include "support/hang.h"
#include "support/machine.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAGE = 4096, LONGEST = 240, MODULES = 4200 };

/* A file that is cut shorter and written over. */
typedef struct victim {
    char path[48];
    int fd;
    const dump_sample *sample;
} victim;

static victim victim_of(const dump_sample *sample)
{
    victim v = {.path = "/tmp/poolsleuth-hostile-XXXXXX", .sample = sample};

    v.fd = mkstemp(v.path);
    assert_true(v.fd >= 0);
    assert_int_equal(pwrite(v.fd, sample->bytes, sample->size, 0), (ssize_t)sample->size);
    return v;
}

static void victim_close(victim *v)
{
    (void)close(v->fd);
    (void)unlink(v->path);
}

/* Open it, read what it says it holds, and take its pool: NULL, or what is wrong with the answer. */
static const char *judge(const char *path, size_t *pages)
{
    ps_error err = {.code = PS_OK};
    ps_snapshot *snapshot = NULL;
    uint8_t bytes[64];
    ps_dump *dump;
    size_t got;

    *pages = 0;
    if (!ps_dump_open(&dump, path, NULL, &err)) {
        return err.code != PS_OK && err.code != PS_ENOMEM && err.text[0] != '\0'
                   ? NULL
                   : "refused without a reason";
    }
    *pages = (size_t)ps_dump_get_facts(dump)->present_pages;
    (void)ps_dump_read_physical(dump, 0x3000, bytes, sizeof bytes, &got);
    (void)ps_dump_read(dump, 0x80000000, bytes, sizeof bytes, &got);
    if (ps_dump_snapshot(dump, &snapshot, &err))
        ps_snapshot_close(snapshot);
    for (size_t i = 0; i < ps_dump_problem_count(dump); i++)
        if (ps_dump_problem_at(dump, i)->reason[0] == '\0')
            return "a problem without a reason";
    ps_dump_close(dump);
    return NULL;
}

static void cut_at(victim *v, size_t size, size_t whole)
{
    const char *wrong;
    size_t pages;

    assert_int_equal(ftruncate(v->fd, (off_t)size), 0);
    wrong = judge(v->path, &pages);
    if (wrong != NULL || pages > whole || pages > size / PAGE)
        fail_msg("%s cut to %zu: %s, %zu pages", v->sample->name, size,
                 wrong != NULL ? wrong : "too much", pages);
}

/* Files grow shorter: edges from the last to the first, then every length of the first 4 KiB. */
static void a_file_may_end_anywhere(void **state)
{
    dump_sample samples[DUMP_SAMPLES];

    (void)state;
    dump_samples_make(samples);
    for (int i = 0; i < DUMP_SAMPLES; i++) {
        victim v = victim_of(&samples[i]);
        size_t whole;
        assert_null(judge(v.path, &whole));
        for (size_t k = 0; k < samples[i].edge_count * 3; k++) {
            const size_t size = samples[i].edges[k / 3] + k % 3;
            if (size == 0 || size - 1 > samples[i].size)
                continue;
            cut_at(&v, size - 1, whole);
            assert_int_equal(pwrite(v.fd, samples[i].bytes, samples[i].size, 0),
                             (ssize_t)samples[i].size);
        }
        for (size_t size = PAGE; size > 0; size--)
            if (size <= samples[i].size)
                cut_at(&v, size, whole);
        victim_close(&v);
        dump_sample_free(&samples[i]);
    }
}

static void write_number(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void overwrite(victim *v, size_t at, uint64_t value, size_t size)
{
    uint8_t bytes[8];

    write_number(bytes, value, sizeof bytes);
    assert_int_equal(pwrite(v->fd, bytes, size, (off_t)at), (ssize_t)size);
}

static void number_may_be_anything(victim *v, size_t index)
{
    static const uint64_t values[] = {0,
                                      1,
                                      0x7FFFFFFF,
                                      0x80000000,
                                      UINT32_MAX,
                                      UINT64_C(0x4547415045474150),
                                      UINT64_MAX / 2,
                                      UINT64_MAX - 0xFFF,
                                      UINT64_MAX};
    const dump_sample *s = v->sample;
    const size_t at = s->numbers[index];
    const size_t size = s->number_sizes[index];

    for (size_t n = 0; n < sizeof values / sizeof values[0]; n++) {
        size_t pages;
        const char *wrong;
        overwrite(v, at, values[n], size);
        wrong = judge(v->path, &pages);
        if (wrong != NULL)
            fail_msg("%s with 0x%llx at 0x%zx: %s", s->name, (unsigned long long)values[n], at,
                     wrong);
    }
    assert_int_equal(pwrite(v->fd, s->bytes + at, size, (off_t)at), (ssize_t)size);
}

static void numbers_may_be_anything(void **state)
{
    dump_sample samples[DUMP_SAMPLES];

    (void)state;
    dump_samples_make(samples);
    for (int i = 0; i < DUMP_SAMPLES; i++) {
        victim v = victim_of(&samples[i]);
        for (size_t k = 0; k < samples[i].number_count; k++)
            number_may_be_anything(&v, k);
        victim_close(&v);
        dump_sample_free(&samples[i]);
    }
}

/* The first run to hold a page gives it. */
static void runs_may_overlap(void **state)
{
    dump_sample samples[DUMP_SAMPLES];

    (void)state;
    dump_samples_make(samples);
    for (int i = 0; i < DUMP_SAMPLES; i++) {
        dump_sample *s = &samples[i];
        const bool wide = strstr(s->name, "64") != NULL;
        if (strncmp(s->name, "full", 4) == 0) {
            uint64_t word = 0;
            victim v;
            size_t got;
            ps_dump *dump;
            dump_sample_put(s, wide ? 0xA8 : 0x74, 2, 4);
            v = victim_of(s);
            dump = machine_open(v.path);
            assert_true(machine_says(dump, "overlap"));
            assert_int_equal(
                ps_dump_read_physical(dump, (uint64_t)2 * PAGE, &word, sizeof word, &got),
                PS_READ_OK);
            assert_int_equal(word >> 16, 2);
            ps_dump_close(dump);
            (void)close(v.fd);
        }
        dump_sample_free(s);
    }
}

/* --- the kernel's data ------------------------------------------------------------------------
 */

static void a_list_that_goes_back_is_broken(void **state)
{
    static const ps_paging modes[] = {PS_PAGING_PAE, PS_PAGING_X64};

    (void)state;
    for (int i = 0; i < 4; i++) {
        machine *m = machine_new(modes[i % 2], 7601, 0x1ED);
        ps_dump *dump;

        /* The last entry leads to the first, or to itself. */
        machine_put(m, m->image + 0x3200, m->base + (i < 2 ? 0x3000 : 0x3200), m->pointer);
        dump =
            machine_open(machine_write_dump(m, m->root, m->base + 0x2020, m->base + MACHINE_KDBG));
        assert_true(machine_says(dump, "the list of loaded modules is broken"));
        assert_int_equal(ps_dump_module_count(dump), 2);
        ps_dump_close(dump);
        machine_free(m);
    }
}

/* Entries that overlap each other, as many as fit: none leads back. */
static void a_list_without_an_end_is_left(void **state)
{
    const uint64_t list = UINT64_C(0xFFFFFA8000000000);
    machine *m = machine_new(PS_PAGING_X64, 7601, 0x1ED);
    const uint64_t at = m->frame * MACHINE_PAGE;
    ps_dump *dump;

    (void)state;
    m->frame += (uint64_t)MODULES * 16 / PAGE + 1;
    for (uint64_t i = 0; i < MODULES; i++) {
        machine_put(m, at + i * 16, list + (i + 1) * 16, 8);
        machine_put(m, at + i * 16 + 8, i == 0 ? m->base + 0x2020 : list + (i - 1) * 16, 8);
    }
    for (uint64_t i = 0; i < MODULES * UINT64_C(16); i += PAGE)
        machine_map(m, m->root, list + i, at + i);
    machine_put(m, m->image + 0x2020, list, 8);
    dump = machine_open(machine_write(m, 0));
    assert_true(machine_says(dump, "more than 4096 loaded modules"));
    assert_int_equal(ps_dump_module_count(dump), 4096);
    ps_dump_close(dump);
    machine_free(m);
}

static void the_ring_of_unloaded_drivers_has_fifty_places(void **state)
{
    static const uint64_t last[] = {0, 49, 50, UINT32_MAX};

    (void)state;
    for (int i = 0; i < 4; i++) {
        machine *m = machine_new(PS_PAGING_X64, 7601, 0x1ED);
        ps_dump *dump;

        machine_put(m, m->kdbg_physical + 0x220, m->base + 0x2100, 8);
        machine_put(m, m->kdbg_physical + 0x228, m->base + 0x2108, 8);
        machine_put(m, m->image + 0x2100, m->base + 0x2600, 8);
        machine_put(m, m->image + 0x2108, last[i], 4);
        for (uint64_t k = 0; k < 60; k++) {
            machine_put(m, m->image + 0x2600 + k * 0x28 + 0x10, m->base + (k << 16), 8);
            machine_put(m, m->image + 0x2600 + k * 0x28 + 0x18, UINT64_MAX, 8);
        }
        dump = machine_open(machine_write(m, 0));
        assert_true(ps_dump_module_count(dump) <= 52);
        ps_dump_close(dump);
        machine_free(m);
    }
}

/* Tables all of whose entries are themselves map every address: the search has an end. */
static void tables_that_map_everything_hold_no_kernel(void **state)
{
    machine *m = machine_new(PS_PAGING_X64, 7601, 0x1ED);
    ps_dump *dump;

    (void)state;
    memset(m->bytes, 0, (size_t)MACHINE_PAGES * MACHINE_PAGE);
    for (uint64_t frame = 1; frame < 40; frame++) {
        for (uint64_t i = 0; i < 512; i++)
            machine_put(m, frame * PAGE + i * 8, frame * PAGE | 0x63, 8);
        machine_put(m, frame * PAGE + 0x26C, 6, 4);
        machine_put(m, frame * PAGE + 0x270, 0x63, 8);
    }
    dump = machine_open(machine_write(m, 0));
    assert_true(machine_says(dump, "no kernel was found"));
    ps_dump_close(dump);
    machine_free(m);
}

static void fill_table(machine *m, uint64_t frame, uint64_t leads_to)
{
    for (uint64_t i = 0; i < 512; i++)
        machine_put(m, frame * PAGE + i * 8, leads_to * PAGE | 0x63, 8);
}

/* Tables that lead everywhere, and there to an empty table: half a terabyte of nothing is not gone through page
 * by page.  One page, which the header names as that of the kernel's variables, is not in the dump. */
static void tables_that_lead_to_nothing_are_left(void **state)
{
    static const uint64_t base = UINT64_C(0xFFFFF80000000000);
    enum { ROOT = 1, SECOND, EMPTY, OTHER, OTHER_SECOND, LAST };
    const ps_dump_query query = {
        .start = base, .length = UINT64_C(1) << 39, .pattern = "Leak", .size = 4, .step = 1};
    machine *m = machine_new(PS_PAGING_X64, 7601, 0x1ED);
    ps_dump_found found;
    ps_dump *dump;

    (void)state;
    hang_watch();
    hang_doing("tables that lead to nothing");
    memset(m->bytes, 0, (size_t)MACHINE_PAGES * MACHINE_PAGE);
    machine_put(m, ROOT * PAGE + 0x1F0 * 8, OTHER * PAGE | 0x63, 8);
    fill_table(m, OTHER, SECOND);
    fill_table(m, OTHER_SECOND, EMPTY);
    fill_table(m, SECOND, EMPTY);
    machine_put(m, OTHER * PAGE, OTHER_SECOND * PAGE | 0x63, 8);
    machine_put(m, OTHER_SECOND * PAGE, LAST * PAGE | 0x63, 8);
    machine_put(m, LAST * PAGE, UINT64_C(0x99999) * PAGE | 0x63, 8);
    dump = machine_open(machine_write_dump(m, ROOT * PAGE, base, base + 0x100));
    assert_int_equal(ps_dump_module_count(dump), 0);
    assert_true(ps_dump_search(dump, &query, &found, NULL));
    assert_true(found.more && found.count == 0);
    hang_over();
    ps_dump_found_free(&found);
    ps_dump_close(dump);
    machine_free(m);
}

/* Pages full of what begins like the tables of PAE: what is looked up for them is counted. */
static void tables_in_every_place_are_tried_so_often(void **state)
{
    machine *m = machine_new(PS_PAGING_PAE, 7601, 0);
    ps_dump *dump;

    (void)state;
    for (uint64_t at = 0; at < (uint64_t)MACHINE_PAGES * MACHINE_PAGE; at += 8)
        machine_put(m, at, (at * 5 % ((uint64_t)MACHINE_PAGES * MACHINE_PAGE) & ~0xFFFULL) | 1, 8);
    dump = machine_open(machine_write(m, 0));
    assert_true(machine_says(dump, "only physical memory"));
    ps_dump_close(dump);
    machine_free(m);
}

/* Runs of memory that are all the same bytes of the file are not searched again and again. */
static void a_search_is_no_longer_than_the_file(void **state)
{
    enum { SEGMENTS = 3000 };
    const uint64_t size = UINT64_C(1) << 30;
    char path[] = "/tmp/poolsleuth-hostile-XXXXXX";
    const int fd = mkstemp(path);
    uint8_t header[64] = "\177ELF\2\1\1";
    ps_dump *dump;

    (void)state;
    header[16] = 4, header[18] = 62, header[32] = 64, header[54] = 56;
    header[56] = (uint8_t)(SEGMENTS & 0xFF), header[57] = SEGMENTS >> 8;
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, header, sizeof header, 0), sizeof header);
    for (uint64_t i = 0; i < SEGMENTS; i++) {
        const uint64_t fields[7] = {1, 0x40000, 0, i * size, size, size, 0};
        assert_int_equal(pwrite(fd, fields, 56, (off_t)(64 + i * 56)), 56);
    }
    for (off_t at = 0x40000; at < 0x1000000; at += PAGE)
        assert_int_equal(pwrite(fd, "x", 1, at), 1);
    assert_int_equal(ftruncate(fd, (off_t)(size + 0x40000)), 0);
    (void)close(fd);
    dump = machine_open(path);
    assert_true(machine_says(dump, "only physical memory"));
    ps_dump_close(dump);
}

/* Groups that are all the same tags: the tags of all together are counted. */
static void groups_of_tags_may_repeat(void **state)
{
    enum { GROUPS = 4096, TAGS = 100000, AT = 12 + GROUPS * 0x50 };
    const size_t size = AT + TAGS * (size_t)4 + 2;
    dump_sample s = {.name = "VMware groups", .bytes = calloc(1, size), .size = size};
    ps_dump *dump;
    ps_error err = {0};
    victim v;

    (void)state;
    assert_non_null(s.bytes);
    write_number(s.bytes, 0xBED3BED3, 4);
    write_number(s.bytes + 8, GROUPS, 4);
    for (size_t i = 0; i < GROUPS; i++) {
        write_number(s.bytes + 12 + i * 0x50, UINT64_C(0x79726F6D656D), 8); /* "memory" */
        write_number(s.bytes + 12 + i * 0x50 + 64, AT, 8);
    }
    for (size_t i = 0; i < TAGS; i++)
        write_number(s.bytes + AT + i * 4, 0x61610200, 4);
    v = victim_of(&s);
    assert_false(ps_dump_open(&dump, v.path, NULL, &err));
    assert_non_null(strstr(err.text, "tags"));
    victim_close(&v);
    free(s.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_may_end_anywhere),
        cmocka_unit_test(numbers_may_be_anything),
        cmocka_unit_test(runs_may_overlap),
        cmocka_unit_test(a_list_that_goes_back_is_broken),
        cmocka_unit_test(a_list_without_an_end_is_left),
        cmocka_unit_test(the_ring_of_unloaded_drivers_has_fifty_places),
        cmocka_unit_test(tables_that_map_everything_hold_no_kernel),
        cmocka_unit_test(tables_that_lead_to_nothing_are_left),
        cmocka_unit_test(tables_in_every_place_are_tried_so_often),
        cmocka_unit_test(a_search_is_no_longer_than_the_file),
        cmocka_unit_test(groups_of_tags_may_repeat),
    };

    (void)alarm(LONGEST);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

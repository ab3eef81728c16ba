/* dump_blocks_test.c - pages of small blocks: each field of a header decides as it is published, and
 * what does not tile its page is refused with the place. */
#include "dump/pool_page.h"
#include "dump_kernel_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { PAGE = 4096 };

/* A header as its unit has it. */
static void write_header(uint8_t *at, unsigned unit, unsigned before, unsigned size, unsigned type)
{
    if (unit == 16) {
        at[0] = (uint8_t)(before / unit);
        at[2] = (uint8_t)(size / unit);
        at[3] = (uint8_t)type;
        return;
    }
    at[0] = (uint8_t)(before / unit);
    at[1] = (uint8_t)(before / unit >> 8);
    at[2] = (uint8_t)(size / unit);
    at[3] = (uint8_t)(size / unit >> 8 | type << 1);
}

/* Equal blocks, all in use. */
static void fill_page(uint8_t page[PAGE], unsigned unit, unsigned size, unsigned type)
{
    memset(page, 0, PAGE);
    for (unsigned at = 0; at < PAGE; at += size) {
        write_header(page + at, unit, at == 0 ? 0 : size, size, type);
        memcpy(page + at + 4, "Leak", 4);
    }
}

static void pages_of_every_block_size_tile(void **state)
{
    uint8_t page[PAGE];
    size_t at;

    (void)state;
    for (unsigned unit = 8; unit <= 16; unit += 8) {
        for (unsigned size = unit; size < PAGE; size *= 2) {
            const ps_block_rules rules = {.unit = unit};
            fill_page(page, unit, size, 2);
            assert_int_equal(ps_page_check(&rules, page, &at), PS_PAGE_TILES);
            assert_int_equal(at, PAGE);
        }
    }
}

static void empty_pages_are_none(void **state)
{
    const ps_block_rules rules[] = {{8, false}, {8, true}, {16, false}, {16, true}};
    uint8_t page[PAGE] = {0};
    size_t at;

    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        memset(page, 0, sizeof page);
        assert_int_equal(ps_page_check(&rules[i], page, &at), PS_PAGE_NO_SIZE);
        assert_int_equal(at, 0);
        memset(page, 0xFF, sizeof page);
        assert_int_equal(ps_page_check(&rules[i], page, &at), PS_PAGE_PREVIOUS);
    }
}

/* Of every block's sizes all but the true one are refused, or the one that makes it the page's last. */
static void every_other_size_is_refused(void **state)
{
    uint8_t page[PAGE];
    size_t at;

    (void)state;
    for (unsigned unit = 8; unit <= 16; unit += 8) {
        const ps_block_rules rules = {.unit = unit};
        const unsigned limit = unit == 8 ? 512 : 256;
        for (unsigned block = 0; block < PAGE; block += 256) {
            for (unsigned value = 0; value < limit; value++) {
                const unsigned size = value * unit;
                fill_page(page, unit, 256, 2);
                write_header(page + block, unit, block == 0 ? 0 : 256, size, 2);
                assert_int_equal(ps_page_check(&rules, page, &at) == PS_PAGE_TILES,
                                 size == 256 || size == PAGE - block);
                fill_page(page, unit, 256, 2);
                write_header(page + block, unit, size, 256, 2);
                assert_int_equal(ps_page_check(&rules, page, &at) == PS_PAGE_TILES,
                                 size == (block == 0 ? 0 : 256));
            }
        }
    }
}

typedef struct kind {
    bool plus;
    uint8_t type;
    bool free;
    uint8_t pool;
} kind;

static void types_tell_pool_and_use(void **state)
{
    static const kind kinds[] = {
        {true, 0, true, PS_POOL_NONPAGED},  {true, 1, false, PS_POOL_NONPAGED},
        {true, 2, false, PS_POOL_PAGED},    {true, 9, false, PS_POOL_NONPAGED},
        {true, 0xA, false, PS_POOL_PAGED},  {true, 0x22, false, PS_POOL_PAGED},
        {false, 0, true, PS_POOL_NONPAGED}, {false, 2, false, PS_POOL_NONPAGED},
        {false, 3, false, PS_POOL_PAGED},   {false, 0xA, false, PS_POOL_NONPAGED},
        {false, 0xB, false, PS_POOL_PAGED}, {false, 0x23, false, PS_POOL_PAGED},
    };
    uint8_t page[PAGE];
    ps_dump_block block;

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (unsigned unit = 8; unit <= 16; unit += 8) {
            const ps_block_rules rules = {unit, kinds[i].plus};
            fill_page(page, unit, 64, kinds[i].type);
            ps_block_at(&rules, page, 0x1000, 64, &block);
            assert_int_equal(block.address, 0x1040);
            assert_int_equal(block.size, 64);
            assert_int_equal(block.previous_size, 64);
            assert_int_equal(block.tag, WORLD_TAG('L', 'e', 'a', 'k'));
            assert_int_equal(block.pool_type, kinds[i].type);
            assert_int_equal(block.free, kinds[i].free);
            assert_int_equal(block.pool, kinds[i].pool);
        }
    }
}

static void builds_decide(void **state)
{
    static const uint32_t builds[] = {2600, 3790, 6000, 9600, 17763, 18361, 18362, 19041, 26100, 0};

    (void)state;
    for (size_t i = 0; i < sizeof builds / sizeof builds[0]; i++) {
        ps_container_file file = {.facts = {.build = builds[i]}};
        ps_kernel kernel = {.file = &file, .has_space = true};
        ps_error err = {.code = PS_OK};
        ps_block_rules rules;
        ps_space_init(&kernel.space, &file, PS_PAGING_X64, 0, builds[i]);
        assert_int_equal(ps_block_rules_of(&kernel, &rules, &err),
                         builds[i] != 0 && builds[i] < 18362);
        assert_true(rules.unit == 0 || rules.type_plus == (builds[i] < 6000));
        if (builds[i] >= 18362)
            assert_non_null(strstr(err.text, "segment heap"));
        kernel.has_space = false;
        assert_false(ps_block_rules_of(&kernel, &rules, &err));
    }
}

static void a_walk_counts_what_is_in_use(void **state)
{
    const ps_dump_block_query query = {.list = true, .limit = 10, .threads = 1};

    (void)state;
    for (unsigned pointer = 4; pointer <= 8; pointer += 4) {
        world *w = whole_world(pointer);
        ps_error err = {.code = PS_OK};
        ps_dump_blocks found;

        open_world(w, 0, 0);
        assert_true(ps_dump_find_blocks(&w->dump, &query, &found, &err));
        assert_int_equal(found.pages, 1);
        assert_int_equal(found.looked, WORLD_SIZE / WORLD_PAGE);
        assert_int_equal(found.count, 10);
        assert_true(found.more);
        assert_int_equal(found.sum_count, 1);
        assert_int_equal(found.sums[0].count, 64);
        assert_int_equal(found.sums[0].bytes, PAGE);
        ps_dump_blocks_free(&found);
        open_world(w, w->pool_page, WORLD_PAGE);
        assert_int_equal(walk_world(&w->dump, w->pool_page), 0);
        free_world(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_every_block_size_tile),
        cmocka_unit_test(empty_pages_are_none),
        cmocka_unit_test(every_other_size_is_refused),
        cmocka_unit_test(types_tell_pool_and_use),
        cmocka_unit_test(builds_decide),
        cmocka_unit_test(a_walk_counts_what_is_in_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

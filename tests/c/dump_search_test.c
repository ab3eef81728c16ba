/* dump_search_test.c - a search finds exactly what a plain one finds, whatever the pattern, its step and
 * where the range begins. */
#include "dump_kernel_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { MOST = 4000, LONGEST = 17, RANGE = 600000 };

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* Few values, so that patterns occur, with runs of zeros. */
static world *busy_world(void)
{
    world *w = new_world(8, WORLD_BUILD_64);
    uint32_t state = 7;

    for (size_t i = 0; i < WORLD_SIZE; i++)
        w->bytes[i] = (uint8_t)(next_random(&state) % 5 * (i % 97 < 60));
    open_world(w, 0, 0);
    return w;
}

static void compare(world *w, const ps_dump_query *query)
{
    ps_error err = {.code = PS_OK};
    ps_dump_found found;
    size_t k = 0;

    assert_true(ps_dump_search(&w->dump, query, &found, &err));
    for (uint64_t at = query->start; at < query->start + query->length && k < MOST; at++) {
        const size_t offset = (size_t)(at - w->base);
        if (WORLD_SIZE - offset < query->size || (at - query->start) % query->step != 0 ||
            at - query->start + query->size > query->length ||
            memcmp(w->bytes + offset, query->pattern, query->size) != 0)
            continue;
        assert_true(k < found.count);
        assert_true(found.addresses[k] == at);
        k++;
    }
    assert_int_equal(found.count, k);
    ps_dump_found_free(&found);
}

static void a_search_finds_what_a_plain_one_does(void **state)
{
    world *w = busy_world();
    uint32_t random = 3;

    (void)state;
    for (size_t size = 1; size <= LONGEST; size++) {
        for (size_t step = 1; step <= 9; step += 1 + step % 3) {
            const uint64_t from = next_random(&random) % (WORLD_SIZE - RANGE);
            const uint8_t *pattern = w->bytes + from + next_random(&random) % (RANGE - LONGEST);
            compare(w, &(ps_dump_query){.start = w->base + from,
                                        .length = RANGE - size,
                                        .pattern = pattern,
                                        .size = size,
                                        .step = step,
                                        .limit = MOST,
                                        .threads = 1});
        }
    }
    free_world(w);
}

static void the_end_of_memory_is_searched(void **state)
{
    world *w = busy_world();

    (void)state;
    for (size_t size = 1; size <= LONGEST; size++) {
        const uint8_t *pattern = w->bytes + WORLD_SIZE - size;
        for (uint64_t length = size; length < 200; length += 13)
            compare(w, &(ps_dump_query){.start = w->base + WORLD_SIZE - length,
                                        .length = length,
                                        .pattern = pattern,
                                        .size = size,
                                        .step = 1,
                                        .limit = MOST,
                                        .threads = 1});
    }
    free_world(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_finds_what_a_plain_one_does),
        cmocka_unit_test(the_end_of_memory_is_searched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

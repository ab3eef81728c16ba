/* text_mutations_test.c - a character that is lost or doubled never gives a wrong row in silence,
 * but for one time in a thousand. */
#include "text_samples.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { PLACES = 400 };

static size_t family_size(const char *name) { return strcspn(name, "_."); }

static void mutate_sample(const sample *one, uint64_t *seed, mutation_counts *counts)
{
    char *out = malloc(one->size + 2);
    ps_text *original;

    assert_non_null(out);
    assert_true(ps_text_parse(&original, one->bytes, one->size, NULL));
    for (int i = 0; has_rows(original) && i < PLACES; i++) {
        const size_t place = dice(seed, (uint32_t)one->size);
        (void)mutation_try(one, original, place, dice(seed, 2) != 0, out, counts);
    }
    ps_text_close(original);
    free(out);
}

static void a_lost_or_doubled_character_is_told(void **state)
{
    static samples all;
    mutation_counts counts = {0};
    uint64_t seed = 20261101;
    (void)state;

    samples_load(&all, SAMPLE_FOLDER);
    assert_true(all.count > 0);
    for (size_t i = 0; i < all.count; i++) {
        const char *name = all.at[i].name;
        const char *next = i + 1 < all.count ? all.at[i + 1].name : "";
        const size_t size = family_size(name);
        mutate_sample(&all.at[i], &seed, &counts);
        if (strncmp(name, next, size) == 0 && family_size(next) == size)
            continue;
        if (counts.silent * 1000 > counts.tried)
            fail_msg("%.*s: %zu of %zu mutations give a wrong row in silence", (int)size, name,
                     counts.silent, counts.tried);
        counts = (mutation_counts){0};
    }
    samples_free(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_or_doubled_character_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

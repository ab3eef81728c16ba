/* text_mutations.c - delete or double each character of each fixture: how often is a row's number
 * then wrong without a word? */
#include "text_samples.h"

enum { SHOWN = 3 };

static void show_line(const char *bytes, size_t place, const ps_row *row)
{
    size_t from = place, to = place;

    while (from > 0 && bytes[from - 1] != '\n')
        from--;
    while (bytes[to] != '\0' && bytes[to] != '\n')
        to++;
    printf("    %.*s\n", (int)(to - from < 110 ? to - from : 110), bytes + from);
    printf("      known %x: %llu %llu %lld %lld %llu\n", row->known,
           (unsigned long long)row->allocs, (unsigned long long)row->frees, (long long)row->diff,
           (long long)row->bytes, (unsigned long long)row->per_alloc);
}

static void add(mutation_counts *sum, const mutation_counts *one)
{
    sum->tried += one->tried;
    sum->told += one->told;
    sum->silent += one->silent;
}

static void measure(const sample *one, bool verbose, mutation_counts *counts)
{
    char *out = malloc(one->size + 2);
    ps_text *original;

    if (out == NULL || !ps_text_parse(&original, one->bytes, one->size, NULL)) {
        free(out);
        return;
    }
    for (size_t place = 0; has_rows(original) && place < one->size; place++)
        for (int twice = 0; twice < 2; twice++)
            if (!mutation_try(one, original, place, twice != 0, out, counts) &&
                (verbose || counts->silent <= SHOWN))
                show_line(out, place, &counts->last);
    ps_text_close(original);
    free(out);
}

/* "poolused_old.txt" is of the family "poolused". */
static size_t family_size(const char *name) { return strcspn(name, "_."); }

static bool same_family(const sample *a, const sample *b)
{
    const size_t size = family_size(a->name);

    return size == family_size(b->name) && memcmp(a->name, b->name, size) == 0;
}

static bool show_rate(const char *name, size_t size, const mutation_counts *counts)
{
    const double rate =
        counts->tried == 0 ? 0 : (double)counts->silent * 1000 / (double)counts->tried;

    if (counts->tried > 0)
        printf("%-38.*s %7zu %7zu %7zu %9.2f%s\n", (int)size, name, counts->tried, counts->told,
               counts->silent, rate, rate > 1 ? "  OVER" : "");
    return rate <= 1;
}

/* text_mutations [PART OF A NAME] */
int main(int count, char **names)
{
    static samples all;
    mutation_counts family = {0}, total = {0};
    size_t over = 0;

    samples_load(&all, SAMPLE_FOLDER);
    printf("%-38s %7s %7s %7s %9s\n", "fixture", "tried", "told", "silent", "of 1,000");
    for (size_t i = 0; i < all.count; i++) {
        mutation_counts one = {0};
        if (count > 1 && strstr(all.at[i].name, names[1]) == NULL)
            continue;
        measure(&all.at[i], count > 1, &one);
        (void)show_rate(all.at[i].name, strlen(all.at[i].name), &one);
        add(&family, &one);
        add(&total, &one);
        if (i + 1 < all.count && same_family(&all.at[i], &all.at[i + 1]))
            continue;
        if (family.tried > 0)
            printf("  together: ");
        over += !show_rate(all.at[i].name, family_size(all.at[i].name), &family);
        family = (mutation_counts){0};
    }
    (void)show_rate("all", 3, &total);
    samples_free(&all);
    printf("wanted: at most 1 of 1,000 silent in each family; over: %zu\n", over);
    return over == 0 ? 0 : 1;
}

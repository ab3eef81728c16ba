/* text_samples.h - the fixtures of texts, a repeatable stream of numbers, and what changing a
 * character of a text does to its rows. */
#ifndef TESTS_TEXT_SAMPLES_H
#define TESTS_TEXT_SAMPLES_H

#include "poolsleuth.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_FOLDER "tests/fixtures/text"

enum { SAMPLE_LIMIT = 400 };

typedef struct sample {
    char name[100];
    char *bytes;
    size_t size;
} sample;

typedef struct samples {
    sample at[SAMPLE_LIMIT];
    size_t count;
} samples;

/* A number from 0 to below - 1. */
static inline uint32_t dice(uint64_t *seed, uint32_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*seed >> 33) % below);
}

static inline bool sample_load(sample *one, const char *folder, const char *name)
{
    char path[400];
    FILE *file;
    long size = -1;

    if (strlen(name) >= sizeof one->name ||
        snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return false;
    memcpy(one->name, name, strlen(name) + 1);
    file = fopen(path, "rb");
    if (file != NULL && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    one->bytes = size < 0 ? NULL : malloc((size_t)size + 1);
    if (one->bytes != NULL) {
        rewind(file);
        one->size = fread(one->bytes, 1, (size_t)size, file);
        one->bytes[one->size] = '\0';
    }
    if (file != NULL)
        (void)fclose(file);
    return one->bytes != NULL;
}

static inline int compare_samples(const void *a, const void *b)
{
    return strcmp(((const sample *)a)->name, ((const sample *)b)->name);
}

static inline bool is_sample(const char *name)
{
    return name[0] != '.' && strcmp(name, "README.md") != 0 &&
           strstr(name, ".expected.lua") == NULL;
}

/* All of a folder, sorted by name. */
static inline void samples_load(samples *all, const char *folder)
{
    DIR *open = opendir(folder);
    const struct dirent *entry;

    all->count = 0;
    while (open != NULL && all->count < SAMPLE_LIMIT && (entry = readdir(open)) != NULL)
        if (is_sample(entry->d_name) && sample_load(&all->at[all->count], folder, entry->d_name))
            all->count++;
    if (open != NULL)
        (void)closedir(open);
    qsort(all->at, all->count, sizeof *all->at, compare_samples);
}

static inline void samples_free(samples *all)
{
    for (size_t i = 0; i < all->count; i++)
        free(all->at[i].bytes);
    all->count = 0;
}

/* --- mutations ------------------------------------------------------------------------------- */

typedef struct mutation_counts {
    size_t tried;
    size_t told;   /* rows are wrong or gone, and a remark or a flag says so */
    size_t silent; /* a row has a wrong number and nothing says so */
    ps_row last;   /* the last of these, without its note */
} mutation_counts;

static inline uint64_t missing_data(const ps_text *text)
{
    return ps_text_problem_total(text, PS_FLAGGED) + ps_text_problem_total(text, PS_REFUSED) +
           ps_text_problem_total(text, PS_AMBIGUOUS);
}

/* Do the numbers that both know agree, and does the changed row know no others? */
static inline bool same_numbers(const ps_row *row, const ps_row *changed)
{
    const struct {
        unsigned bit;
        uint64_t one, other;
    } numbers[] = {
        {PS_KNOW_ALLOCS, row->allocs, changed->allocs},
        {PS_KNOW_FREES, row->frees, changed->frees},
        {PS_KNOW_DIFF, (uint64_t)row->diff, (uint64_t)changed->diff},
        {PS_KNOW_BYTES, (uint64_t)row->bytes, (uint64_t)changed->bytes},
        {PS_KNOW_PER_ALLOC, row->per_alloc, changed->per_alloc},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if ((changed->known & numbers[i].bit) != 0 &&
            ((row->known & numbers[i].bit) == 0 || numbers[i].one != numbers[i].other))
            return false;
    return true;
}

/* Readers leave a pool out in which a tag has nothing, unless a number is unknown. */
static inline bool is_nothing(const ps_row *row)
{
    return ((row->known & PS_KNOW_ALLOCS) == 0 || row->allocs == 0) &&
           ((row->known & PS_KNOW_FREES) == 0 || row->frees == 0) &&
           ((row->known & PS_KNOW_DIFF) == 0 || row->diff == 0) &&
           ((row->known & PS_KNOW_BYTES) == 0 || row->bytes == 0);
}

/* Is there a row of the original that the changed one is, but perhaps for its tag? */
static inline bool is_known_row(const ps_text *original, const ps_row *changed)
{
    for (size_t i = 0; i < ps_text_snapshot_count(original); i++) {
        const ps_snapshot *snapshot = ps_text_snapshot_at(original, i);
        for (size_t k = 0; k < ps_snapshot_count(snapshot); k++) {
            const ps_row *row = ps_snapshot_at(snapshot, k);
            if (row->pool == changed->pool && same_numbers(row, changed))
                return true;
        }
    }
    return is_nothing(changed);
}

/* Some row of the changed text that is none of the original's and is not flagged; NULL if none. */
static inline const ps_row *silently_wrong(const ps_text *original, const ps_text *changed)
{
    const unsigned flags =
        PS_ROW_DIFF_MISMATCH | PS_ROW_PER_ALLOC_MISMATCH | PS_ROW_ROUNDED | PS_ROW_UNCONFIRMED;

    if (missing_data(changed) > missing_data(original))
        return NULL;
    for (size_t i = 0; i < ps_text_snapshot_count(changed); i++) {
        const ps_snapshot *snapshot = ps_text_snapshot_at(changed, i);
        for (size_t k = 0; k < ps_snapshot_count(snapshot); k++) {
            const ps_row *row = ps_snapshot_at(snapshot, k);
            if ((row->flags & flags) == 0 && !is_known_row(original, row))
                return row;
        }
    }
    return NULL;
}

/* The bytes with the one at place gone or doubled. */
static inline size_t mutate(const sample *one, size_t place, bool twice, char *out)
{
    memcpy(out, one->bytes, place);
    if (twice)
        out[place] = one->bytes[place];
    memcpy(out + place + twice, one->bytes + place + !twice, one->size - place - !twice);
    return one->size + twice - !twice;
}

/* One mutation of the sample, read and judged.  The text of out is the mutated one. */
static inline bool mutation_try(const sample *one, const ps_text *original, size_t place,
                                bool twice, char *out, mutation_counts *counts)
{
    const size_t size = mutate(one, place, twice, out);
    ps_text *changed;
    const ps_row *wrong;
    bool silent;

    counts->tried++;
    if (!ps_text_parse(&changed, out, size, NULL))
        return true;
    wrong = silently_wrong(original, changed);
    silent = wrong != NULL;
    if (silent)
        counts->last = *wrong;
    counts->silent += silent;
    counts->told += missing_data(changed) > missing_data(original);
    ps_text_close(changed);
    out[size] = '\0';
    return !silent;
}

/* Has the text rows at all? */
static inline bool has_rows(const ps_text *text)
{
    for (size_t i = 0; i < ps_text_snapshot_count(text); i++)
        if (ps_snapshot_count(ps_text_snapshot_at(text, i)) > 0)
            return true;
    return false;
}

#endif

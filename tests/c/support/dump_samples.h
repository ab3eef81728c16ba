/* dump_samples.h - a small file of every container, with the places where its structures end and
 * where its counts and offsets stand. */
#ifndef TESTS_SUPPORT_DUMP_SAMPLES_H
#define TESTS_SUPPORT_DUMP_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

enum { DUMP_PLACES = 48, DUMP_SAMPLES = 14 };

typedef struct dump_sample {
    const char *name;
    uint8_t *bytes;
    size_t size;
    size_t edges[DUMP_PLACES]; /* offsets where a structure begins or ends */
    size_t edge_count;
    size_t numbers[DUMP_PLACES]; /* offsets of counts, sizes and offsets */
    size_t number_sizes[DUMP_PLACES];
    size_t number_count;
} dump_sample;

/* All of them; to be freed one by one. */
void dump_samples_make(dump_sample samples[DUMP_SAMPLES]);
void dump_sample_free(dump_sample *sample);

/* A number in the file that is no count. */
void dump_sample_put(dump_sample *sample, size_t at, uint64_t value, size_t size);

#endif

/* pattern.h - where bytes of memory hold a pattern. */
#ifndef PS_DUMP_PATTERN_H
#define PS_DUMP_PATTERN_H

#include "poolsleuth.h"

typedef struct ps_pattern {
    const uint8_t *bytes; /* borrowed; at least one */
    size_t size;
    size_t step;    /* it counts at multiples of it behind start */
    uint64_t start; /* an address */
    size_t rare[2]; /* places of two bytes that memory seldom holds */
} ps_pattern;

void ps_pattern_init(ps_pattern *pattern, const void *bytes, size_t size, size_t step,
                     uint64_t start);

/* Memory of size bytes; a hit that begins in it may reach into `beyond` bytes behind it. */
typedef struct ps_stretch {
    const uint8_t *bytes;
    uint64_t address;
    size_t size, beyond;
} ps_stretch;

/* Told each place in ascending order; false ends the search, which then is false too. */
typedef bool (*ps_pattern_hit)(void *context, uint64_t address);

bool ps_pattern_find(const ps_pattern *pattern, const ps_stretch *in, ps_pattern_hit hit,
                     void *context);

#endif

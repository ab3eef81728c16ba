/* blocksum.h - blocks of pool that a source lists one by one, summed by tag and pool. */
#ifndef PS_TEXT_BLOCKSUM_H
#define PS_TEXT_BLOCKSUM_H

#include "text/reading.h"
#include "text/tags.h"

typedef struct ps_block_sum ps_block_sum;

typedef struct ps_blocksum {
    ps_text *text;
    const char *origin; /* of the snapshot */
    ps_block_sum *list; /* in the order in which they first came */
    size_t count, capacity;
    size_t *slots; /* an open hash: index + 1, 0 is a free slot */
    size_t slot_count;
    size_t poolless; /* blocks of an unknown pool, which are in no sum */
} ps_blocksum;

void ps_blocksum_open(ps_blocksum *sum, ps_text *text, const char *origin);
/* A block that is not free goes into the sum of its tag and pool. */
void ps_blocksum_add(ps_blocksum *sum, const ps_block *block);
/* A snapshot of the sums, if there are any, and what they hold is given back. */
void ps_blocksum_finish(ps_blocksum *sum);

#endif

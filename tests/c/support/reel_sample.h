/* reel_sample.h - a sealed reel of a few snapshots. */
#ifndef TESTS_SUPPORT_REEL_SAMPLE_H
#define TESTS_SUPPORT_REEL_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* Its bytes, to be freed. */
uint8_t *reel_sample(unsigned snapshots, unsigned tags, size_t *size);

#endif

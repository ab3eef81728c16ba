/* entropy.c - how much information the bytes of an image hold: bits a byte, packed code near 8. */
#include "pe/driver.h"

#include <math.h>
#include <string.h>

enum { LANES = 4 };

typedef struct histogram {
    uint64_t counts[256];
} histogram;

/* Neighbouring bytes go to different lanes, so that equal ones do not wait for each other. */
static void count_bytes(histogram *to, const uint8_t *bytes, size_t size)
{
    uint32_t lanes[LANES][256];

    while (size > 0) {
        const size_t block = size < (1U << 28) ? size : (1U << 28);

        memset(lanes, 0, sizeof lanes);
        for (size_t i = 0; i < block; i++)
            lanes[i % LANES][bytes[i]]++;
        for (size_t v = 0; v < 256; v++)
            for (size_t lane = 0; lane < LANES; lane++)
                to->counts[v] += lanes[lane][v];
        bytes += block;
        size -= block;
    }
}

static double entropy_of(const uint8_t *bytes, size_t size)
{
    histogram h = {{0}};
    double bits = 0;

    if (size == 0)
        return 0;
    count_bytes(&h, bytes, size);
    for (size_t v = 0; v < 256; v++)
        if (h.counts[v] != 0) {
            const double share = (double)h.counts[v] / (double)size;
            bits -= share * log2(share);
        }
    return bits > 0 ? bits : 0;
}

bool ps_entropy_read(ps_driver *driver, ps_error *err)
{
    const ps_image *image = &driver->image;
    ps_identity_parts *parts = &driver->identity;
    uint64_t budget = (uint64_t)image->size * 4; /* sections may overlap without end */

    parts->facts.entropy = entropy_of(image->data, image->size);
    parts->entropies =
        ps_arena_take(&driver->arena, (image->section_count + 1) * sizeof *parts->entropies);
    if (parts->entropies == NULL)
        return ps_fail_memory(err);
    for (size_t i = 0; i < image->section_count; i++) {
        const ps_section *section = &image->sections[i];
        size_t size = section->file_size;

        if (section->file_offset >= image->size)
            size = 0;
        else if (size > image->size - section->file_offset)
            size = image->size - section->file_offset;
        if (size > budget)
            size = 0;
        budget -= size;
        parts->entropies[i] = size == 0 ? 0 : entropy_of(image->data + section->file_offset, size);
    }
    return true;
}

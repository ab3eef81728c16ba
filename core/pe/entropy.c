/* entropy.c - how much information the bytes of an image hold: bits a byte, packed code near 8. */
#include "pe/driver.h"

#include <math.h>

enum { LANES = 4 };

/* Neighbouring bytes go to different lanes, so that equal ones do not wait for each other. */
static void count_bytes(size_t counts[256], const uint8_t *bytes, size_t size)
{
    size_t lanes[LANES][256] = {{0}};

    for (size_t i = 0; i < size; i++)
        lanes[i % LANES][bytes[i]]++;
    for (size_t v = 0; v < 256; v++)
        counts[v] = lanes[0][v] + lanes[1][v] + lanes[2][v] + lanes[3][v];
}

static double entropy_of(const uint8_t *bytes, size_t size)
{
    size_t counts[256];
    double bits = 0;

    if (size == 0)
        return 0;
    count_bytes(counts, bytes, size);
    for (size_t v = 0; v < 256; v++) {
        const double share = (double)counts[v] / (double)size;

        if (share > 0)
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

/* rich.c - the linker's record of the tools that made the objects, between the MZ and the PE header.
 *
 *   "DanS" 0 0 0 { build | product << 16, count } ...  all XORed with the key;  "Rich" key
 *   The key is a checksum: the offset of "DanS", each header byte before it (its file offset of the
 *   PE header as zero) rotated left by its offset, each id rotated left by its count. */
#include "base/array.h"
#include "pe/driver.h"

#include <string.h>

enum { HEAD_LIMIT = 4096, DANS = 0x536e6144, RICH = 0x68636952 };

static uint32_t rotate(uint32_t value, uint32_t by)
{
    by &= 31;
    return by == 0 ? value : value << by | value >> (32 - by);
}

static uint32_t word_at(const ps_image *image, size_t offset)
{
    ps_reader r = ps_reader_at(image->data, image->size, offset, 4);

    return ps_u32(&r);
}

/* Offset of the last "Rich" before end; 0 if there is none. */
static size_t find_end(const ps_image *image, size_t end)
{
    for (size_t at = end < 8 ? 0 : (end - 8) & ~(size_t)3; at >= 0x40; at -= 4)
        if (word_at(image, at) == RICH)
            return at;
    return 0;
}

static size_t find_start(const ps_image *image, size_t end, uint32_t key)
{
    for (size_t at = end; at >= 0x40; at -= 4)
        if ((word_at(image, at) ^ key) == DANS)
            return at;
    return 0;
}

static bool add(ps_driver *driver, uint32_t id, uint32_t count, ps_error *err)
{
    ps_identity_parts *parts = &driver->identity;
    void *grown = parts->rich;

    if (!ps_grow(&grown, &parts->rich_capacity, parts->rich_count, sizeof *parts->rich))
        return ps_fail_memory(err);
    parts->rich = grown;
    parts->rich[parts->rich_count++] =
        (ps_rich_entry){.product = (uint16_t)(id >> 16), .build = (uint16_t)id, .count = count};
    return true;
}

bool ps_rich_read(ps_driver *driver, ps_error *err)
{
    const ps_image *image = &driver->image;
    ps_identity *facts = &driver->identity.facts;
    const size_t header = word_at(image, 60);
    const size_t end = find_end(image, header < HEAD_LIMIT ? header : HEAD_LIMIT);
    const uint32_t key = word_at(image, end + 4);
    const size_t start = end == 0 ? 0 : find_start(image, end, key);
    uint32_t sum = (uint32_t)start;

    if (start == 0)
        return true;
    for (size_t i = 0; i < start; i++)
        if (i < 60 || i > 63)
            sum += rotate(image->data[i], (uint32_t)i);
    for (size_t at = start + 16; at + 8 <= end; at += 8) {
        const uint32_t id = word_at(image, at) ^ key;
        const uint32_t count = word_at(image, at + 4) ^ key;

        sum += rotate(id, count);
        if (!add(driver, id, count, err))
            return false;
    }
    facts->has_rich = true;
    facts->rich_key = key;
    facts->rich_intact = sum == key;
    return true;
}

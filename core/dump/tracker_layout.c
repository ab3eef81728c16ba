/* tracker_layout.c - how entries of the tag tables look, by the public symbols of each build; from
 * build 22000 on by two public tools that read them.  An entry's own content must agree. */
#include "base/reader.h"
#include "dump/tracker.h"

#include <string.h>

enum { SAMPLE = 4096, AGREE = 95, FEWEST = 4, ENOUGH = 128, READ_LIMIT = 1 << 16 };

static const ps_tracker_layout layouts[] = {
    {4, 0x1C, 4, 0x04, 0x08, 0x0C, 0x10, 0x14, 0x18, 0, 16298},
    {4, 0x30, 8, 0x08, 0x10, 0x04, 0x20, 0x28, 0x18, 16299, 19045},
    {4, 0x40, 8, 0x08, 0x10, 0x04, 0x20, 0x28, 0x18, 19041, UINT32_MAX},
    {8, 0x28, 4, 0x04, 0x08, 0x10, 0x18, 0x1C, 0x20, 0, 16298},
    {8, 0x38, 8, 0x10, 0x18, 0x08, 0x28, 0x30, 0x20, 16299, 20347},
    {8, 0x50, 8, 0x10, 0x18, 0x08, 0x28, 0x30, 0x20, 20348, UINT32_MAX},
};

bool ps_tracker_is_key(uint32_t key)
{
    key &= ~PS_TAG_PROTECTED;
    for (int i = 0; i < 4; i++, key >>= 8)
        if ((key & 0xFF) < ' ' || (key & 0xFF) > '~')
            return false;
    return true;
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* Count entries that look like entries, and those that are not empty. */
static void score(const uint8_t *bytes, size_t size, const ps_tracker_layout *layout,
                  unsigned *used, unsigned *good)
{
    for (size_t at = 0; at + layout->size <= size; at += layout->size) {
        ps_reader r = ps_reader_of(bytes + at, layout->size, 0);
        const uint32_t key = ps_u32(&r);
        bool padding_clear = true;
        if (all_zero(bytes + at, layout->size))
            continue;
        if (layout->pointer == 8 && layout->count_size == 8)
            padding_clear = ps_u32(&r) == 0;
        *used += 1;
        *good += key != 0 && padding_clear && ps_tracker_is_key(key);
    }
}

static bool is_for(const ps_tracker_layout *layout, uint32_t build)
{
    return build >= layout->first_build && build <= layout->last_build;
}

/* Does a table look as a layout says?  Its entries are looked at until enough are not empty; those
 * that cannot be read are passed over. */
static bool fits(ps_space *space, const ps_tracker_table *table, const ps_tracker_layout *layout)
{
    const uint64_t step = SAMPLE / layout->size;
    uint8_t bytes[SAMPLE];
    unsigned used = 0;
    unsigned good = 0;

    for (uint64_t at = 0; at < table->entries && at < READ_LIMIT && used < ENOUGH; at += step) {
        const uint64_t left = table->entries - at;
        size_t got = 0;
        (void)ps_space_read(space, table->address + at * layout->size, bytes,
                            (size_t)(left < step ? left : step) * layout->size, &got);
        score(bytes, got, layout, &used, &good);
    }
    return used >= FEWEST && good * 100 >= used * AGREE;
}

const ps_tracker_layout *ps_tracker_detect(ps_space *space, const ps_tracker_table *table,
                                           uint32_t build)
{
    const ps_tracker_layout *found = NULL;
    bool several = false;

    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        const ps_tracker_layout *layout = &layouts[i];
        if (layout->pointer != ps_space_pointer(space) || !fits(space, table, layout))
            continue;
        if (found != NULL && !is_for(found, build) && !is_for(layout, build))
            several = true;
        if (found == NULL || is_for(layout, build))
            found = layout;
    }
    return several && !is_for(found, build) ? NULL : found;
}

/* raw.c - images whose offsets are physical addresses, and LiME's ranges. */
#include "base/reader.h"
#include "dump/container.h"

#include <string.h>

enum { LIME_HEADER = 0x20, LIME_MAGIC = 0x4C694D45 };

bool ps_raw_open(ps_container_file *file, ps_error *err)
{
    const ps_run all = {0, file->facts.file_size, 0};

    file->facts.container = PS_CONTAINER_RAW;
    if (file->facts.file_size < PS_FRAME_SIZE)
        return ps_fail(err, PS_EFORMAT, 0, "%llu bytes are no image of memory",
                       (unsigned long long)file->facts.file_size);
    file->physical = ps_physical_new(file->source);
    if (file->physical == NULL)
        return ps_fail_memory(err);
    return ps_container_add_run(file, &all, err);
}

/* LiME: a header of 32 bytes before each range, its last address inclusive. */
bool ps_lime_open(ps_container_file *file, ps_error *err)
{
    uint64_t at = 0;

    file->facts.container = PS_CONTAINER_LIME;
    file->physical = ps_physical_new(file->source);
    if (file->physical == NULL)
        return ps_fail_memory(err);
    for (size_t i = 0; at < file->facts.file_size; i++) {
        uint8_t bytes[LIME_HEADER];
        ps_reader r = ps_reader_of(bytes, sizeof bytes, at);
        uint64_t first;
        uint64_t last;
        uint64_t magic;

        if (!PS_WITHIN(&file->bounds, dump_ranges, i))
            return ps_container_limit(file, PS_LIMIT(dump_ranges), at, err);
        if (file->facts.file_size - at < LIME_HEADER)
            return ps_container_note(file, PS_REFUSED, at, err, "the header of a range is cut");
        if (!ps_container_read(file->source, at, bytes, sizeof bytes, "a LiME range", err))
            return false;
        magic = ps_uint(&r, 4);
        ps_skip(&r, 4);
        first = ps_u64(&r);
        last = ps_u64(&r);
        if (magic != LIME_MAGIC || last < first || last == UINT64_MAX ||
            last - first >= UINT64_MAX - at - LIME_HEADER)
            return ps_container_note(file, PS_REFUSED, at, err,
                                     "no header of a LiME range: the rest is not read");
        if (!ps_container_add_run(file, &(ps_run){first, last - first + 1, at + LIME_HEADER}, err))
            return false;
        at += LIME_HEADER + (last - first + 1);
    }
    return true;
}

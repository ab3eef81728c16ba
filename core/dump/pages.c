/* pages.c - the bodies of Windows dumps that hold physical pages: runs, bitmaps, page ranges.
 * Layouts as public readers agree on them; each is checked against itself and against the file. */
#include "base/reader.h"
#include "dump/container.h"

#include <stdlib.h>
#include <string.h>

enum {
    RUNS_64 = 43, /* that fit before the context record */
    RUNS_32 = 86,
    BITMAP_HEADER = 0x38,
    RANGES_HEADER = 0x30,
    RANGES_AT_A_TIME = 256,
};

/* No machine has more: 2^40 frames are 4 PiB. */
#define FRAME_LIMIT (UINT64_C(1) << 40)

static bool make_physical(ps_container_file *file, ps_error *err)
{
    file->physical = ps_physical_new(file->source);
    return file->physical != NULL || ps_fail_memory(err);
}

static bool add_frames(ps_container_file *file, uint64_t frame, uint64_t count, uint64_t *offset,
                       ps_error *err)
{
    const ps_run run = {frame << PS_FRAME_SHIFT, count << PS_FRAME_SHIFT, *offset};

    if (frame >= FRAME_LIMIT || count > FRAME_LIMIT - frame) {
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE,
                       "a run of %llu pages at page %llu: no machine has them",
                       (unsigned long long)count, (unsigned long long)frame);
    }
    if (run.size > UINT64_MAX - *offset)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "the runs reach beyond all offsets");
    *offset += run.size;
    return ps_container_add_run(file, &run, err);
}

/* Type 1: runs in the header, their pages back to back behind it. */
bool ps_full_open(ps_container_file *file, const uint8_t *header, size_t size, ps_error *err)
{
    const bool wide = file->facts.bits == 64;
    const size_t table = wide ? 0x98 : 0x6C;
    ps_reader r = ps_reader_at(header, size, wide ? 0x88 : 0x64, 4);
    const uint32_t count = ps_u32(&r);
    uint64_t offset = size;

    file->facts.container = PS_CONTAINER_FULL;
    if (count == 0 || count > (wide ? RUNS_64 : RUNS_32)) {
        return ps_fail(err, PS_EFORMAT, wide ? 0x88 : 0x64,
                       "%u runs of memory: such a header has 1 to %d", (unsigned)count,
                       wide ? RUNS_64 : RUNS_32);
    }
    if (!make_physical(file, err))
        return false;
    r = ps_reader_at(header, size, table, (uint64_t)count * (wide ? 16 : 8));
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t frame = ps_uint(&r, wide ? 8 : 4);
        const uint64_t pages = ps_uint(&r, wide ? 8 : 4);
        if (!add_frames(file, frame, pages, &offset, err))
            return false;
    }
    return true;
}

static bool open_bits(ps_container_file *file, uint64_t at, uint64_t bits, uint64_t first_page,
                      ps_error *err)
{
    const uint64_t bytes = bits / 8 + (bits % 8 != 0);

    if (bits == 0 || bits > FRAME_LIMIT || first_page < at || bytes > first_page - at) {
        return ps_fail(err, PS_EFORMAT, at,
                       "a bitmap of %llu pages does not fit before the first page at 0x%llx",
                       (unsigned long long)bits, (unsigned long long)first_page);
    }
    return make_physical(file, err) &&
           ps_physical_set_bitmap(file->physical, at, bits, first_page, err);
}

static bool check_count(ps_container_file *file, uint64_t says, uint64_t at, ps_error *err)
{
    const uint64_t has = ps_physical_announced(file->physical);

    return has == says || ps_container_note(file, PS_FLAGGED, at, err,
                                            "the header counts %llu pages, the bitmap %llu",
                                            (unsigned long long)says, (unsigned long long)has);
}

/* Types 5, 6 and 7: SDMP or FDMP, DUMP, then the first page's offset, counts and the bitmap. */
bool ps_bitmap_open(ps_container_file *file, size_t header_size, ps_error *err)
{
    uint8_t bytes[BITMAP_HEADER];
    ps_reader r = ps_reader_of(bytes, sizeof bytes, header_size);
    uint64_t first_page;
    uint64_t present;
    uint64_t bits;

    file->facts.container = PS_CONTAINER_BITMAP;
    if (!ps_container_read(file->source, header_size, bytes, sizeof bytes, "the bitmap's header",
                           err))
        return false;
    if ((memcmp(bytes, "SDMP", 4) != 0 && memcmp(bytes, "FDMP", 4) != 0) ||
        memcmp(bytes + 4, "DUMP", 4) != 0)
        return ps_fail(err, PS_EFORMAT, header_size, "no bitmap stands behind the header");
    ps_skip(&r, 0x20);
    first_page = ps_u64(&r);
    present = ps_u64(&r);
    bits = ps_u64(&r);
    return open_bits(file, header_size + BITMAP_HEADER, bits, first_page, err) &&
           check_count(file, present, header_size + 0x28, err);
}

/* Type 2, of two public readers: SDMP, DUMP, the first page's offset and the counts in 32 bits, and
 * an RTL_BITMAP before the bits.  What does not fit is tried as the layout of later builds. */
bool ps_summary_open(ps_container_file *file, size_t header_size, ps_error *err)
{
    uint8_t bytes[0x1C];
    const size_t bits_at = header_size + (file->facts.bits == 64 ? 0x28 : 0x20);
    ps_reader r = ps_reader_of(bytes, sizeof bytes, header_size);
    uint32_t first_page;
    uint32_t bits;
    uint32_t pages;

    file->facts.container = PS_CONTAINER_SUMMARY;
    if (!ps_container_read(file->source, header_size, bytes, sizeof bytes, "the summary header",
                           err))
        return false;
    ps_skip(&r, 0xC);
    first_page = ps_u32(&r);
    bits = ps_u32(&r);
    pages = ps_u32(&r);
    if (memcmp(bytes, "SDMPDUMP", 8) == 0 && ps_u32(&r) == bits && bits != 0 &&
        first_page >= bits_at + bits / 8)
        return open_bits(file, bits_at, bits, first_page, err) &&
               check_count(file, pages, header_size + 0x14, err);
    return ps_bitmap_open(file, header_size, err) &&
           ps_container_note(file, PS_NOTE, header_size, err,
                             "a dump of type 2 in the layout of type 5");
}

typedef struct ranges_header {
    uint64_t metadata, first_page, pages;
    bool counted; /* type 10 says how many pages there are; 8 and 9 end with a zero */
} ranges_header;

static bool read_ranges_header(ps_container_file *file, size_t at, ranges_header *h, ps_error *err)
{
    uint8_t bytes[RANGES_HEADER];
    ps_reader r = ps_reader_of(bytes, sizeof bytes, at);

    if (!ps_container_read(file->source, at, bytes, sizeof bytes, "the header of page ranges", err))
        return false;
    if (memcmp(bytes + 4, "RDMPDUMP", 8) != 0)
        return ps_fail(err, PS_EFORMAT, at, "no page ranges stand behind the header");
    ps_skip(&r, 0x10);
    h->metadata = ps_u64(&r);
    h->first_page = ps_u64(&r);
    ps_skip(&r, 8);
    h->pages = ps_u64(&r);
    h->counted = file->facts.dump_type == 10;
    if (h->metadata < 0x20 || h->first_page < at + RANGES_HEADER ||
        h->metadata - 0x20 != h->first_page - (at + 0x40)) {
        return ps_fail(err, PS_EFORMAT, at + 0x10,
                       "page ranges of %llu bytes do not end at the first page, 0x%llx",
                       (unsigned long long)h->metadata, (unsigned long long)h->first_page);
    }
    return true;
}

/* Types 8, 9 and 10: RDMP, DUMP, then ranges of {page, count} up to the first page. */
bool ps_page_ranges_open(ps_container_file *file, size_t header_size, ps_error *err)
{
    ranges_header h = {0};
    uint8_t bytes[RANGES_AT_A_TIME * 16];
    uint64_t offset;
    uint64_t described = 0;
    size_t ranges = 0;
    uint64_t at = header_size + RANGES_HEADER;
    bool end = false;

    file->facts.container = PS_CONTAINER_RANGES;
    if (!read_ranges_header(file, header_size, &h, err) || !make_physical(file, err))
        return false;
    offset = h.first_page;
    while (!end && at < h.first_page) {
        const uint64_t left = h.first_page - at;
        const size_t size = left < sizeof bytes ? (size_t)left & ~(size_t)15 : sizeof bytes;
        ps_reader r = ps_reader_of(bytes, size, at);
        if (size == 0)
            break;
        if (!ps_container_read(file->source, at, bytes, size, "the page ranges", err))
            return false;
        while (!end && r.left >= 16) {
            const uint64_t frame = ps_u64(&r);
            const uint64_t count = ps_u64(&r);
            end = h.counted ? described >= h.pages : frame == 0;
            if (!end && !PS_WITHIN(&file->bounds, dump_ranges, ranges++))
                return ps_container_limit(file, PS_LIMIT(dump_ranges), at, err);
            if (!end && !add_frames(file, frame, count, &offset, err))
                return false;
            described += end ? 0 : count;
        }
        at += size;
    }
    return true;
}

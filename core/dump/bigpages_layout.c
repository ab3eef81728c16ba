/* bigpages_layout.c - how entries of the big-page table look: by the public symbols of XP to 19041,
 * from 20348 on by two public readers.  The table's own content must agree. */
#include "base/reader.h"
#include "dump/bigpages.h"
#include "dump/offsets.h"
#include "dump/tracker.h"

enum { NO_TYPE = PS_BIG_NO_TYPE, AGREE = 95, CHUNK = 128 };

static const ps_big_layout layouts[] = {
    {4, 0x0C, 0x4, 0x0, 0x08, 4, NO_TYPE, true, 0, 3789},
    {4, 0x10, 0x4, 0x0, 0x08, 4, NO_TYPE, true, 3790, 5999},
    {4, 0x10, 0x4, 0x8, 0x0C, 4, 0, false, 6000, 10239},
    {4, 0x10, 0x4, 0x8, 0x0C, 4, 8, false, 10240, UINT32_MAX},
    {8, 0x18, 0x8, 0x0, 0x0C, 4, NO_TYPE, true, 0, 5999},
    {8, 0x18, 0x8, 0xC, 0x10, 8, 0, false, 6000, 10239},
    {8, 0x18, 0x8, 0xC, 0x10, 8, 8, false, 10240, 20347},
    {8, 0x20, 0x8, 0xC, 0x10, 8, 8, false, 20348, UINT32_MAX},
};

static uint64_t field(const uint8_t *bytes, const ps_big_layout *layout, size_t offset, size_t size)
{
    ps_reader r = ps_reader_at(bytes, layout->size, offset, size);

    return ps_uint(&r, size);
}

static uint64_t address_of(const uint8_t *bytes, const ps_big_layout *layout)
{
    const uint64_t value = field(bytes, layout, 0, layout->pointer);

    return layout->pointer == 8 ? value : (uint64_t)(int64_t)(int32_t)(uint32_t)value;
}

static bool is_free(uint64_t address) { return address == 0 || (address & 1) != 0; }

bool ps_big_entry(const ps_big_layout *layout, const uint8_t *bytes, ps_dump_big *big)
{
    *big = (ps_dump_big){.address = address_of(bytes, layout)};
    big->tag = (ps_tag)field(bytes, layout, layout->key, 4);
    big->size = field(bytes, layout, layout->amount, layout->amount_size);
    if (layout->pages)
        big->size <<= PS_FRAME_SHIFT;
    if (layout->type_shift != NO_TYPE) {
        big->pool_type = (uint32_t)field(bytes, layout, layout->type, 4) >> layout->type_shift;
        big->pool_type &= 0xFFF;
        big->pool = (big->pool_type & 1) != 0 ? PS_POOL_PAGED : PS_POOL_NONPAGED;
    }
    return !is_free(big->address) && ps_tracker_is_key(big->tag) && big->size != 0 &&
           big->size >> 44 == 0 &&
           big->address >> 32 >= (layout->pointer == 8 ? 0xFF000000 : 0xFFFFFFFF);
}

typedef struct tally {
    uint64_t used, good;      /* slots that are used, and those of them that could be blocks */
    uint64_t chunks, missing; /* pieces that were read, and those that are not in the dump */
} tally;

static void score_some(tally *t, const ps_big_layout *layout, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i + layout->size <= size; i += layout->size) {
        ps_dump_big big;
        if (is_free(address_of(bytes + i, layout)))
            continue;
        t->used++;
        t->good += ps_big_entry(layout, bytes + i, &big) && big.address % 8 == 0;
    }
}

/* What is plainly no table is not read to its end. */
static bool is_hopeless(const tally *t)
{
    return (t->used >= 64 && t->good * 2 < t->used) ||
           (t->missing >= 64 && t->missing == t->chunks);
}

static bool agrees(ps_space *space, const ps_big_layout *layout, uint64_t address, uint64_t entries,
                   uint64_t least)
{
    uint8_t bytes[CHUNK * PS_BIG_LARGEST];
    tally t = {0};

    for (uint64_t at = 0; at < entries && !is_hopeless(&t); at += CHUNK) {
        const uint64_t left = entries - at;
        const size_t count = left < CHUNK ? (size_t)left : CHUNK;
        size_t got = 0;
        (void)ps_space_read(space, address + at * layout->size, bytes, count * layout->size, &got);
        score_some(&t, layout, bytes, got);
        t.chunks++;
        t.missing += got < count * layout->size;
    }
    return t.used >= least && t.good * 100 >= t.used * AGREE && t.missing * 4 <= t.chunks;
}

/* What the PDB says an entry looks like; false where it does not say it all. */
static bool layout_of_pdb(const ps_kernel *kernel, ps_big_layout *layout)
{
    static const char name[] = "_POOL_TRACKER_BIG_PAGES";
    const unsigned pointer = ps_space_pointer(&kernel->space);
    uint64_t size;
    uint64_t key;
    uint64_t amount;
    uint64_t type = 0;
    uint64_t pattern;
    bool pages = false;

    if (kernel->pdb == NULL || !ps_pdb_size(kernel->pdb, name, &size) || size > PS_BIG_LARGEST ||
        !ps_pdb_field(kernel->pdb, name, "Key", &key))
        return false;
    if (!ps_pdb_field(kernel->pdb, name, "NumberOfBytes", &amount)) {
        pages = ps_pdb_field(kernel->pdb, name, "NumberOfPages", &amount);
        if (!pages)
            return false;
    }
    *layout = (ps_big_layout){.pointer = (uint8_t)pointer,
                              .size = (uint8_t)size,
                              .key = (uint8_t)key,
                              .amount = (uint8_t)amount,
                              .amount_size = (uint8_t)(pages ? 4 : pointer),
                              .type_shift = NO_TYPE,
                              .pages = pages};
    if (ps_pdb_field(kernel->pdb, name, "PoolType", &type)) {
        layout->type = (uint8_t)type;
        layout->type_shift = ps_pdb_field(kernel->pdb, name, "Pattern", &pattern) ? 8 : 0;
    }
    return size >= pointer && key + 4 <= size && amount + layout->amount_size <= size &&
           type + 4 <= size;
}

bool ps_big_detect(ps_kernel *kernel, const ps_big_table *table, uint64_t least,
                   ps_big_layout *layout)
{
    const uint32_t build = kernel->file->facts.build;

    if (layout_of_pdb(kernel, layout) &&
        agrees(&kernel->space, layout, table->address, table->entries, least))
        return true;
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        *layout = layouts[i];
        if (layout->pointer == ps_space_pointer(&kernel->space) && build >= layout->first_build &&
            build <= layout->last_build &&
            agrees(&kernel->space, layout, table->address, table->entries, least))
            return true;
    }
    return false;
}

/* pte.c - from an address to physical memory.  Valid entries are the processors' manuals'; the
 * others are the memory manager's, from the public symbols of its builds. */
#include "dump/pte.h"

#include "base/reader.h"

/* Builds at which entries that are not present change. */
enum { SWIZZLED = 17763 };

typedef struct level {
    uint8_t shift, bits;
    bool may_be_large;
} level;

typedef struct mode {
    uint8_t entry_size, levels;
    uint64_t frame_mask; /* of a table's or page's address in an entry */
    uint64_t root_mask;
    level level[PS_TRAIL_LIMIT]; /* topmost first */
} mode;

#define MASK_48 UINT64_C(0x0000FFFFFFFFF000)
#define MASK_52 UINT64_C(0x000FFFFFFFFFF000)

static const mode modes[] = {
    [PS_PAGING_X86] = {4, 2, 0xFFFFF000, 0xFFFFF000, {{22, 10, true}, {12, 10, false}}},
    [PS_PAGING_PAE] = {8, 3, MASK_52, 0xFFFFFFE0, {{30, 2, false}, {21, 9, true}, {12, 9, false}}},
    [PS_PAGING_X64] =
        {8, 4, MASK_52, MASK_52, {{39, 9, false}, {30, 9, true}, {21, 9, true}, {12, 9, false}}},
    [PS_PAGING_LA57] =
        {8,
         5,
         MASK_52,
         MASK_52,
         {{48, 9, false}, {39, 9, false}, {30, 9, true}, {21, 9, true}, {12, 9, false}}},
    [PS_PAGING_ARM64] = {8,
                         4,
                         UINT64_C(0x0003FFFFFFFFF000),
                         MASK_48,
                         {{39, 9, false}, {30, 9, true}, {21, 9, true}, {12, 9, false}}},
};

static ps_read_status read_entry(ps_space *space, uint64_t address, size_t size, uint64_t *value)
{
    uint8_t bytes[8] = {0};
    size_t got;
    const ps_read_status status =
        ps_physical_read(space->file->physical, address, bytes, size, &got);
    ps_reader r = ps_reader_of(bytes, size, address);

    *value = ps_uint(&r, size);
    return status == PS_READ_NOT_IN_DUMP ? PS_READ_TABLE_MISSING : status;
}

static bool is_held(const ps_space *space, uint64_t physical)
{
    uint64_t offset;
    uint64_t size;

    return ps_physical_locate(space->file->physical, physical, &offset, &size);
}

/* From build 17763 on an entry that is not present is XORed with a mask of the machine unless bit 4
 * is set. */
static bool is_swizzled(const ps_space *space, uint64_t entry)
{
    return space->build >= SWIZZLED && (entry & 0x10) == 0 && space->paging >= PS_PAGING_PAE;
}

/* The entry of a page that is held.  Where the mask is not known, bits that no page of the dump has
 * are taken for it. */
static uint64_t unswizzle(const ps_space *space, uint64_t entry, uint64_t frame_bits)
{
    uint64_t end;

    if (!is_swizzled(space, entry))
        return entry;
    if (space->mask_known)
        return entry ^ space->invalid_mask;
    end = ps_physical_end(space->file->physical);
    for (uint64_t bit = UINT64_C(1) << 51; bit >= PS_FRAME_SIZE; bit >>= 1) {
        if ((entry & frame_bits & ~(bit - 1)) == 0)
            continue;
        if ((entry & frame_bits) < end || (entry & bit) == 0)
            break;
        entry &= ~bit;
    }
    return entry;
}

static uint64_t frame_bits_of(const ps_space *space)
{
    if (space->paging == PS_PAGING_X86)
        return 0xFFFFF000;
    return space->paging == PS_PAGING_PAE ? UINT64_C(0x3FFFFFF000) : MASK_48;
}

/* IN_FILE: from build 17763 on a place in a page file is set aside. */
enum { PROTOTYPE = 1 << 10, TRANSITION = 1 << 11, IN_FILE = 1 << 2 };
/* The mask of most machines (one public reader). */
#define USUAL_MASK (UINT64_C(1) << 45)

/* Does it name a place in a page file?  Where the mask is not known, a single bit is taken for it. */
static bool is_in_file(const ps_space *space, uint64_t entry)
{
    const uint64_t place = entry >> 32;

    if (space->paging == PS_PAGING_X86)
        return entry >> 12 != 0;
    if (!is_swizzled(space, entry))
        return place != 0;
    if (space->mask_known)
        return (entry ^ space->invalid_mask) >> 32 != 0;
    return (place & (place - 1)) != 0 || (place != 0 && (entry & IN_FILE) != 0);
}

/* An entry that is not present and no prototype: in transition, paged out, or nothing. */
static ps_read_status resolve_plain(const ps_space *space, uint64_t entry, uint64_t *frame)
{
    const uint64_t frame_bits = frame_bits_of(space);

    if (entry == 0)
        return PS_READ_NOT_PRESENT;
    if ((entry & TRANSITION) == 0)
        return is_in_file(space, entry) ? PS_READ_PAGED_OUT : PS_READ_NOT_PRESENT;
    *frame = unswizzle(space, entry, frame_bits) & frame_bits;
    return is_held(space, *frame) ? PS_READ_OK : PS_READ_NOT_IN_DUMP;
}

/* Where the prototype of an entry lies; 0 where this reader does not know. */
static uint64_t prototype_of(const ps_space *space, uint64_t entry)
{
    if (space->paging == PS_PAGING_X86)
        return 0;
    if (space->paging == PS_PAGING_PAE)
        return (uint64_t)(int64_t)(int32_t)(uint32_t)(entry >> 32);
    return (uint64_t)((int64_t)entry >> 16);
}

static bool is_large(const ps_space *space, const level *l, uint64_t entry)
{
    if (!l->may_be_large)
        return false;
    return space->paging == PS_PAGING_ARM64 ? (entry & 2) == 0 : (entry & 0x80) != 0;
}

/* The physical address behind a large entry; bits 13 to 20 of an x86 one are its upper bits. */
static uint64_t large_address(const ps_space *space, const level *l, uint64_t entry,
                              uint64_t address)
{
    const uint64_t inside = (UINT64_C(1) << l->shift) - 1;
    uint64_t base = entry & modes[space->paging].frame_mask & ~inside;

    if (space->paging == PS_PAGING_X86)
        base = (entry & 0xFFC00000) | (entry >> 13 & 0xFF) << 32;
    return base | (address & inside);
}

/* One step of a walk: table is where level i's entries lie, then where the next level's do or the
 * page; *done: *physical is found; *present: the entry was. */
typedef struct step {
    uint64_t address, table;
    bool present, done;
} step;

static ps_read_status take_step(ps_space *space, unsigned i, step *s, uint64_t *physical,
                                ps_trail *trail)
{
    const mode *m = &modes[space->paging];
    const level *l = &m->level[i];
    const uint64_t index = s->address >> l->shift & ((UINT64_C(1) << l->bits) - 1);
    ps_trail_entry *entry = &trail->entries[trail->count++];
    ps_read_status status;

    entry->address = s->table + index * m->entry_size;
    status = read_entry(space, entry->address, m->entry_size, &entry->value);
    s->present = (entry->value & 1) != 0;
    if (status != PS_READ_OK || !s->present)
        return status;
    s->table = entry->value & m->frame_mask;
    if (i + 1 == m->levels) {
        trail->page_size = PS_FRAME_SIZE;
        *physical = s->table | (s->address & (PS_FRAME_SIZE - 1));
        s->done = true;
    } else if (is_large(space, l, entry->value)) {
        trail->page_size = UINT64_C(1) << l->shift;
        *physical = large_address(space, l, entry->value, s->address);
        s->done = true;
    }
    return PS_READ_OK;
}

/* The entry at an address whose own tables are all present: prototypes lie in such memory. */
static ps_read_status read_prototype(ps_space *space, uint64_t address, uint64_t *value)
{
    step s = {address, space->root & modes[space->paging].root_mask, true, false};
    ps_trail trail = {.count = 0};
    uint64_t physical = 0;

    for (unsigned i = 0; !s.done; i++) {
        const ps_read_status status = take_step(space, i, &s, &physical, &trail);
        if (status != PS_READ_OK || !s.present)
            return status == PS_READ_OK ? PS_READ_NOT_PRESENT : status;
    }
    return read_entry(space, physical, 8, value);
}

/* Read what a prototype entry points to.  Where its mask is not known, of the two addresses that it
 * may mean the one counts that can be read; where both can, nobody knows. */
static ps_read_status follow(ps_space *space, uint64_t entry, uint64_t *value)
{
    const bool swizzled = is_swizzled(space, entry) && space->paging != PS_PAGING_PAE;
    uint64_t other = 0;
    ps_read_status plain;
    ps_read_status usual;

    if (swizzled && space->mask_known)
        return read_prototype(space, prototype_of(space, entry ^ space->invalid_mask), value);
    plain = read_prototype(space, prototype_of(space, entry), value);
    if (!swizzled)
        return plain;
    usual = read_prototype(space, prototype_of(space, entry ^ USUAL_MASK), &other);
    if (plain == PS_READ_OK && usual == PS_READ_OK)
        return PS_READ_PAGED_OUT;
    if (usual == PS_READ_OK)
        *value = other;
    return usual == PS_READ_OK ? usual : plain;
}

static ps_read_status resolve(ps_space *space, uint64_t entry, bool leaf, uint64_t *frame,
                              ps_trail *trail)
{
    ps_read_status status;

    if (!leaf || (entry & PROTOTYPE) == 0) {
        status = resolve_plain(space, entry, frame);
        trail->transition = status == PS_READ_OK;
        if (!leaf && status == PS_READ_PAGED_OUT)
            return PS_READ_TABLE_MISSING;
        return status;
    }
    if (prototype_of(space, entry) == 0)
        return PS_READ_PAGED_OUT;
    status = follow(space, entry, &entry);
    if (status != PS_READ_OK)
        return PS_READ_PAGED_OUT;
    trail->prototype = true;
    if ((entry & 1) != 0) {
        *frame = entry & modes[space->paging].frame_mask;
        return PS_READ_OK;
    }
    return (entry & PROTOTYPE) != 0 ? PS_READ_PAGED_OUT : resolve_plain(space, entry, frame);
}

ps_read_status ps_pte_walk(ps_space *space, uint64_t address, uint64_t *physical, ps_trail *trail)
{
    const mode *m = &modes[space->paging];
    step s = {address, space->root & m->root_mask, true, false};

    for (unsigned i = 0; i < m->levels && !s.done; i++) {
        const bool leaf = i + 1 == m->levels;
        ps_read_status status = take_step(space, i, &s, physical, trail);
        if (status == PS_READ_OK && !s.present)
            status = resolve(space, trail->entries[trail->count - 1].value, leaf, &s.table, trail);
        if (status != PS_READ_OK)
            return status;
    }
    if (!s.done) {
        trail->page_size = PS_FRAME_SIZE;
        *physical = s.table | (address & (PS_FRAME_SIZE - 1));
    }
    return PS_READ_OK;
}

uint64_t ps_pte_span(const ps_space *space, unsigned count)
{
    const mode *m = &modes[space->paging];

    return UINT64_C(1) << m->level[(count == 0 ? m->levels : count) - 1].shift;
}

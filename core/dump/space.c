/* space.c - reading virtual memory of a dump. */
#include "dump/space.h"

#include "base/reader.h"
#include "dump/pte.h"

#include <string.h>

enum { TABLE_ENTRIES = 1024, SPARE = 1 << 14 };

ps_walk_budget ps_walk_budget_of(const ps_container_file *file)
{
    const uint64_t present = file->facts.present_pages;

    return (ps_walk_budget){.steps = present * TABLE_ENTRIES + SPARE, .pages = present * 4 + SPARE};
}

void ps_space_init(ps_space *space, ps_container_file *file, ps_paging paging, uint64_t root,
                   uint32_t build)
{
    memset(space, 0, sizeof *space);
    space->file = file;
    space->paging = paging;
    space->root = root;
    space->build = build;
}

unsigned ps_space_pointer(const ps_space *space)
{
    if (space->paging == PS_PAGING_PIECES)
        return space->file->facts.bits == 32 ? 4 : 8;
    return space->paging == PS_PAGING_X86 || space->paging == PS_PAGING_PAE ? 4 : 8;
}

/* A 32-bit address is taken with its upper half clear or as the extension of its sign. */
static bool is_canonical(const ps_space *space, uint64_t address)
{
    const uint64_t upper = address >> 32;
    unsigned bits = 48;

    if (ps_space_pointer(space) == 4)
        return upper == 0 || (upper == UINT32_MAX && (address & 0x80000000) != 0);
    if (space->paging == PS_PAGING_LA57)
        bits = 57;
    return address >> (bits - 1) == 0 || address >> (bits - 1) == UINT64_MAX >> (bits - 1);
}

ps_read_status ps_space_translate(ps_space *space, uint64_t address, uint64_t *physical,
                                  ps_trail *trail)
{
    const uint64_t page = (address >> PS_FRAME_SHIFT) + 1;
    const size_t slot = (size_t)(page % PS_SPACE_CACHE);
    ps_trail own;
    ps_read_status status;

    if (space->paging == PS_PAGING_PIECES)
        return PS_READ_NOT_PRESENT;
    if (!is_canonical(space, address))
        return PS_READ_NOT_CANONICAL;
    if (trail == NULL && space->cache[slot].page == page) {
        *physical = space->cache[slot].physical | (address & (PS_FRAME_SIZE - 1));
        return PS_READ_OK;
    }
    if (trail == NULL)
        trail = &own;
    memset(trail, 0, sizeof *trail);
    status = ps_pte_walk(space, address, physical, trail);
    if (status == PS_READ_OK) {
        space->cache[slot].page = page;
        space->cache[slot].physical = *physical & ~(uint64_t)(PS_FRAME_SIZE - 1);
    }
    return status;
}

bool ps_space_next(ps_space *space, uint64_t address, uint64_t end, uint64_t *begin, uint64_t *size,
                   uint64_t *steps)
{
    for (; *steps > 0 && address < end; --*steps) {
        ps_trail trail = {.count = 0};
        uint64_t physical;
        const ps_read_status status = ps_space_translate(space, address, &physical, &trail);
        uint64_t span = trail.page_size;

        if (status == PS_READ_NOT_CANONICAL || space->paging == PS_PAGING_PIECES)
            return false;
        if (status != PS_READ_OK)
            span = ps_pte_span(space, trail.count);
        span -= address & (span - 1);
        if (status == PS_READ_OK) {
            *begin = address;
            *size = span < end - address ? span : end - address;
            return true;
        }
        if (address + span < address)
            return false;
        address += span;
    }
    return false;
}

ps_read_status ps_space_read(ps_space *space, uint64_t address, void *buffer, size_t size,
                             size_t *got)
{
    *got = 0;
    if (space->paging == PS_PAGING_PIECES)
        return ps_ranges_read(&space->file->ranges, address, buffer, size, got);
    while (*got < size) {
        const uint64_t at = address + *got;
        const size_t in_page = PS_FRAME_SIZE - (size_t)(at % PS_FRAME_SIZE);
        const size_t part = size - *got < in_page ? size - *got : in_page;
        uint64_t physical;
        size_t read = 0;
        ps_read_status status =
            at < address ? PS_READ_NOT_CANONICAL : ps_space_translate(space, at, &physical, NULL);
        if (status == PS_READ_OK)
            status = ps_physical_read(space->file->physical, physical, (uint8_t *)buffer + *got,
                                      part, &read);
        *got += read;
        if (status != PS_READ_OK)
            return status;
    }
    return PS_READ_OK;
}

ps_read_status ps_space_take(ps_space *space, uint64_t address, void *buffer, size_t size)
{
    size_t got;

    return ps_space_read(space, address, buffer, size, &got);
}

ps_read_status ps_space_uint(ps_space *space, uint64_t address, size_t size, uint64_t *value)
{
    uint8_t bytes[8] = {0};
    const ps_read_status status = ps_space_take(space, address, bytes, size);
    ps_reader r = ps_reader_of(bytes, size, address);

    *value = status == PS_READ_OK ? ps_uint(&r, size) : 0;
    return status;
}

ps_read_status ps_space_address(ps_space *space, uint64_t address, uint64_t *value)
{
    const unsigned size = ps_space_pointer(space);
    const ps_read_status status = ps_space_uint(space, address, size, value);

    if (size == 4)
        *value = (uint64_t)(int64_t)(int32_t)(uint32_t)*value;
    return status;
}

ps_read_status ps_space_value(ps_space *space, uint64_t address, size_t size, uint64_t *value)
{
    return size == 0 ? ps_space_address(space, address, value)
                     : ps_space_uint(space, address, size, value);
}

const char *ps_space_follow(ps_space *space, uint64_t entry, uint64_t before, uint64_t *next)
{
    uint64_t back = 0;
    ps_read_status status = ps_space_address(space, entry, next);

    if (status == PS_READ_OK)
        status = ps_space_address(space, entry + ps_space_pointer(space), &back);
    if (status != PS_READ_OK)
        return ps_read_status_text(status);
    return back == before ? NULL : "does not belong to it";
}

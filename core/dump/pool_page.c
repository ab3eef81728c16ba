/* pool_page.c - headers of small blocks, by the public symbols of XP to 17763.
 *
 *    x86   0  previous size 9 bits, index 7   2  size 9 bits, type 7    4  tag      units of 8 bytes
 *    x64   0  previous size 8 bits, index 8   2  size 8 bits, type 8    4  tag      units of 16 bytes
 *
 * Sizes count the header.  The first block of a page has nothing before it, the last one ends with
 * the page.
 */
#include "dump/pool_page.h"

#include "base/error.h"
#include "base/reader.h"
#include "dump/dump.h"

#include <stdio.h>
#include <string.h>

enum {
    VISTA = 6000,
    SEGMENT_HEAP = 18362,
    HEADER = 8,
    IN_USE = 2,
    SMALL_UNIT = 8,
    LARGE_UNIT = 16
};

bool ps_block_rules_of(const ps_kernel *kernel, ps_block_rules *rules, ps_error *err)
{
    const uint32_t build = kernel->file->facts.build;

    *rules = (ps_block_rules){0};
    if (!kernel->has_space)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "no virtual address of this dump can be read");
    if (build == 0)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "the build is not known that decides how small blocks look");
    if (build >= SEGMENT_HEAP) {
        return ps_fail(
            err, PS_EUNSUPPORTED, PS_NOWHERE,
            "build %u keeps small blocks in a segment heap, whose pages have no chain of "
            "headers: they are not walked",
            (unsigned)build);
    }
    rules->unit = ps_space_pointer(&kernel->space) == 8 ? LARGE_UNIT : SMALL_UNIT;
    rules->type_plus = build < VISTA;
    return true;
}

static void take_sizes(const ps_block_rules *rules, uint32_t word, ps_dump_block *block)
{
    const unsigned bits = rules->unit == SMALL_UNIT ? 9 : 8;
    const uint32_t mask = (UINT32_C(1) << bits) - 1;

    block->previous_size = (uint16_t)((word & mask) * rules->unit);
    block->pool_index = (uint8_t)((word & 0xFFFF) >> bits);
    block->size = (uint16_t)((word >> 16 & mask) * rules->unit);
    block->pool_type = (uint8_t)(word >> 16 >> bits);
}

void ps_block_at(const ps_block_rules *rules, const uint8_t *page, uint64_t address, size_t at,
                 ps_dump_block *block)
{
    ps_reader r = ps_reader_at(page, PS_FRAME_SIZE, at, HEADER);
    bool paged;

    *block = (ps_dump_block){.address = address + at};
    take_sizes(rules, ps_u32(&r), block);
    block->tag = ps_u32(&r);
    block->free = rules->type_plus ? block->pool_type == 0 : (block->pool_type & IN_USE) == 0;
    paged = rules->type_plus ? block->pool_type != 0 && (block->pool_type & 1) == 0
                             : (block->pool_type & 1) != 0;
    block->pool = paged ? PS_POOL_PAGED : PS_POOL_NONPAGED;
}

ps_page_fault ps_page_check(const ps_block_rules *rules, const uint8_t *page, size_t *at)
{
    ps_dump_block block;
    uint16_t before = 0;
    bool any = false;
    uint8_t pool = 0;

    for (*at = 0; *at < PS_FRAME_SIZE; *at += block.size) {
        ps_block_at(rules, page, 0, *at, &block);
        if (block.size == 0)
            return PS_PAGE_NO_SIZE;
        if (block.previous_size != before)
            return PS_PAGE_PREVIOUS;
        if (block.size > PS_FRAME_SIZE - *at)
            return PS_PAGE_OVERRUN;
        if (!block.free && any && block.pool != pool)
            return PS_PAGE_MIXED;
        if (!block.free) {
            pool = block.pool;
            any = true;
        }
        before = block.size;
    }
    return PS_PAGE_TILES;
}

static void describe(const ps_block_rules *rules, const uint8_t *bytes, ps_page_fault fault,
                     size_t at, ps_dump_pool_page *page)
{
    const unsigned long long where = page->address + at;
    const unsigned before = page->count != 0 ? page->blocks[page->count - 1].size : 0;
    ps_dump_block block;

    ps_block_at(rules, bytes, page->address, at, &block);
    switch (fault) {
    case PS_PAGE_TILES:
        break;
    case PS_PAGE_NO_SIZE:
        (void)snprintf(page->broken, sizeof page->broken, "the header at 0x%llx has no size",
                       where);
        break;
    case PS_PAGE_PREVIOUS:
        (void)snprintf(page->broken, sizeof page->broken,
                       "the header at 0x%llx has 0x%x bytes before it, but there are 0x%x", where,
                       (unsigned)block.previous_size, before);
        break;
    case PS_PAGE_OVERRUN:
        (void)snprintf(page->broken, sizeof page->broken,
                       "the block at 0x%llx has 0x%x bytes, but the page ends after 0x%x", where,
                       (unsigned)block.size, (unsigned)(PS_FRAME_SIZE - at));
        break;
    case PS_PAGE_MIXED:
        (void)snprintf(page->broken, sizeof page->broken,
                       "the block at 0x%llx is of another pool than those before it", where);
        break;
    }
}

static void fill(const ps_block_rules *rules, const uint8_t *bytes, size_t end,
                 ps_dump_pool_page *page)
{
    for (size_t at = 0; at < end && page->count < PS_PAGE_BLOCKS;) {
        ps_dump_block *block = &page->blocks[page->count++];
        ps_block_at(rules, bytes, page->address, at, block);
        at += block->size;
        if (!block->free) {
            page->has_pool = true;
            page->pool = block->pool;
        }
    }
    for (size_t i = 0; page->has_pool && i < page->count; i++)
        page->blocks[i].pool = page->pool;
}

bool ps_dump_get_pool_page(ps_dump *dump, uint64_t address, ps_dump_pool_page *page, ps_error *err)
{
    ps_kernel *kernel = &dump->kernel;
    uint8_t bytes[PS_FRAME_SIZE];
    ps_block_rules rules;
    ps_page_fault fault;
    ps_read_status status;
    size_t at;

    memset(page, 0, sizeof *page);
    page->address = address & ~(uint64_t)(PS_FRAME_SIZE - 1);
    if (!ps_block_rules_of(kernel, &rules, err))
        return false;
    status = ps_space_take(&kernel->space, page->address, bytes, sizeof bytes);
    if (status != PS_READ_OK) {
        return ps_fail(err, status == PS_READ_FAILED ? PS_EIO : PS_ETRUNCATED, PS_NOWHERE,
                       "the page at 0x%llx is %s", (unsigned long long)page->address,
                       ps_read_status_text(status));
    }
    fault = ps_page_check(&rules, bytes, &at);
    fill(&rules, bytes, at, page);
    page->whole = fault == PS_PAGE_TILES;
    describe(&rules, bytes, fault, at, page);
    return true;
}

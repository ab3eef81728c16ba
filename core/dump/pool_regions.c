/* pool_regions.c - the pages that may be the pool's.
 *
 * XP and Server 2003 keep it between four variables, 64-bit kernels up to Windows 7 too.  Later ones and
 * Vista's 32-bit kernels place it as they go: there every page of the kernel is looked at, and its
 * content decides.
 */
#include "dump/pool_regions.h"

#include "dump/offsets.h"
#include "dump/pte.h"

enum { VISTA = 6000, WINDOWS_8 = 9200, PAUSE = 1 << 20 };

static bool has_fixed_regions(const ps_kernel *kernel)
{
    const uint32_t build = kernel->file->facts.build;

    return build < VISTA || (build < WINDOWS_8 && ps_space_pointer(&kernel->space) == 8);
}

static uint64_t first_address(const ps_space *space)
{
    if (ps_space_pointer(space) == 4)
        return UINT64_C(0xFFFFFFFF80000000);
    return space->paging == PS_PAGING_LA57 ? UINT64_C(0xFF00000000000000)
                                           : UINT64_C(0xFFFF800000000000);
}

static uint64_t value_of(ps_kernel *kernel, const char *name, size_t field)
{
    uint64_t variable;
    uint64_t value = 0;

    if (ps_variable(kernel, name, field, &variable, NULL))
        (void)ps_space_address(&kernel->space, variable, &value);
    return value;
}

/* From one address to another; false where they bound no region. */
static bool between(const ps_kernel *kernel, uint64_t start, uint64_t end, ps_dump_region *region)
{
    const uint64_t page = PS_FRAME_SIZE - 1;

    *region = (ps_dump_region){start & ~page, (end - 1) | page};
    return start < end && start >= first_address(&kernel->space);
}

/* Both pools' regions, the lower one first. */
static bool fixed_regions(ps_kernel *kernel, ps_dump_region *low, ps_dump_region *high)
{
    const uint64_t start = value_of(kernel, "MmNonPagedPoolStart", PS_KDBG_NONPAGED_START);
    const uint64_t end = value_of(kernel, "MmNonPagedPoolEnd", PS_KDBG_NONPAGED_END);
    const uint64_t paged = value_of(kernel, "MmPagedPoolStart", PS_KDBG_PAGED_START);
    const uint64_t paged_end = value_of(kernel, "MmPagedPoolEnd", PS_KDBG_PAGED_END);
    const bool ordered = start <= paged;

    return has_fixed_regions(kernel) && between(kernel, start, end, ordered ? low : high) &&
           between(kernel, paged, paged_end, ordered ? high : low);
}

void ps_pool_regions(ps_kernel *kernel, ps_dump_blocks *found)
{
    ps_dump_region *low = &found->regions[0];
    ps_dump_region high;

    found->region_count = 1;
    found->everywhere = !fixed_regions(kernel, low, &high);
    if (found->everywhere)
        *low = (ps_dump_region){first_address(&kernel->space), UINT64_MAX};
    else if (high.start > low->last)
        found->regions[found->region_count++] = high;
    else if (high.last > low->last)
        low->last = high.last;
}

void ps_page_cursor_init(ps_page_cursor *cursor, ps_kernel *kernel, ps_dump_blocks *found)
{
    *cursor = (ps_page_cursor){.kernel = kernel, .found = found};
    cursor->budget = ps_walk_budget_of(kernel->file);
}

/* Behind `span` bytes from an aligned place on; false where the region ends before. */
static bool skip(ps_page_cursor *cursor, uint64_t span)
{
    const ps_dump_region *region = &cursor->found->regions[cursor->region];
    const uint64_t left = span - (cursor->address & (span - 1));

    if (region->last - cursor->address < left) {
        cursor->region++;
        cursor->begun = false;
        return false;
    }
    cursor->address += left;
    return true;
}

/* Tables that point to themselves map no memory of the kernel's own. */
static bool is_self_map(const ps_space *space, const ps_trail *trail)
{
    const uint64_t frame = UINT64_C(0x000FFFFFFFFFF000);

    return space->paging != PS_PAGING_PAE && trail->count > 1 &&
           ((trail->entries[0].value ^ space->root) & frame) == 0;
}

static void count_missing(ps_dump_blocks *found, ps_read_status status)
{
    found->paged_out += status == PS_READ_PAGED_OUT;
    found->tables_missing += status == PS_READ_TABLE_MISSING;
    found->missing += status == PS_READ_NOT_IN_DUMP;
}

/* Begin the next mapping; false where there is none at the address. */
static bool begin_mapping(ps_page_cursor *cursor)
{
    ps_space *space = &cursor->kernel->space;
    ps_trail trail = {.count = 0};
    const ps_read_status status =
        ps_space_translate(space, cursor->address, &cursor->physical, &trail);

    if (is_self_map(space, &trail)) {
        (void)skip(cursor, ps_pte_span(space, 1));
        return false;
    }
    if (status != PS_READ_OK) {
        count_missing(cursor->found, status);
        (void)skip(cursor, ps_pte_span(space, trail.count));
        return false;
    }
    cursor->run = trail.page_size - (cursor->address & (trail.page_size - 1));
    return true;
}

/* The mapping's next page, where the file holds it. */
static bool take_page(ps_page_cursor *cursor, uint64_t *address, uint64_t *offset)
{
    uint64_t held = 0;
    const bool there =
        ps_physical_locate(cursor->kernel->file->physical, cursor->physical, offset, &held) &&
        held >= PS_FRAME_SIZE;

    *address = cursor->address;
    cursor->budget.pages -= there;
    cursor->physical += PS_FRAME_SIZE;
    cursor->run -= PS_FRAME_SIZE;
    cursor->found->missing += !there;
    if (!skip(cursor, PS_FRAME_SIZE))
        cursor->run = 0;
    return there;
}

/* Whole pages of a dump that holds pieces of virtual memory. */
static bool next_piece(ps_page_cursor *cursor, uint64_t *address, uint64_t *offset)
{
    const ps_ranges *ranges = &cursor->kernel->file->ranges;

    for (; cursor->region < ranges->count; cursor->region++, cursor->begun = false) {
        const ps_run *run = &ranges->runs[cursor->region];
        const uint64_t first =
            (run->address + (PS_FRAME_SIZE - 1)) & ~(uint64_t)(PS_FRAME_SIZE - 1);
        if (!cursor->begun)
            cursor->address = first;
        cursor->begun = true;
        if (cursor->address < run->address || cursor->address - run->address >= run->size ||
            run->size - (cursor->address - run->address) < PS_FRAME_SIZE)
            continue;
        *address = cursor->address;
        *offset = run->offset + (cursor->address - run->address);
        cursor->address += PS_FRAME_SIZE;
        return true;
    }
    return false;
}

/* False where the walk pauses, or has gone on for too long. */
static bool take_step(ps_page_cursor *cursor)
{
    if (cursor->budget.steps == 0 || cursor->budget.pages == 0) {
        cursor->found->cut = true;
        cursor->region = cursor->found->region_count;
        return false;
    }
    cursor->budget.steps--;
    cursor->paused = cursor->rest-- == 0;
    return !cursor->paused;
}

bool ps_page_cursor_next(ps_page_cursor *cursor, uint64_t *address, uint64_t *offset)
{
    if (cursor->kernel->space.paging == PS_PAGING_PIECES)
        return next_piece(cursor, address, offset);
    cursor->paused = false;
    cursor->rest = PAUSE;
    while (cursor->region < cursor->found->region_count) {
        if (!take_step(cursor))
            return false;
        if (!cursor->begun) {
            cursor->address = cursor->found->regions[cursor->region].start;
            cursor->begun = true;
            cursor->run = 0;
        }
        if (cursor->run == 0 && !begin_mapping(cursor))
            continue;
        if (take_page(cursor, address, offset))
            return true;
    }
    return false;
}

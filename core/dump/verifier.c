/* verifier.c - what driver verifier counts, the drivers that it watches and their allocations. */
#include "base/array.h"
#include "base/error.h"
#include "base/reader.h"
#include "dump/lists.h"
#include "dump/offsets.h"
#include "dump/strings.h"

#include <stdlib.h>

enum { PAGE_LIMIT = 1 << 13 };

/* --- totals ---------------------------------------------------------------------------------- */

typedef struct total {
    const char *field;
    uint32_t *count; /* one of the two */
    uint64_t *bytes;
} total;

static bool read_total(ps_kernel *kernel, uint64_t data, const total *t, ps_error *err)
{
    uint64_t offset;
    uint64_t value;

    if (!ps_offset(kernel, "_MM_DRIVER_VERIFIER_DATA", t->field, &offset))
        return ps_symbols_needed(kernel, "_MM_DRIVER_VERIFIER_DATA", err);
    if (!ps_fetch(&kernel->space, data + offset,
                  t->count != NULL ? 4 : ps_space_pointer(&kernel->space), "MmVerifierData", &value,
                  err))
        return false;
    if (t->count != NULL)
        *t->count = (uint32_t)value;
    else if (t->bytes != NULL)
        *t->bytes = value;
    return true;
}

bool ps_verifier_read(ps_dump_verifier *verifier, ps_kernel *kernel, ps_error *err)
{
    const total totals[] = {
        {"Level", &verifier->level, NULL},
        {"AllocationsAttempted", &verifier->attempted, NULL},
        {"AllocationsSucceeded", &verifier->succeeded, NULL},
        {"AllocationsSucceededSpecialPool", &verifier->special, NULL},
        {"AllocationsWithNoTag", &verifier->untagged, NULL},
        {"AllocationsFailed", &verifier->failed, NULL},
        {"AllocationsFailedDeliberately", &verifier->failed_deliberately, NULL},
        {"UnTrackedPool", &verifier->untracked, NULL},
        {"CurrentPagedPoolAllocations", &verifier->paged_allocs, NULL},
        {"CurrentNonPagedPoolAllocations", &verifier->nonpaged_allocs, NULL},
        {"PagedBytes", NULL, &verifier->paged_bytes},
        {"NonPagedBytes", NULL, &verifier->nonpaged_bytes},
        {"PeakPagedBytes", NULL, &verifier->peak_paged_bytes},
        {"PeakNonPagedBytes", NULL, &verifier->peak_nonpaged_bytes},
    };
    uint64_t data;

    if (kernel->file->facts.container == PS_CONTAINER_TRIAGE) {
        if (!kernel->file->triage.memory.known)
            return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                           "the triage dump says nothing of driver verifier");
        verifier->level = kernel->file->triage.memory.verifier_level;
        return true;
    }
    if (!ps_variable(kernel, "MmVerifierData", PS_KDBG_VERIFIER, &data, err))
        return false;
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++)
        if (!read_total(kernel, data, &totals[i], err))
            return false;
    return true;
}

/* --- drivers --------------------------------------------------------------------------------- */

typedef struct layout {
    uint64_t links, loads, unloads, name, start, end, pages;
    uint64_t paged_allocs, nonpaged_allocs, paged_bytes, nonpaged_bytes;
} layout;

static bool find_layout(const ps_kernel *kernel, layout *is, ps_error *err)
{
    const ps_offset_want wants[] = {
        {"Links", &is->links, false},
        {"Loads", &is->loads, false},
        {"Unloads", &is->unloads, false},
        {"BaseName", &is->name, false},
        {"StartAddress", &is->start, false},
        {"EndAddress", &is->end, false},
        {"PoolPageHeaders", &is->pages, true},
        {"CurrentPagedPoolAllocations", &is->paged_allocs, false},
        {"CurrentNonPagedPoolAllocations", &is->nonpaged_allocs, false},
        {"PagedBytes", &is->paged_bytes, false},
        {"NonPagedBytes", &is->nonpaged_bytes, false},
    };

    return ps_offsets(kernel, "_MI_VERIFIER_DRIVER_ENTRY", wants, sizeof wants / sizeof wants[0],
                      err);
}

static bool take_driver(ps_kernel *kernel, const layout *is, uint64_t entry,
                        ps_dump_verified *driver)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    const struct {
        uint64_t offset;
        uint32_t *value;
    } counts[] = {{is->loads, &driver->loads},
                  {is->unloads, &driver->unloads},
                  {is->paged_allocs, &driver->paged_allocs},
                  {is->nonpaged_allocs, &driver->nonpaged_allocs}};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint64_t value;
        if (ps_space_uint(&kernel->space, entry + counts[i].offset, 4, &value) != PS_READ_OK)
            return false;
        *counts[i].value = (uint32_t)value;
    }
    return ps_space_address(&kernel->space, entry + is->start, &driver->start) == PS_READ_OK &&
           ps_space_address(&kernel->space, entry + is->end, &driver->end) == PS_READ_OK &&
           ps_space_uint(&kernel->space, entry + is->paged_bytes, pointer, &driver->paged_bytes) ==
               PS_READ_OK &&
           ps_space_uint(&kernel->space, entry + is->nonpaged_bytes, pointer,
                         &driver->nonpaged_bytes) == PS_READ_OK;
}

static bool add_driver(ps_verified_list *list, ps_kernel *kernel, const layout *is, uint64_t entry,
                       ps_error *err)
{
    ps_dump_verified driver = {.address = entry};

    if (!take_driver(kernel, is, entry, &driver)) {
        return ps_container_note(kernel->file, PS_REFUSED, PS_NOWHERE, err,
                                 "the verified driver at 0x%llx is not in the dump",
                                 (unsigned long long)entry);
    }
    driver.name = ps_read_string(kernel, entry + is->name);
    if (driver.name == NULL ||
        !ps_grow((void **)&list->items, &list->capacity, list->count, sizeof *list->items))
        return ps_fail_memory(err);
    list->items[list->count++] = driver;
    return true;
}

static bool read_drivers(ps_verified_list *list, ps_kernel *kernel, ps_error *err)
{
    uint64_t head;
    uint64_t entry;
    layout is;

    if (!find_layout(kernel, &is, err) ||
        !ps_variable(kernel, "MiSuspectDriverList", 0, &head, err) ||
        !ps_fetch(&kernel->space, head, 0, "MiSuspectDriverList", &entry, err))
        return false;
    for (size_t i = 0; entry != head; i++) {
        if (!PS_WITHIN(&kernel->file->bounds, dump_verified, i))
            return ps_container_limit(kernel->file, PS_LIMIT(dump_verified), PS_NOWHERE, err);
        if (!add_driver(list, kernel, &is, entry - is.links, err))
            return false;
        if (ps_space_address(&kernel->space, entry, &entry) != PS_READ_OK) {
            return ps_container_note(kernel->file, PS_REFUSED, PS_NOWHERE, err,
                                     "the list of verified drivers breaks off after %zu",
                                     list->count);
        }
    }
    return true;
}

bool ps_verified_read(ps_verified_list *list, ps_kernel *kernel, ps_error *err)
{
    ps_verified_list found = {.known = true};

    if (!ps_holds_variables(kernel, err))
        return false;
    if (read_drivers(&found, kernel, err)) {
        *list = found;
        return true;
    }
    free(found.items);
    return false;
}

/* --- allocations ----------------------------------------------------------------------------- */

static bool add_block(ps_verified_block_list *list, const ps_dump_verified *driver,
                      const uint8_t *bytes, unsigned pointer, ps_error *err)
{
    ps_reader r = ps_reader_of(bytes, (size_t)pointer * 4, 0);
    ps_dump_verified_block block = {.driver = driver};

    block.address = ps_uint(&r, pointer);
    block.caller = ps_uint(&r, pointer);
    block.size = ps_uint(&r, pointer);
    block.tag = (ps_tag)ps_uint(&r, pointer);
    if (pointer == 4) {
        block.address = (uint64_t)(int64_t)(int32_t)(uint32_t)block.address;
        block.caller = (uint64_t)(int64_t)(int32_t)(uint32_t)block.caller;
    }
    /* a free entry links to the next one and has no caller */
    if (block.caller >> 63 == 0 || block.address >> 63 == 0 || block.size == 0 || block.tag == 0)
        return true;
    if (!ps_grow((void **)&list->items, &list->capacity, list->count, sizeof *list->items))
        return ps_fail_memory(err);
    list->items[list->count++] = block;
    return true;
}

/* A page of entries, its head in the place of the first: { next page, driver, signature }. */
static bool add_page(ps_verified_block_list *list, const ps_dump_verified *driver,
                     ps_kernel *kernel, uint64_t *page, ps_error *err)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    uint8_t bytes[PS_FRAME_SIZE];
    ps_reader r = ps_reader_of(bytes, sizeof bytes, 0);
    const ps_read_status status = ps_space_take(&kernel->space, *page, bytes, sizeof bytes);
    uint64_t owner;

    if (status != PS_READ_OK) {
        const uint64_t missing = *page;
        *page = 0;
        return ps_container_note(kernel->file, PS_REFUSED, PS_NOWHERE, err,
                                 "the verified allocations at 0x%llx are %s",
                                 (unsigned long long)missing, ps_read_status_text(status));
    }
    *page = ps_uint(&r, pointer);
    owner = ps_uint(&r, pointer);
    if (pointer == 4) {
        *page = (uint64_t)(int64_t)(int32_t)(uint32_t)*page;
        owner = (uint64_t)(int64_t)(int32_t)(uint32_t)owner;
    }
    *page &= ~(uint64_t)(PS_FRAME_SIZE - 1);
    if (owner != driver->address) {
        *page = 0;
        return ps_container_note(kernel->file, PS_REFUSED, PS_NOWHERE, err,
                                 "a page of verified allocations is not of its driver");
    }
    for (size_t at = (size_t)pointer * 4; at < sizeof bytes; at += (size_t)pointer * 4)
        if (!add_block(list, driver, bytes + at, pointer, err))
            return false;
    return true;
}

static bool add_pages(ps_verified_block_list *list, const ps_dump_verified *driver,
                      ps_kernel *kernel, uint64_t pages, uint64_t *left, ps_error *err)
{
    uint64_t mark = 0;
    uint64_t page;

    if (!ps_fetch(&kernel->space, driver->address + pages, 0, "PoolPageHeaders", &page, err))
        return false;
    page &= ~(uint64_t)(PS_FRAME_SIZE - 1);
    for (uint64_t steps = 1; page != 0; steps++) {
        if (*left == 0 || page == mark)
            return ps_container_note(kernel->file, PS_REFUSED, PS_NOWHERE, err,
                                     "the pages of verified allocations do not end");
        if ((steps & (steps - 1)) == 0)
            mark = page; /* a page that comes again leads round */
        *left -= 1;
        if (!add_page(list, driver, kernel, &page, err))
            return false;
    }
    return true;
}

bool ps_verified_blocks_read(ps_verified_block_list *list, const ps_verified_list *drivers,
                             ps_kernel *kernel, ps_error *err)
{
    ps_verified_block_list found = {.known = true};
    uint64_t left = PAGE_LIMIT;
    uint64_t pages;

    if (!ps_offset(kernel, "_MI_VERIFIER_DRIVER_ENTRY", "PoolPageHeaders", &pages))
        return ps_symbols_needed(kernel, "PoolPageHeaders of _MI_VERIFIER_DRIVER_ENTRY", err);
    for (size_t i = 0; i < drivers->count; i++) {
        if (add_pages(&found, &drivers->items[i], kernel, pages, &left, err))
            continue;
        free(found.items);
        return false;
    }
    *list = found;
    return true;
}

/* process_scan.c - processes that the kernel's list does not lead to: each lies in a block of pool whose
 * tag says so, behind the headers that objects have. */
#include "base/array.h"
#include "base/error.h"
#include "base/reader.h"
#include "dump/dump.h"
#include "dump/offsets.h"
#include "dump/processes.h"

#include <stdlib.h>

enum { PROCESS = 3, FEWEST_DWORDS = 0x18, HIGHEST_PID = 1 << 26, STEP = 8 };

#define PROCESS_TAG ((ps_tag)0x636F7250) /* "Proc" */

static uint64_t value_at(const uint8_t *bytes, size_t size, uint64_t at, unsigned width)
{
    ps_reader r = ps_reader_at(bytes, size, at, width);
    const uint64_t value = ps_uint(&r, width);

    return width == 4 && ps_reader_good(&r) ? (uint64_t)(int64_t)(int32_t)(uint32_t)value : value;
}

static bool is_name(uint64_t c) { return c > ' ' && c <= '~'; }

/* Its type and size, its tables, its number, its place in the list, its name. */
static bool is_process(const ps_kernel *kernel, const ps_process_layout *is, const uint8_t *bytes,
                       size_t size)
{
    const unsigned pointer = ps_space_pointer(&kernel->space);
    const uint64_t head = value_at(bytes, size, 0, 4);
    const uint64_t root = value_at(bytes, size, pointer == 8 ? 0x28 : 0x18, pointer);
    const uint64_t pid = value_at(bytes, size, is->pid, pointer);

    return (head & 0xFF00FFFF) == PROCESS && (head >> 16 & 0xFF) >= FEWEST_DWORDS && root != 0 &&
           root % 32 == 0 && pid != 0 && pid % 4 == 0 && pid <= HIGHEST_PID &&
           ps_is_kernel_address(&kernel->space, value_at(bytes, size, is->links, pointer)) &&
           is_name(value_at(bytes, size, is->name, 1));
}

static bool is_listed(const ps_process_list *list, uint64_t address)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].address == address)
            return true;
    return false;
}

static bool look_into(ps_process_list *list, ps_kernel *kernel, const ps_process_layout *is,
                      const ps_dump_block *block, ps_error *err)
{
    uint8_t bytes[PS_FRAME_SIZE];
    size_t got = 0;

    (void)ps_space_read(&kernel->space, block->address, bytes, block->size, &got);
    for (size_t at = STEP; at + is->name < got; at += STEP) {
        if (!is_process(kernel, is, bytes + at, got - at))
            continue;
        if (is_listed(list, block->address + at))
            return true;
        if (!PS_WITHIN(&kernel->file->bounds, dump_processes, list->count))
            return ps_container_limit(kernel->file, PS_LIMIT(dump_processes), PS_NOWHERE, err);
        return ps_process_add(list, kernel, is, block->address + at, err);
    }
    return true;
}

static bool scan(ps_dump *dump, ps_process_list *list, ps_error *err)
{
    const ps_dump_block_query query = {.list = true,
                                       .tag = PROCESS_TAG,
                                       .mask = ~PS_TAG_PROTECTED,
                                       .limit = (size_t)dump->file.bounds.of.dump_processes};
    ps_process_layout is;
    ps_dump_blocks found;
    bool done = true;

    if (!ps_process_layout_of(&dump->kernel, &is, err) ||
        !ps_dump_find_blocks(dump, &query, &found, err))
        return false;
    for (size_t i = 0; i < found.count && done; i++)
        done = look_into(list, &dump->kernel, &is, &found.items[i], err);
    ps_dump_blocks_free(&found);
    return done;
}

static bool is_fatal(const ps_error *why) { return why->code == PS_ENOMEM || why->code == PS_EIO; }

static bool pass_on(const ps_error *why, ps_error *err)
{
    return ps_fail(err, why->code, why->offset, "%s", why->text);
}

/* Add to a list what the pool holds; what was known stays known where it cannot be walked. */
static bool complete(ps_dump *dump, ps_process_list *list, ps_error *err)
{
    const size_t before = list->count;
    ps_error why = {.code = PS_OK};

    if (!scan(dump, list, &why))
        return !is_fatal(&why) || pass_on(&why, err);
    if (list->count == before)
        return true;
    return ps_container_note(&dump->file, PS_NOTE, PS_NOWHERE, err,
                             "%zu processes were found among the small blocks of pool, where the "
                             "list of processes does not lead: some may have ended",
                             list->count - before);
}

bool ps_processes_find(ps_dump *dump, ps_error *err)
{
    ps_process_list list = {.known = true};
    ps_error why = {.code = PS_OK};
    const bool done = ps_processes_read(&list, &dump->kernel, &why);

    if (!done && (is_fatal(&why) || dump->file.facts.container == PS_CONTAINER_TRIAGE))
        return pass_on(&why, err);
    if ((!done || list.broken) && !complete(dump, &list, err)) {
        free(list.items);
        return false;
    }
    if (!done && list.count == 0)
        return pass_on(&why, err);
    list.known = true;
    dump->lists.processes = list;
    return true;
}

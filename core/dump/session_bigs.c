/* session_bigs.c - the big-page tables of sessions: each lies in its session's own memory. */
#include "base/array.h"
#include "base/error.h"
#include "dump/bigpages.h"
#include "dump/offsets.h"
#include "dump/sessions.h"

#include <stdlib.h>

enum { ENTRY_LIMIT = 1 << 20 };

typedef struct reading {
    ps_session_big_list *list;
    ps_kernel *kernel;
    uint64_t table, entries; /* offsets in MM_SESSION_SPACE */
} reading;

static bool add_all(ps_session_big_list *list, const ps_big_list *bigs, uint32_t id, ps_error *err)
{
    for (size_t i = 0; i < bigs->count; i++) {
        if (!ps_grow((void **)&list->items, &list->capacity, list->count, sizeof *list->items))
            return ps_fail_memory(err);
        list->items[list->count++] = (ps_dump_session_big){bigs->items[i], id};
    }
    return true;
}

/* A table is read as the kernel's own is, through the session's page tables. */
static bool read_table(const reading *r, const ps_space *space, ps_big_table *table, uint32_t id,
                       ps_error *err)
{
    ps_kernel *as_seen = malloc(sizeof *as_seen);
    ps_big_list bigs = {.known = true};
    bool done;

    if (as_seen == NULL)
        return ps_fail_memory(err);
    *as_seen = *r->kernel;
    as_seen->space = *space;
    if (ps_big_detect(as_seen, table, 1, &table->layout)) {
        done = ps_big_read(&bigs, table, as_seen, err) && add_all(r->list, &bigs, id, err);
    } else {
        done = ps_container_note(r->kernel->file, PS_REFUSED, PS_NOWHERE, err,
                                 "the big-page table of session %u, at 0x%llx, is not in the dump "
                                 "or is empty",
                                 (unsigned)id, (unsigned long long)table->address);
    }
    free(bigs.items);
    free(as_seen);
    return done;
}

static bool read_one(void *context, ps_space *space, uint32_t id, uint64_t address,
                     ps_read_status *status, ps_error *err)
{
    const reading *r = context;
    ps_big_table table = {.address = 0};

    *status = ps_space_address(space, address + r->table, &table.address);
    if (*status == PS_READ_OK)
        *status =
            ps_space_uint(space, address + r->entries, ps_space_pointer(space), &table.entries);
    if (*status != PS_READ_OK || table.address == 0 || table.entries == 0)
        return true;
    if (!ps_is_kernel_address(space, table.address) || table.entries > ENTRY_LIMIT) {
        *status = PS_READ_NOT_PRESENT;
        return true;
    }
    return read_table(r, space, &table, id, err);
}

bool ps_session_bigs_read(ps_session_big_list *list, const ps_process_list *processes,
                          ps_kernel *kernel, ps_error *err)
{
    ps_session_big_list found = {.known = true};
    reading r = {.list = &found, .kernel = kernel};
    const ps_session_visitor visitor = {read_one, &r};
    const ps_offset_want wants[] = {{"PoolTrackBigPages", &r.table, false},
                                    {"PoolTrackBigPagesSize", &r.entries, false}};

    if (!ps_offsets(kernel, "_MM_SESSION_SPACE", wants, sizeof wants / sizeof wants[0], err))
        return false;
    if (ps_sessions_each(&visitor, processes, kernel, err)) {
        *list = found;
        return true;
    }
    free(found.items);
    return false;
}

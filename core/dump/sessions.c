/* sessions.c - tag tables of sessions, through the page tables of a process of each. */
#include "dump/sessions.h"

#include "base/array.h"
#include "base/error.h"
#include "dump/offsets.h"

#include <stdlib.h>

enum { SESSION_LIMIT = 1024, ENTRY_LIMIT = 1 << 20, ID_LIMIT = 1 << 20 };

typedef struct layout {
    uint64_t table, entries; /* in MM_SESSION_SPACE */
    uint64_t shared;         /* the address that all sessions have their table at; 0: unknown */
    uint64_t shared_entries;
} layout;

static bool find_layout(ps_kernel *kernel, layout *is)
{
    is->shared = is->shared_entries = 0;
    if (!ps_offset(kernel, "_MM_SESSION_SPACE", "PoolTrackTableExpansion", &is->table) ||
        !ps_offset(kernel, "_MM_SESSION_SPACE", "PoolTrackTableExpansionSize", &is->entries))
        return false;
    (void)ps_kernel_value(kernel, "ExpSessionPoolTrackTable", 0, &is->shared);
    (void)ps_kernel_value(kernel, "ExpSessionPoolTrackTableSize", ps_space_pointer(&kernel->space),
                          &is->shared_entries);
    return true;
}

static bool add_table(ps_tracker *tracker, uint64_t address, uint64_t entries, ps_error *err)
{
    if (address == 0 || entries == 0 || entries > ENTRY_LIMIT)
        return true;
    return ps_tracker_add(tracker, address, entries, err);
}

static bool say_missing(ps_kernel *kernel, uint64_t address, ps_read_status status, ps_error *err)
{
    return ps_container_note(kernel->file, PS_FLAGGED, PS_NOWHERE, err,
                             "the pool of the session at 0x%llx is not counted: it is %s",
                             (unsigned long long)address, ps_read_status_text(status));
}

/* --- each session ---------------------------------------------------------------------------- */

/* The first process of each session stands for it. */
typedef struct seen_sessions {
    uint64_t spaces[SESSION_LIMIT];
    size_t count;
} seen_sessions;

static bool is_new(seen_sessions *seen, uint64_t space)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->spaces[i] == space)
            return false;
    if (seen->count == SESSION_LIMIT)
        return false;
    seen->spaces[seen->count++] = space;
    return true;
}

static bool visit_one(const ps_session_visitor *visitor, ps_kernel *kernel,
                      const ps_dump_process *process, uint64_t id_offset, ps_error *err)
{
    ps_read_status status;
    uint64_t id = 0;
    ps_space space;

    ps_space_init(&space, kernel->file, kernel->space.paging, process->table_base,
                  kernel->space.build);
    space.invalid_mask = kernel->space.invalid_mask;
    space.mask_known = kernel->space.mask_known;
    status = ps_space_uint(&space, process->session_space + id_offset, 4, &id);
    if (status == PS_READ_OK && id >= ID_LIMIT)
        status = PS_READ_NOT_PRESENT;
    if (status == PS_READ_OK && !visitor->visit(visitor->context, &space, (uint32_t)id,
                                                process->session_space, &status, err))
        return false;
    return status == PS_READ_OK || say_missing(kernel, process->session_space, status, err);
}

bool ps_sessions_each(const ps_session_visitor *visitor, const ps_process_list *processes,
                      ps_kernel *kernel, ps_error *err)
{
    seen_sessions seen = {.count = 0};
    uint64_t id_offset;

    if (!ps_offset(kernel, "_MM_SESSION_SPACE", "SessionId", &id_offset))
        return true;
    for (size_t i = 0; i < processes->count; i++) {
        const ps_dump_process *process = &processes->items[i];
        if (process->session_space == 0 || process->exited || process->table_base == 0 ||
            process->table_base == PS_NOT_KNOWN || !is_new(&seen, process->session_space))
            continue;
        if (!visit_one(visitor, kernel, process, id_offset, err))
            return false;
    }
    return true;
}

/* --- their tag tables ------------------------------------------------------------------------ */

typedef struct reading {
    ps_session_list *list;
    const ps_tracker *tracker; /* the kernel's own: its layout is theirs */
    layout is;
} reading;

static bool add_session(ps_session_list *list, const ps_session *session, ps_error *err)
{
    if (!ps_grow((void **)&list->items, &list->capacity, list->count, sizeof *list->items))
        return ps_fail_memory(err);
    list->items[list->count++] = *session;
    return true;
}

static bool read_one(void *context, ps_space *space, uint32_t id, uint64_t address,
                     ps_read_status *status, ps_error *err)
{
    const reading *r = context;
    ps_session session = {.id = id, .tracker = {.layout = r->tracker->layout}};
    uint64_t table = 0;
    uint64_t entries = 0;

    *status = ps_space_address(space, address + r->is.table, &table);
    if (*status == PS_READ_OK)
        *status = ps_space_uint(space, address + r->is.entries, ps_space_pointer(space), &entries);
    if (*status == PS_READ_OK && table != 0 && !ps_is_kernel_address(space, table))
        *status = PS_READ_NOT_PRESENT;
    if (*status != PS_READ_OK)
        return true;
    if (add_table(&session.tracker, r->is.shared, r->is.shared_entries, err) &&
        add_table(&session.tracker, table, entries, err) &&
        ps_tracker_sum(&session.tracker, space, err) && add_session(r->list, &session, err))
        return true;
    ps_tracker_free(&session.tracker);
    return false;
}

bool ps_sessions_read(ps_session_list *list, const ps_process_list *processes,
                      const ps_tracker *tracker, ps_kernel *kernel, ps_error *err)
{
    reading r = {.list = list, .tracker = tracker};
    const ps_session_visitor visitor = {read_one, &r};

    *list = (ps_session_list){0};
    if (!find_layout(kernel, &r.is))
        return true;
    if (ps_sessions_each(&visitor, processes, kernel, err))
        return true;
    ps_sessions_free(list);
    return false;
}

void ps_sessions_free(ps_session_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        ps_tracker_free(&list->items[i].tracker);
    free(list->items);
    *list = (ps_session_list){0};
}

/* sessions.h - pools of sessions, each mapped in the processes of its session alone. */
#ifndef PS_DUMP_SESSIONS_H
#define PS_DUMP_SESSIONS_H

#include "dump/lists.h"
#include "dump/tracker.h"

typedef struct ps_session {
    uint32_t id;
    ps_tracker tracker;
} ps_session;

typedef struct ps_session_list {
    ps_session *items;
    size_t count, capacity;
} ps_session_list;

/* Sees one session: its address space, its number and where its MM_SESSION_SPACE lies.  *status is why
 * it cannot be read; false ends the walk. */
typedef struct ps_session_visitor {
    bool (*visit)(void *context, ps_space *space, uint32_t id, uint64_t address,
                  ps_read_status *status, ps_error *err);
    void *context;
} ps_session_visitor;

/* Each session once, through the first process that is in it.  One that is not there is a problem of
 * the dump. */
bool ps_sessions_each(const ps_session_visitor *visitor, const ps_process_list *processes,
                      ps_kernel *kernel, ps_error *err);

/* The tag tables of each session, with the layout of the kernel's own.  A session whose table is not
 * there is a problem of the dump. */
bool ps_sessions_read(ps_session_list *list, const ps_process_list *processes,
                      const ps_tracker *tracker, ps_kernel *kernel, ps_error *err);
void ps_sessions_free(ps_session_list *list);

#endif

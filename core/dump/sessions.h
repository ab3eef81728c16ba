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

/* The tag tables of each session, with the layout of the kernel's own.  A session whose table is not
 * there is a problem of the dump. */
bool ps_sessions_read(ps_session_list *list, const ps_process_list *processes,
                      const ps_tracker *tracker, ps_kernel *kernel, ps_error *err);
void ps_sessions_free(ps_session_list *list);

#endif

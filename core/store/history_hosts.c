/* history_hosts.c - hosts get other names. */
#include "store/history.h"

static bool with_host(ps_history *history, const char *sql, int64_t number, const char *name,
                      ps_error *err)
{
    sqlite3_stmt *statement = history_statement(history, sql, err);

    if (statement == NULL)
        return false;
    (void)sqlite3_bind_int64(statement, 1, number);
    (void)sqlite3_bind_text(statement, 2, name, -1, SQLITE_STATIC);
    return history_done(history, statement, err);
}

/* --- two hosts that are one ------------------------------------------------------------------ */

typedef struct joining {
    ps_history *history;
    int64_t to;
} joining;

static bool run_with(ps_history *history, const char *sql, int64_t a, int64_t b, ps_error *err)
{
    sqlite3_stmt *statement = history_statement(history, sql, err);

    if (statement == NULL)
        return false;
    (void)sqlite3_bind_int64(statement, 1, a);
    (void)sqlite3_bind_int64(statement, 2, b);
    return history_done(history, statement, err);
}

/* What both have is kept once. */
static bool move_frame(void *context, const ps_reel *reel, const ps_frame *frame, ps_error *err)
{
    const joining *j = context;
    const history_place place = {.host = j->to, .row = frame->id, .time = frame->time};
    ps_snapshot *snapshot;
    bool done;

    if (!run_with(j->history, "UPDATE OR IGNORE snapshots SET host = ?2 WHERE id = ?1", frame->id,
                  j->to, err))
        return false;
    if (sqlite3_changes(j->history->db) == 0)
        return run_with(j->history, "DELETE FROM snapshots WHERE id = ?1 AND host <> ?2", frame->id,
                        j->to, err);
    if (!ps_reel_snapshot(reel, &snapshot, err))
        return false;
    done = history_splice(j->history, &place, snapshot, err);
    ps_snapshot_close(snapshot);
    return done;
}

static bool join_hosts(ps_history *history, int64_t from, int64_t to, ps_error *err)
{
    static const char *const steps[] = {
        "DELETE FROM reels WHERE host = ?1 AND ?2 <> 0",
        "DELETE FROM days WHERE host IN (?1, ?2)",
        "UPDATE OR IGNORE inventories SET host = ?2 WHERE host = ?1",
        "DELETE FROM inventories WHERE host = ?1 AND ?2 <> 0",
        "UPDATE aliases SET host = ?2 WHERE host = ?1",
        "INSERT OR REPLACE INTO aliases(name, host) SELECT name, ?2 FROM hosts WHERE id = ?1",
        "DELETE FROM hosts WHERE id = ?1 AND ?2 <> 0",
    };
    const history_range all = {.from = INT64_MIN, .to = INT64_MAX};
    joining j = {.history = history, .to = to};

    if (!history_walk_host(history, from, &all, move_frame, &j, err))
        return false;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (!run_with(history, steps[i], from, to, err))
            return false;
    return true;
}

/* The host itself gets the new name, and the old one becomes an alias. */
static bool give_name(ps_history *history, int64_t host, const char *name, ps_error *err)
{
    return with_host(history, "DELETE FROM aliases WHERE host = ?1 AND name = ?2", host, name,
                     err) &&
           with_host(history,
                     "INSERT OR REPLACE INTO aliases(name, host)"
                     " SELECT name, id FROM hosts WHERE id = ?1 AND name <> ?2",
                     host, name, err) &&
           with_host(history, "UPDATE hosts SET name = ?2 WHERE id = ?1", host, name, err);
}

static bool rename_host(ps_history *history, const char *before, const char *after, ps_error *err)
{
    int64_t from, to;

    if (!history_flush(history, err) || !history_host(history, before, &from, err) ||
        !history_host(history, after, &to, err))
        return false;
    history_forget(history);
    if (from == 0)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "%s: the history knows no host %.64s",
                       history->path, before);
    return to == 0 || to == from ? give_name(history, from, after, err)
                                 : join_hosts(history, from, to, err);
}

bool ps_history_rename_host(ps_history *history, const char *before, const char *after,
                            ps_error *err)
{
    if (*after == '\0')
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "a host has a name");
    if (!history_enter(history, err))
        return false;
    return history_leave(history, rename_host(history, before, after, err), err);
}

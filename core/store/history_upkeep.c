/* history_upkeep.c - what keeps a history small and sound: old snapshots go, small reels are joined,
 * everything is compared with its checksum. */
#include "base/array.h"
#include "store/history.h"

#include <stdio.h>

static sqlite3_stmt *with(ps_history *history, const char *sql, int64_t a, int64_t b, ps_error *err)
{
    sqlite3_stmt *statement = history_statement(history, sql, err);

    if (statement == NULL)
        return NULL;
    (void)sqlite3_bind_int64(statement, 1, a);
    (void)sqlite3_bind_int64(statement, 2, b);
    return statement;
}

static bool run_with(ps_history *history, const char *sql, int64_t a, int64_t b, ps_error *err)
{
    sqlite3_stmt *statement = with(history, sql, a, b, err);

    return statement != NULL && history_done(history, statement, err);
}

/* One row of numbers: false with *found false where there is none. */
static bool ask(ps_history *history, sqlite3_stmt *query, int64_t *numbers, int count, bool *found,
                ps_error *err)
{
    ps_error own = {.code = PS_OK};

    *found = query != NULL && history_row(history, query, &own);
    if (query == NULL)
        return false;
    for (int i = 0; *found && i < count; i++)
        numbers[i] = sqlite3_column_int64(query, i);
    (void)sqlite3_reset(query);
    return own.code == PS_OK || ps_fail(err, own.code, own.offset, "%s", own.text);
}

/* --- pruning --------------------------------------------------------------------------------- */

static bool prune_host(ps_history *history, int64_t host, int64_t before, uint64_t *removed,
                       ps_error *err)
{
    int64_t row[1];
    bool found = true;

    if (!history_keep_days(history, host, before, err))
        return false;
    if (!run_with(history, "DELETE FROM reels WHERE host = ?1 AND last < ?2", host, before, err))
        return false;
    while (found) {
        if (!ask(history,
                 with(history, "SELECT id FROM reels WHERE host = ?1 AND first < ?2 LIMIT 1", host,
                      before, err),
                 row, 1, &found, err) ||
            (found && !history_cut_front(history, row[0], before, err)))
            return false;
    }
    if (!run_with(history, "DELETE FROM snapshots WHERE host = ?1 AND time < ?2", host, before,
                  err))
        return false;
    *removed += (uint64_t)sqlite3_changes64(history->db);
    return true;
}

static bool prune(ps_history *history, const char *host, int64_t before, uint64_t *removed,
                  ps_error *err)
{
    int64_t number = 0, next[1] = {0};
    bool found = true;

    if (!history_flush(history, err))
        return false;
    history_forget(history);
    if (host != NULL && (!history_known_host(history, host, &number, err) ||
                         !prune_host(history, number, before, removed, err)))
        return false;
    while (host == NULL && found) {
        if (!ask(history,
                 with(history, "SELECT id FROM hosts WHERE id > ?1 AND ?2 = 0 ORDER BY id LIMIT 1",
                      next[0], 0, err),
                 next, 1, &found, err) ||
            (found && !prune_host(history, next[0], before, removed, err)))
            return false;
    }
    return run_with(history,
                    "DELETE FROM sources WHERE ?1 = ?2 AND id NOT IN"
                    " (SELECT source FROM snapshots WHERE source IS NOT NULL)",
                    0, 0, err);
}

bool ps_history_prune(ps_history *history, const char *host, int64_t before, uint64_t *removed,
                      ps_error *err)
{
    *removed = 0;
    if (!history_enter(history, err))
        return false;
    if (!history_leave(history, prune(history, host, before, removed, err), err))
        return false;
    return history->inside || history_run(history, "PRAGMA incremental_vacuum", err);
}

/* --- joining small reels --------------------------------------------------------------------- */

/* Two neighbours of a host that are one reel's worth together; the second does not begin a run. */
static const char neighbours[] =
    "SELECT id, next FROM (SELECT id, host, snapshots AS n,"
    " lead(id) OVER w AS next, lead(snapshots) OVER w AS m FROM reels"
    " WINDOW w AS (PARTITION BY host ORDER BY first, id))"
    " WHERE next IS NOT NULL AND n + m <= ?1 AND id > ?2 AND NOT EXISTS"
    " (SELECT 1 FROM snapshots s WHERE s.reel = next AND s.reboot) ORDER BY id LIMIT 1";

static bool join_all(ps_history *history, ps_error *err)
{
    int64_t pair[2];
    bool found = true;

    if (!history_flush(history, err))
        return false;
    history_forget(history);
    while (found) {
        if (!ask(history, with(history, neighbours, REEL_FULL, 0, err), pair, 2, &found, err) ||
            (found && !history_join_reels(history, pair[0], pair[1], err)))
            return false;
    }
    return true;
}

bool ps_history_vacuum(ps_history *history, ps_error *err)
{
    if (history->inside)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "%s: not inside a transaction",
                       history->path);
    if (!history_enter(history, err) || !history_leave(history, join_all(history, err), err))
        return false;
    return history_run(history, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", err);
}

/* --- checking -------------------------------------------------------------------------------- */

typedef struct checking {
    ps_history *history;
    ps_history_problem_visit visit;
    void *context;
    bool stopped;
    size_t said;
} checking;

enum { MOST_PROBLEMS = 100 };

static void say(checking *c, const char *problem)
{
    c->stopped = c->stopped || !c->visit(c->context, problem) || ++c->said >= MOST_PROBLEMS;
}

static void say_of(checking *c, const char *what, int64_t row, const char *problem)
{
    char text[300];

    (void)snprintf(text, sizeof text, "%s %lld: %s", what, (long long)row, problem);
    say(c, text);
}

static void check_pages(checking *c)
{
    sqlite3_stmt *query = NULL;
    int step = SQLITE_ERROR;

    if (sqlite3_prepare_v2(c->history->db, "PRAGMA main.integrity_check(20)", -1, &query, NULL) ==
        SQLITE_OK) {
        while (!c->stopped && (step = sqlite3_step(query)) == SQLITE_ROW) {
            const char *text = (const char *)sqlite3_column_text(query, 0);
            if (text != NULL && sqlite3_stricmp(text, "ok") != 0)
                say(c, text);
        }
    }
    if (step != SQLITE_DONE && !c->stopped)
        say(c, sqlite3_errmsg(c->history->db));
    (void)sqlite3_finalize(query);
}

/* What the table says of a reel. */
typedef struct reel_row {
    int64_t id, host, first, last, snapshots;
} reel_row;

static const char *frame_problem(ps_history *history, const reel_row *row, const ps_frame *frame,
                                 ps_error *err)
{
    int64_t told[4];
    bool found = false;

    if (!ask(history,
             with(history, "SELECT host, time, reel, rows FROM snapshots WHERE id = ?1 AND ?2 = 0",
                  frame->id, 0, err),
             told, 4, &found, err))
        return err->text;
    if (!found || told[0] != row->host || told[1] != frame->time || told[2] != row->id ||
        told[3] != (int64_t)frame->rows)
        return "a snapshot and its row contradict each other";
    return NULL;
}

static const char *reel_problem(ps_history *history, const reel_row *row, ps_error *err)
{
    const ps_frame *frame = NULL;
    const char *problem = NULL;
    ps_reel *reel = NULL;
    int64_t count = 0, last = row->first;

    if (!history_open_reel(history, row->id, &reel, err))
        return err->text;
    while (problem == NULL) {
        if (!ps_reel_next(reel, &frame, err))
            problem = err->text;
        if (problem != NULL || frame == NULL)
            break;
        if ((count++ == 0 && frame->time != row->first) || frame->time < last)
            problem = "its snapshots are not in order";
        else
            problem = frame_problem(history, row, frame, err);
        last = frame->time;
    }
    if (problem == NULL && (count != row->snapshots || last != row->last))
        problem = "it does not hold what is said of it";
    ps_reel_close(reel);
    return problem;
}

static void check_reels(checking *c)
{
    int64_t numbers[5] = {0};
    ps_error err = {.code = PS_OK};
    bool found = true;

    while (found && !c->stopped) {
        const char *problem;
        reel_row row;

        if (!ask(c->history,
                 with(c->history,
                      "SELECT id, host, first, last, snapshots FROM reels WHERE id > ?1 AND ?2 = 0"
                      " ORDER BY id LIMIT 1",
                      numbers[0], 0, &err),
                 numbers, 5, &found, &err)) {
            say(c, err.text);
            return;
        }
        row = (reel_row){numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]};
        problem = found ? reel_problem(c->history, &row, &err) : NULL;
        if (problem != NULL)
            say_of(c, "reel", row.id, problem);
    }
}

/* Queries that find nothing in a sound history. */
static void check_rows(checking *c)
{
    static const struct {
        const char *sql, *problem;
    } checks[] = {
        {"SELECT s.id FROM snapshots s LEFT JOIN reels r ON r.id = s.reel WHERE r.id IS NULL"
         " OR r.host <> s.host LIMIT ?1 + ?2",
         "its contents are missing"},
        {"SELECT s.id FROM snapshots s LEFT JOIN hosts h ON h.id = s.host WHERE h.id IS NULL"
         " LIMIT ?1 + ?2",
         "its host is missing"},
        {"SELECT r.id FROM reels r WHERE r.snapshots <> (SELECT count(*) FROM snapshots s"
         " WHERE s.reel = r.id) LIMIT ?1 + ?2",
         "as many snapshots do not name it as it holds"},
        {"SELECT i.content FROM inventories i LEFT JOIN contents c ON c.id = i.content"
         " WHERE c.id IS NULL LIMIT ?1 + ?2",
         "a list is missing"},
    };

    for (size_t i = 0; i < sizeof checks / sizeof *checks && !c->stopped; i++) {
        ps_error err = {.code = PS_OK};
        int64_t row[1];
        bool found = false;

        if (!ask(c->history, with(c->history, checks[i].sql, 1, 0, &err), row, 1, &found, &err))
            say(c, err.text);
        else if (found)
            say_of(c, "row", row[0], checks[i].problem);
    }
}

static void check_sums(checking *c, const char *sql, const char *what)
{
    sqlite3_stmt *query = NULL;
    int step = SQLITE_ERROR;

    if (sqlite3_prepare_v2(c->history->db, sql, -1, &query, NULL) == SQLITE_OK) {
        while (!c->stopped && (step = sqlite3_step(query)) == SQLITE_ROW) {
            const void *data = sqlite3_column_blob(query, 2);
            const size_t size = (size_t)sqlite3_column_bytes(query, 2);

            if (data == NULL ||
                history_checksum(data, size) != (uint64_t)sqlite3_column_int64(query, 1))
                say_of(c, what, sqlite3_column_int64(query, 0), "its checksum does not fit");
        }
    }
    if (step != SQLITE_DONE && !c->stopped)
        say(c, sqlite3_errmsg(c->history->db));
    (void)sqlite3_finalize(query);
}

bool ps_history_check(ps_history *history, ps_history_problem_visit visit, void *context,
                      ps_error *err)
{
    checking c = {.history = history, .visit = visit, .context = context};

    if (!history_flush(history, err))
        return false;
    check_pages(&c);
    check_reels(&c);
    check_rows(&c);
    check_sums(&c, "SELECT day, checksum, data FROM days", "day");
    check_sums(&c, "SELECT id, checksum, data FROM contents", "list");
    return true;
}

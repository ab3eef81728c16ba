/* history_read.c - hosts and snapshots as the history tells them. */
#include "base/array.h"
#include "store/history.h"

#include <string.h>

static bool bad_time(const ps_history *history, ps_error *err)
{
    return history_damaged(history, err, "a snapshot's time");
}

/* --- hosts ----------------------------------------------------------------------------------- */

enum { ALIASES_TOLD = 64 };

static bool visit_host(sqlite3_stmt *row, sqlite3_stmt *aliases, ps_history_host_visit visit,
                       void *context)
{
    const char *names[ALIASES_TOLD + 1] = {NULL};
    ps_history_host host = {.name = (const char *)sqlite3_column_text(row, 1),
                            .aliases = names,
                            .first = PS_NO_TIME,
                            .last = PS_NO_TIME,
                            .snapshots = (uint64_t)sqlite3_column_int64(row, 2)};

    if (sqlite3_column_type(row, 3) != SQLITE_NULL) {
        host.first = sqlite3_column_int64(row, 3);
        host.last = sqlite3_column_int64(row, 4);
    }
    (void)sqlite3_reset(aliases);
    (void)sqlite3_bind_int64(aliases, 1, sqlite3_column_int64(row, 0));
    if (sqlite3_step(aliases) == SQLITE_ROW) {
        char *all = sqlite3_mprintf("%s", (const char *)sqlite3_column_text(aliases, 0));
        size_t count = 0;
        bool go_on;

        for (char *at = all; at != NULL && *at != '\0' && count < ALIASES_TOLD;) {
            char *end = strchr(at, '\n');
            names[count++] = at;
            if (end == NULL)
                break;
            *end = '\0';
            at = end + 1;
        }
        go_on = visit(context, &host);
        sqlite3_free(all);
        return go_on;
    }
    return visit(context, &host);
}

/* Nothing at all where the host has no snapshot. */
static bool has_times(sqlite3_stmt *row)
{
    return history_time_fits(sqlite3_column_int64(row, 3)) &&
           history_time_fits(sqlite3_column_int64(row, 4));
}

bool ps_history_hosts(ps_history *history, ps_history_host_visit visit, void *context,
                      ps_error *err)
{
    sqlite3_stmt *rows = NULL, *aliases = NULL;
    int step = SQLITE_ERROR;
    bool stopped = false;

    if (!history_flush(history, err))
        return false;
    if (sqlite3_prepare_v2(history->db,
                           "SELECT h.id, h.name, count(s.id), min(s.time), max(s.time) FROM hosts h"
                           " LEFT JOIN snapshots s ON s.host = h.id GROUP BY h.id ORDER BY h.name",
                           -1, &rows, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(history->db,
                           "SELECT group_concat(name, char(10)) FROM"
                           " (SELECT name FROM aliases WHERE host = ?1 ORDER BY name)",
                           -1, &aliases, NULL) == SQLITE_OK)
        while (!stopped && (step = sqlite3_step(rows)) == SQLITE_ROW && has_times(rows))
            stopped = !visit_host(rows, aliases, visit, context);
    if (!stopped && step == SQLITE_ROW)
        (void)bad_time(history, err);
    else if (!stopped && step != SQLITE_DONE)
        (void)history_fail(history, err);
    (void)sqlite3_finalize(rows);
    (void)sqlite3_finalize(aliases);
    return stopped ? ps_fail(err, PS_ECANCELLED, PS_NOWHERE, "stopped") : step == SQLITE_DONE;
}

/* --- snapshots ------------------------------------------------------------------------------- */

bool history_known_host(ps_history *history, const char *name, int64_t *host, ps_error *err)
{
    if (!history_flush(history, err) || !history_host(history, name, host, err))
        return false;
    return *host != 0 || ps_fail(err, PS_EFORMAT, PS_NOWHERE, "%s: the history knows no host %.64s",
                                 history->path, name);
}

static const char *text_or_null(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}

static ps_history_snapshot told(sqlite3_stmt *row)
{
    return (ps_history_snapshot){
        .id = sqlite3_column_int64(row, 0),
        .time = sqlite3_column_int64(row, 1),
        .origin = sqlite3_column_type(row, 2) == SQLITE_NULL ? "unknown" : text_or_null(row, 2),
        .time_source = text_or_null(row, 3),
        .source = text_or_null(row, 4),
        .sha256 = text_or_null(row, 5),
        .line = (uint32_t)sqlite3_column_int64(row, 6),
        .has_uptime = sqlite3_column_type(row, 7) != SQLITE_NULL,
        .uptime_s = (uint64_t)sqlite3_column_int64(row, 7),
        .rows = (uint64_t)sqlite3_column_int64(row, 8),
        .reboot = sqlite3_column_int64(row, 9) != 0,
    };
}

bool ps_history_snapshots(ps_history *history, const char *host, const int64_t range[2],
                          ps_history_snapshot_visit visit, void *context, ps_error *err)
{
    sqlite3_stmt *rows = NULL;
    int step = SQLITE_ERROR;
    bool stopped = false;
    int64_t number;

    if (!history_known_host(history, host, &number, err))
        return false;
    if (sqlite3_prepare_v2(
            history->db,
            "SELECT s.id, s.time, o.word, t.word, f.path, f.sha256, s.line, s.uptime,"
            " s.rows, s.reboot FROM snapshots s LEFT JOIN words o ON o.id = s.origin"
            " LEFT JOIN words t ON t.id = s.time_source"
            " LEFT JOIN sources f ON f.id = s.source"
            " WHERE s.host = ?1 AND s.time BETWEEN ?2 AND ?3 ORDER BY s.time, s.id",
            -1, &rows, NULL) == SQLITE_OK) {
        (void)sqlite3_bind_int64(rows, 1, number);
        (void)sqlite3_bind_int64(rows, 2, range[0]);
        (void)sqlite3_bind_int64(rows, 3, range[1]);
        while (!stopped && (step = sqlite3_step(rows)) == SQLITE_ROW) {
            const ps_history_snapshot snapshot = told(rows);
            if (!history_time_fits(snapshot.time))
                break;
            stopped = !visit(context, &snapshot);
        }
    }
    if (!stopped && step == SQLITE_ROW)
        (void)bad_time(history, err);
    else if (!stopped && step != SQLITE_DONE)
        (void)history_fail(history, err);
    (void)sqlite3_finalize(rows);
    return stopped ? ps_fail(err, PS_ECANCELLED, PS_NOWHERE, "stopped") : step == SQLITE_DONE;
}

/* --- what they hold -------------------------------------------------------------------------- */

/* A snapshot without a host of its own is its history's host's. */
static bool take_snapshot(const ps_reel *reel, const char *host, ps_snapshot **out, ps_error *err)
{
    if (!ps_reel_snapshot(reel, out, err))
        return false;
    if (ps_snapshot_host(*out) != NULL || host == NULL || ps_snapshot_set_host(*out, host, err))
        return true;
    ps_snapshot_close(*out);
    *out = NULL;
    return false;
}

static bool next_frame(ps_history *history, ps_reel *reel, const ps_frame **frame, ps_error *err)
{
    ps_error own;

    if (ps_reel_next(reel, frame, &own))
        return *frame == NULL || history_time_fits((*frame)->time) || bad_time(history, err);
    return own.code == PS_ENOMEM ? ps_fail_memory(err) : history_damaged(history, err, own.text);
}

/* The reel of a snapshot and its host's name, which is for sqlite3_free. */
static bool find_reel(ps_history *history, int64_t id, int64_t *reel, char **host, ps_error *err)
{
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *query = history_statement(
        history,
        "SELECT s.reel, h.name FROM snapshots s JOIN hosts h ON h.id = s.host WHERE s.id = ?1",
        err);

    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, id);
    if (history_row(history, query, &own)) {
        *reel = sqlite3_column_int64(query, 0);
        *host = sqlite3_mprintf("%s", (const char *)sqlite3_column_text(query, 1));
        (void)sqlite3_reset(query);
        return *host != NULL || ps_fail_memory(err);
    }
    return ps_fail(err, own.code == PS_OK ? PS_EFORMAT : own.code, PS_NOWHERE, "%s",
                   own.code == PS_OK ? "the history has no such snapshot" : own.text);
}

bool ps_history_load(ps_history *history, int64_t id, ps_snapshot **out, ps_error *err)
{
    const ps_frame *frame = NULL;
    ps_reel *reel = NULL;
    char *host = NULL;
    bool done = false;
    int64_t row = 0;

    *out = NULL;
    if (!history_flush(history, err) || !find_reel(history, id, &row, &host, err))
        return false;
    if (history_open_reel(history, row, &reel, err)) {
        do {
            done = next_frame(history, reel, &frame, err);
        } while (done && frame != NULL && frame->id != id);
        done = done && (frame != NULL ? take_snapshot(reel, host, out, err)
                                      : history_damaged(history, err, "a snapshot is missing"));
    }
    ps_reel_close(reel);
    sqlite3_free(host);
    return done;
}

/* --- walking --------------------------------------------------------------------------------- */

/* Rows of reels of a range, gathered first: a visit may use the history. */
typedef struct reel_list {
    int64_t *rows;
    size_t count, capacity;
} reel_list;

static bool list_reels(ps_history *history, int64_t host, int64_t from, int64_t to, reel_list *list,
                       ps_error *err)
{
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *query =
        history_statement(history,
                          "SELECT id FROM reels WHERE host = ?1 AND first <= ?3 AND last >= ?2"
                          " ORDER BY first, id",
                          err);

    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, host);
    (void)sqlite3_bind_int64(query, 2, from);
    (void)sqlite3_bind_int64(query, 3, to);
    while (history_row(history, query, &own)) {
        if (!ps_grow((void **)&list->rows, &list->capacity, list->count, sizeof *list->rows)) {
            (void)sqlite3_reset(query);
            return ps_fail_memory(err);
        }
        list->rows[list->count++] = sqlite3_column_int64(query, 0);
    }
    return own.code == PS_OK || ps_fail(err, own.code, own.offset, "%s", own.text);
}

bool history_walk_host(ps_history *history, int64_t host, const history_range *range,
                       history_visit visit, void *context, ps_error *err)
{
    reel_list list = {0};
    ps_reel *reel = NULL;
    const ps_frame *frame;
    bool done = list_reels(history, host, range->from, range->to, &list, err);

    for (size_t i = 0; done && i < list.count; i++) {
        done = history_open_reel(history, list.rows[i], &reel, err);
        while (done && (done = next_frame(history, reel, &frame, err)) && frame != NULL) {
            if (frame->time > range->to)
                break;
            if (frame->time >= range->from)
                done = visit(context, reel, frame, err);
        }
        ps_reel_close(reel);
        reel = NULL;
    }
    free(list.rows);
    return done;
}

bool history_walk(ps_history *history, const char *host, const history_range *range,
                  history_visit visit, void *context, ps_error *err)
{
    int64_t number;

    return history_known_host(history, host, &number, err) &&
           history_walk_host(history, number, range, visit, context, err);
}

typedef struct walker {
    ps_history_walk_visit visit;
    void *context;
    const char *host;
} walker;

static bool walk_on(void *context, const ps_reel *reel, const ps_frame *frame, ps_error *err)
{
    const walker *w = context;
    ps_snapshot *snapshot;
    bool go_on;

    if (!take_snapshot(reel, w->host, &snapshot, err))
        return false;
    go_on = w->visit(w->context, frame->id, snapshot);
    ps_snapshot_close(snapshot);
    return go_on || ps_fail(err, PS_ECANCELLED, PS_NOWHERE, "stopped");
}

bool ps_history_walk(ps_history *history, const char *host, const int64_t range[2],
                     ps_history_walk_visit visit, void *context, ps_error *err)
{
    walker w = {.visit = visit, .context = context, .host = host};
    const history_range both = {.from = range[0], .to = range[1]};

    return history_walk(history, host, &both, walk_on, &w, err);
}

/* The first snapshot at or after `from`, or the last at or before `to`. */
static bool end_of(ps_history *history, int64_t host, const history_range *range, bool last,
                   int64_t *id, ps_error *err)
{
    ps_error own = {.code = PS_OK};
    sqlite3_stmt *query =
        last ? history_statement(history,
                                 "SELECT id FROM snapshots WHERE host = ?1 AND time BETWEEN ?2 AND"
                                 " ?3 ORDER BY time DESC, id DESC LIMIT 1",
                                 err)
             : history_statement(history,
                                 "SELECT id FROM snapshots WHERE host = ?1 AND time BETWEEN ?2 AND"
                                 " ?3 ORDER BY time, id LIMIT 1",
                                 err);

    *id = 0;
    if (query == NULL)
        return false;
    (void)sqlite3_bind_int64(query, 1, host);
    (void)sqlite3_bind_int64(query, 2, range->from);
    (void)sqlite3_bind_int64(query, 3, range->to);
    if (history_row(history, query, &own)) {
        *id = sqlite3_column_int64(query, 0);
        (void)sqlite3_reset(query);
    }
    return own.code == PS_OK || ps_fail(err, own.code, own.offset, "%s", own.text);
}

bool ps_history_ends(ps_history *history, const char *host, const int64_t range[2],
                     ps_snapshot **first, ps_snapshot **last, ps_error *err)
{
    const history_range both = {.from = range[0], .to = range[1]};
    int64_t number, a, b;

    *first = *last = NULL;
    if (!history_known_host(history, host, &number, err) ||
        !end_of(history, number, &both, false, &a, err) ||
        !end_of(history, number, &both, true, &b, err))
        return false;
    if (a == b) {
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE,
                       "%s: %s has %s snapshot in this time: two are needed", history->path, host,
                       a == 0 ? "no" : "one");
    }
    if (ps_history_load(history, a, first, err) && ps_history_load(history, b, last, err))
        return true;
    ps_snapshot_close(*first);
    *first = NULL;
    return false;
}

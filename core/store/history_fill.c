/* history_fill.c - the tables day and driver, for SQL: filled when a question names them. */
#include "store/history.h"

#include <stdio.h>
#include <string.h>

typedef struct filling {
    ps_history *history;
    sqlite3_stmt *insert;
    const char *host;
    bool days, failed;
    ps_error *err;
} filling;

static bool put_row(filling *f)
{
    f->failed = sqlite3_step(f->insert) != SQLITE_DONE;
    if (f->failed)
        (void)history_fail(f->history, f->err);
    (void)sqlite3_reset(f->insert);
    return !f->failed;
}

static bool put_day(void *context, const ps_history_day *day)
{
    filling *f = context;
    char tag[5], hex[9];

    ps_tag_text(day->tag, tag);
    (void)snprintf(hex, sizeof hex, "%08x", day->tag);
    (void)sqlite3_clear_bindings(f->insert);
    (void)sqlite3_bind_text(f->insert, 1, f->host, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(f->insert, 2, day->day);
    (void)sqlite3_bind_text(f->insert, 3, tag, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(f->insert, 4, hex, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(f->insert, 5, day->pool == PS_POOL_PAGED ? "paged" : "nonpaged", -1,
                            SQLITE_STATIC);
    if (day->session == PS_ALL_SESSIONS)
        (void)sqlite3_bind_text(f->insert, 6, "all", -1, SQLITE_STATIC);
    else if (day->session != PS_NO_SESSION)
        (void)sqlite3_bind_int64(f->insert, 6, day->session);
    (void)sqlite3_bind_int64(f->insert, 7, day->n);
    (void)sqlite3_bind_int64(f->insert, 8, day->first_bytes);
    (void)sqlite3_bind_int64(f->insert, 9, day->last_bytes);
    (void)sqlite3_bind_int64(f->insert, 10, day->least_bytes);
    (void)sqlite3_bind_int64(f->insert, 11, day->most_bytes);
    if (day->has_slope)
        (void)sqlite3_bind_double(f->insert, 12, day->slope);
    return put_row(f);
}

static bool put_driver(void *context, int64_t time, const ps_history_driver *driver)
{
    filling *f = context;

    (void)sqlite3_clear_bindings(f->insert);
    (void)sqlite3_bind_text(f->insert, 1, f->host, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(f->insert, 2, time);
    (void)sqlite3_bind_text(f->insert, 3, driver->name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(f->insert, 4, driver->path, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(f->insert, 5, driver->version, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(f->insert, 6, driver->sha256, -1, SQLITE_STATIC);
    if (driver->timestamp != 0)
        (void)sqlite3_bind_int64(f->insert, 7, driver->timestamp);
    return put_row(f);
}

static bool fill_host(void *context, const ps_history_host *host)
{
    const ps_history_days_of all = {.host = host->name, .from = INT64_MIN, .to = INT64_MAX};
    filling *f = context;

    f->host = host->name;
    f->failed = !(f->days ? ps_history_days(f->history, &all, put_day, f, f->err)
                          : history_drivers(f->history, host->name, put_driver, f, f->err));
    return !f->failed;
}

static bool fill(ps_history *history, bool days, ps_error *err)
{
    filling f = {.history = history, .days = days, .err = err};
    ps_error own;
    bool done;

    f.insert =
        history_statement(history,
                          days ? "INSERT INTO temp.day VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7,"
                                 " ?8, ?9, ?10, ?11, ?12)"
                               : "INSERT INTO temp.driver VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                          err);
    if (f.insert == NULL ||
        !history_run(history, days ? "DELETE FROM temp.day" : "DELETE FROM temp.driver", err))
        return false;
    done = ps_history_hosts(history, fill_host, &f, &own);
    return done || f.failed ? done : ps_fail(err, own.code, own.offset, "%s", own.text);
}

bool history_fill_views(ps_history *history, const char *sql, ps_error *err)
{
    if (strcasestr(sql, "day") != NULL && !fill(history, true, err))
        return false;
    return strcasestr(sql, "driver") == NULL || fill(history, false, err);
}

/* history_database.c - the SQLite side of the history: statements, transactions, tables, errors. */
#include "store/history.h"

#include <stdlib.h>
#include <string.h>

static const char layout[] =
    "CREATE TABLE words(id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);"
    "CREATE TABLE hosts(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE);"
    "CREATE TABLE aliases(name TEXT PRIMARY KEY COLLATE NOCASE, host INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE sources(id INTEGER PRIMARY KEY, path TEXT NOT NULL, sha256 TEXT);"
    "CREATE TABLE reels(id INTEGER PRIMARY KEY, host INTEGER NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, snapshots INTEGER NOT NULL, checksum INTEGER NOT NULL,"
    " data BLOB NOT NULL);"
    "CREATE INDEX reels_by_time ON reels(host, first);"
    "CREATE TABLE snapshots(id INTEGER PRIMARY KEY, host INTEGER NOT NULL, time INTEGER NOT NULL,"
    " content INTEGER NOT NULL, reel INTEGER NOT NULL, rows INTEGER NOT NULL,"
    " reboot INTEGER NOT NULL, uptime INTEGER, origin INTEGER NOT NULL, time_source INTEGER,"
    " source INTEGER, line INTEGER);"
    "CREATE UNIQUE INDEX snapshots_by_time ON snapshots(host, time, content);"
    "CREATE TABLE days(host INTEGER NOT NULL, day INTEGER NOT NULL, checksum INTEGER NOT NULL,"
    " data BLOB NOT NULL, PRIMARY KEY(host, day)) WITHOUT ROWID;"
    "CREATE TABLE contents(id INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, data BLOB NOT NULL);"
    "CREATE INDEX contents_by_checksum ON contents(checksum);"
    "CREATE TABLE inventories(host INTEGER NOT NULL, kind INTEGER NOT NULL, time INTEGER NOT NULL,"
    " content INTEGER NOT NULL, PRIMARY KEY(host, kind, time)) WITHOUT ROWID;";

bool history_fail(const ps_history *history, ps_error *err)
{
    const int code = sqlite3_errcode(history->db) & 0xff;
    const char *path = history->path;

    switch (code) {
    case SQLITE_NOMEM:
        return ps_fail_memory(err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ps_fail(err, PS_EIO, PS_NOWHERE,
                       "%s: another program is writing to the history; waited %d.%d s", path,
                       history->busy_ms / 1000, history->busy_ms / 100 % 10);
    case SQLITE_FULL:
        return ps_fail(err, PS_EIO, PS_NOWHERE,
                       "%s: the disk is full; the history is as it was before", path);
    case SQLITE_NOTADB:
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "%s: is no history", path);
    case SQLITE_CORRUPT:
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "%s: the history is damaged: %s", path,
                       sqlite3_errmsg(history->db));
    case SQLITE_IOERR:
        return ps_fail(err, PS_EIO, PS_NOWHERE,
                       "%s: the file cannot be read or written (a full disk, a limit on its size?);"
                       " the history is as it was before",
                       path);
    default:
        return ps_fail(err, PS_EIO, PS_NOWHERE, "%s: %s", path, sqlite3_errmsg(history->db));
    }
}

bool history_damaged(const ps_history *history, ps_error *err, const char *what)
{
    return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "%s: the history is damaged: %s", history->path,
                   what);
}

bool history_run(ps_history *history, const char *sql, ps_error *err)
{
    return sqlite3_exec(history->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           history_fail(history, err);
}

sqlite3_stmt *history_statement(ps_history *history, const char *sql, ps_error *err)
{
    size_t i = 0;

    while (i < HISTORY_STATEMENTS && history->statements[i].sql != NULL &&
           history->statements[i].sql != sql)
        i++;
    if (i == HISTORY_STATEMENTS) {
        (void)ps_fail(err, PS_ELIMIT, PS_NOWHERE, "too many statements");
        return NULL;
    }
    if (history->statements[i].sql == NULL) {
        if (sqlite3_prepare_v3(history->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                               &history->statements[i].statement, NULL) != SQLITE_OK) {
            (void)history_fail(history, err);
            return NULL;
        }
        history->statements[i].sql = sql;
    }
    (void)sqlite3_reset(history->statements[i].statement);
    (void)sqlite3_clear_bindings(history->statements[i].statement);
    return history->statements[i].statement;
}

bool history_done(ps_history *history, sqlite3_stmt *statement, ps_error *err)
{
    const bool done = sqlite3_step(statement) == SQLITE_DONE || history_fail(history, err);

    (void)sqlite3_reset(statement);
    return done;
}

bool history_row(ps_history *history, sqlite3_stmt *statement, ps_error *err)
{
    const int step = sqlite3_step(statement);

    err->code = PS_OK;
    if (step == SQLITE_ROW)
        return true;
    if (step != SQLITE_DONE)
        (void)history_fail(history, err);
    (void)sqlite3_reset(statement);
    return false;
}

/* --- the layout ------------------------------------------------------------------------------ */

/* The first number or text of a query, copied; *text is for sqlite3_free. */
static bool ask(sqlite3 *db, const char *sql, int64_t *number, char **text)
{
    sqlite3_stmt *query = NULL;
    bool found = false;

    if (sqlite3_prepare_v2(db, sql, -1, &query, NULL) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW) {
        found = true;
        *number = sqlite3_column_int64(query, 0);
        if (text != NULL)
            *text = sqlite3_mprintf("%s", (const char *)sqlite3_column_text(query, 0));
    }
    (void)sqlite3_finalize(query);
    return found;
}

static char *tables_of(sqlite3 *db)
{
    char *text = NULL;
    int64_t number = 0;

    (void)ask(db,
              "SELECT group_concat(type || ' ' || sql, char(10)) FROM"
              " (SELECT type, sql FROM main.sqlite_schema WHERE sql IS NOT NULL ORDER BY name)",
              &number, &text);
    return text;
}

/* A crafted file could hold triggers, views or tables that behave otherwise than ours do. */
static bool has_our_tables(ps_history *history)
{
    sqlite3 *model = NULL;
    char *ours = NULL, *theirs = NULL;
    bool same = false;

    if (sqlite3_open(":memory:", &model) == SQLITE_OK &&
        sqlite3_exec(model, layout, NULL, NULL, NULL) == SQLITE_OK) {
        ours = tables_of(model);
        theirs = tables_of(history->db);
        same = ours != NULL && theirs != NULL && strcmp(ours, theirs) == 0;
    }
    sqlite3_free(ours);
    sqlite3_free(theirs);
    (void)sqlite3_close(model);
    return same;
}

static bool create(ps_history *history, ps_error *err)
{
    char *pragmas = sqlite3_mprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
                                    HISTORY_ID, HISTORY_LAYOUT);
    const bool done =
        pragmas != NULL && history_run(history, layout, err) && history_run(history, pragmas, err);

    if (pragmas == NULL)
        (void)ps_fail_memory(err);
    if (!done)
        (void)sqlite3_exec(history->db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_free(pragmas);
    return done;
}

static bool check_layout(ps_history *history, ps_error *err)
{
    int64_t id = 0, version = 0, tables = 0;

    if (!ask(history->db, "SELECT count(*) FROM main.sqlite_schema", &tables, NULL) ||
        !ask(history->db, "PRAGMA main.application_id", &id, NULL) ||
        !ask(history->db, "PRAGMA main.user_version", &version, NULL))
        return history_fail(history, err);
    if (tables == 0 && history->read_only) {
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE,
                       "%s: is empty: nothing was recorded in it yet, or its making was cut short;"
                       " record makes it anew",
                       history->path);
    }
    if (id != HISTORY_ID)
        return ps_fail(err, PS_EFORMAT, PS_NOWHERE, "%s: is an SQLite file, but no history",
                       history->path);
    if (version > HISTORY_LAYOUT) {
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE,
                       "%s: a newer poolsleuth wrote this history (layout %d, this one knows %d)",
                       history->path, (int)version, HISTORY_LAYOUT);
    }
    return has_our_tables(history) ||
           history_damaged(history, err, "its tables are not those of a history");
}

static bool is_blank(ps_history *history, bool *blank, ps_error *err)
{
    int64_t tables = 0;

    if (!ask(history->db, "SELECT count(*) FROM main.sqlite_schema", &tables, NULL))
        return history_fail(history, err);
    *blank = tables == 0;
    return true;
}

bool history_layout(ps_history *history, ps_error *err)
{
    bool blank = false;

    if (!is_blank(history, &blank, err))
        return false;
    if (!blank || history->read_only)
        return check_layout(history, err);
    if (!history_run(history,
                     "PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL;"
                     "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE",
                     err))
        return false;
    if (!is_blank(history, &blank, err) || blank)
        return create(history, err);
    return history_run(history, "ROLLBACK", err) && check_layout(history, err);
}

/* --- transactions ---------------------------------------------------------------------------- */

bool history_enter(ps_history *history, ps_error *err)
{
    if (history->read_only)
        return ps_fail(err, PS_EIO, PS_NOWHERE, "%s: is open for reading only", history->path);
    if (history->spoiled)
        return ps_fail(err, PS_EIO, PS_NOWHERE, "%s: this transaction has failed already",
                       history->path);
    return history->inside || history_run(history, "BEGIN IMMEDIATE", err);
}

static bool commit(ps_history *history, ps_error *err)
{
    return history_flush(history, err) && history_run(history, "COMMIT", err);
}

bool history_leave(ps_history *history, bool done, ps_error *err)
{
    if (history->inside) {
        history->spoiled = history->spoiled || !done;
        return done;
    }
    done = done && commit(history, err);
    if (!done && sqlite3_get_autocommit(history->db) == 0)
        (void)sqlite3_exec(history->db, "ROLLBACK", NULL, NULL, NULL);
    history_forget(history);
    return done;
}

bool ps_history_begin(ps_history *history, ps_error *err)
{
    if (history->inside)
        return ps_fail(err, PS_EUNSUPPORTED, PS_NOWHERE, "%s: transactions do not nest",
                       history->path);
    if (!history_enter(history, err))
        return false;
    history->inside = true;
    return true;
}

bool ps_history_commit(ps_history *history, ps_error *err)
{
    const bool sound = !history->spoiled;

    history->inside = history->spoiled = false;
    if (history_leave(history, sound, err))
        return true;
    return sound ? false
                 : ps_fail(err, PS_EIO, PS_NOWHERE,
                           "%s: a part of the transaction failed, so nothing of it is kept",
                           history->path);
}

void ps_history_rollback(ps_history *history)
{
    history->inside = history->spoiled = false;
    (void)history_leave(history, false, NULL);
}

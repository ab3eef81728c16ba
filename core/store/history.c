/* history.c - the history file: opened, closed. */
#include "store/history.h"
#include "base/array.h"

#include <string.h>

enum { DEFAULT_BUSY_MS = 10000, LONGEST_VALUE = 128 << 20 };

/* The file may be crafted: its schema is not trusted, and no SQL reaches into its pages. */
static bool guard(ps_history *history, ps_error *err)
{
    sqlite3 *db = history->db;

    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE);
    (void)sqlite3_busy_timeout(db, history->busy_ms);
    return history_run(history, "PRAGMA cell_size_check = ON; PRAGMA synchronous = NORMAL", err);
}

static bool open_file(ps_history *history, ps_error *err)
{
    const int mode =
        history->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

    if (sqlite3_open_v2(history->path, &history->db, mode | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return history->db == NULL ? ps_fail_memory(err) : history_fail(history, err);
    return guard(history, err) && history_layout(history, err) && history_views(history, err);
}

bool ps_history_open(ps_history **out, const char *path, const ps_history_options *options,
                     ps_error *err)
{
    ps_history *history = calloc(1, sizeof *history);

    *out = NULL;
    if (history == NULL)
        return ps_fail_memory(err);
    history->read_only = options != NULL && options->read_only;
    history->busy_ms = options != NULL && options->busy_ms > 0 ? options->busy_ms : DEFAULT_BUSY_MS;
    history->path = ps_alloc(strlen(path), 1, 1);
    if (history->path != NULL)
        memcpy(history->path, path, strlen(path) + 1);
    if ((history->path != NULL || ps_fail_memory(err)) && open_file(history, err)) {
        *out = history;
        return true;
    }
    ps_history_close(history);
    return false;
}

void ps_history_close(ps_history *history)
{
    if (history == NULL)
        return;
    history_forget(history);
    for (size_t i = 0; i < HISTORY_STATEMENTS; i++)
        (void)sqlite3_finalize(history->statements[i].statement);
    (void)sqlite3_close_v2(history->db);
    free(history->path);
    free(history);
}

const char *ps_history_path(const ps_history *history) { return history->path; }
